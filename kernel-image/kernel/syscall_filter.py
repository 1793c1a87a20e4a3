"""System calls that no computation needs and that lead back towards mounts and namespaces, refused by seccomp; next: child.py.

Without capabilities a child could still make a user namespace of its own, be root there, and mount a tmpfs of any size.
"""

import ctypes
import errno
import platform
import struct

_LD, _JEQ, _JSET, _RET = 0x20, 0x15, 0x45, 0x06  # BPF: load a word, jump if equal, jump if a bit is set, return
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NUMBER_AT, _FIRST_ARGUMENT_AT = 0, 16
_NAMESPACE_FLAGS = 0x7E020000  # every CLONE_NEW... but NEWTIME, whose bit is a signal's in clone()
_PR_GET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 39, 22, 2
_CLONE3 = 435  # its flags are out of a filter's sight; the C library goes back to clone() when it is not there
# mount umount2 pivot_root chroot unshare setns ptrace, then those with one number everywhere: open_tree ... fspick,
# mount_setattr, io_uring_setup ... io_uring_register
_REFUSED = {
    "x86_64": (165, 166, 155, 161, 272, 308, 101),
    "aarch64": (40, 39, 41, 51, 97, 268, 117),
}[platform.machine()] + (428, 429, 430, 431, 432, 433, 442, 425, 426, 427)
_CLONE = {"x86_64": 56, "aarch64": 220}[platform.machine()]


def _program():
    """Instructions as (code, jump if true, jump if false, value)."""
    rows = [(_LD, 0, 0, _NUMBER_AT)]
    rest = len(_REFUSED)
    rows += [(_JEQ, rest - at + 4, 0, number) for at, number in enumerate(_REFUSED)]
    rows += [
        (_JEQ, 5, 0, _CLONE3),
        (_JEQ, 0, 1, _CLONE),
        (_LD, 0, 0, _FIRST_ARGUMENT_AT),
        (_JSET, 1, 0, _NAMESPACE_FLAGS),
        (_RET, 0, 0, _ALLOW),
        (_RET, 0, 0, _ERRNO | errno.EPERM),
        (_RET, 0, 0, _ERRNO | errno.ENOSYS),
    ]
    return rows


_rows = _program()
_code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *row) for row in _rows))
_header = ctypes.create_string_buffer(struct.pack("@HP", len(_rows), ctypes.addressof(_code)))
_prctl = ctypes.PyDLL(None, use_errno=True).prctl


def require():
    """Raises OSError where apply() would be refused: such a child must not come to be."""
    if _prctl(_PR_GET_NO_NEW_PRIVS, ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0)) != 1:
        raise OSError(errno.EPERM, "no_new_privs is not set: system calls cannot be filtered")


def apply():
    """For ever, and for all that this process starts. Needs no_new_privs, which the sandbox sets. Raises OSError."""
    if _prctl(_PR_SET_SECCOMP, ctypes.c_ulong(_FILTER), _header, ctypes.c_ulong(0), ctypes.c_ulong(0)) < 0:
        raise OSError(ctypes.get_errno(), "seccomp")
