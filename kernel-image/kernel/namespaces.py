"""One clone() straight into private namespaces, and what the child then sees of the world; next: syscall_filter.py.

Inside: itself as pid 1, a fresh /proc, an empty /tmp and /dev/shm, no network, no IPC objects, and no capability to undo it.
"""

import ctypes
import errno
import os
import platform
import signal

NEWUSER, NEWPID, NEWNS, NEWIPC, NEWNET = 0x10000000, 0x20000000, 0x00020000, 0x08000000, 0x40000000
FLAGS = NEWUSER | NEWPID | NEWNS | NEWIPC | NEWNET | signal.SIGCHLD
_CLONE, _CAPSET, _CLOSE_RANGE = {"x86_64": (56, 126, 436), "aarch64": (220, 91, 436)}[platform.machine()]
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE = 2, 4, 8, 0x4000, 0x40000
SHM_BYTES = 64 << 20
WORK = "/tmp/work"

# PyDLL keeps the lock of the interpreter: nothing of Python may run between the two halves of a fork.
_libc = ctypes.PyDLL(None, use_errno=True)


def _check(result, what):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, "%s: %s" % (what, os.strerror(number)))
    return result


def clone():
    """Like os.fork(), into new user, pid, mount, ipc and network namespaces. Raises OSError if any is refused."""
    ctypes.pythonapi.PyOS_BeforeFork()
    pid = _libc.syscall(ctypes.c_long(_CLONE), ctypes.c_long(FLAGS), 0, 0, 0, 0)
    number = ctypes.get_errno()
    if pid == 0:
        ctypes.pythonapi.PyOS_AfterFork_Child()
        return 0
    ctypes.pythonapi.PyOS_AfterFork_Parent()
    if pid < 0:
        raise OSError(number, "clone into namespaces: " + os.strerror(number))
    return pid


def _write(path, text):
    descriptor = os.open(path, os.O_WRONLY)
    os.write(descriptor, text)
    os.close(descriptor)


def _mount(kind, target, flags, data=None):
    _check(_libc.mount(kind, target, kind, ctypes.c_ulong(flags), data), "mount " + target.decode())


def enter(uid, gid):
    """First thing in the child: keep its ids, and take leave of everybody else's mounts and processes."""
    _write("/proc/self/setgroups", b"deny")
    _write("/proc/self/uid_map", b"%d %d 1" % (uid, uid))
    _write("/proc/self/gid_map", b"%d %d 1" % (gid, gid))
    _check(_libc.mount(b"none", b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None), "private mounts")
    _mount(b"proc", b"/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    _mount(b"tmpfs", b"/dev/shm", MS_NOSUID | MS_NODEV, b"size=%d,nr_inodes=1024,mode=1777" % SHM_BYTES)


def fresh_tmp(size, inodes, directories):
    """An empty /tmp of `size` bytes and `inodes` files, with the directories that Sage expects, and the work directory."""
    _mount(b"tmpfs", b"/tmp", MS_NOSUID | MS_NODEV, b"size=%d,nr_inodes=%d,mode=1777" % (size, inodes))
    for path in directories:
        os.mkdir(path)
    os.mkdir(WORK)
    os.chdir(WORK)


class _CapHeader(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


_cap_header = _CapHeader(0x20080522, 0)
_cap_none = (ctypes.c_uint32 * 6)()


def drop_capabilities():
    """After this the mounts are for ever: under a mount of the child's own lie the zygote's /tmp and /proc."""
    _check(_libc.syscall(ctypes.c_long(_CAPSET), ctypes.byref(_cap_header), _cap_none), "capset")


def keep_only(descriptors):
    """Closes every descriptor but these."""
    low = 0
    for keep in sorted(descriptors):
        if keep > low:
            _close_range(low, keep - 1)
        low = keep + 1
    _close_range(low, 0xFFFFFFFF)


def _close_range(low, high):
    if _libc.syscall(ctypes.c_long(_CLOSE_RANGE), ctypes.c_uint(low), ctypes.c_uint(high), 0) < 0:
        if ctypes.get_errno() != errno.ENOSYS:
            _check(-1, "close_range")
        os.closerange(low, min(high + 1, 65536))
