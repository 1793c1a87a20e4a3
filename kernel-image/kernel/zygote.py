"""The pristine warm process that only clones children, on order, and tells how they ended; next: nursery.py (who orders).

It never sees a computation's code or output, so nothing of one is in the memory that a later child inherits: what users send
and say passes through the relay, another process. Orders come with the child's descriptors and no words.
"""

import json
import os
import select
import signal
import socket

from . import child, namespaces, ring

ORDER = b"spawn"


def fork(warmed, workspace, inherited):
    """Forks the zygote off; returns the relay's end of its line. `inherited`: descriptors that are the relay's alone."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = os.fork()
    if pid:
        theirs.close()
        return ours, pid
    try:
        ours.close()
        null = os.open("/dev/null", os.O_RDWR)
        for descriptor in {0, 1, *inherited}:
            os.dup2(null, descriptor)
        os.close(null)
        Zygote(theirs, warmed, workspace).serve()
    finally:
        os._exit(0)


class Zygote:
    def __init__(self, control, warmed, workspace):
        self._control, self._warmed, self._workspace = control, warmed, workspace
        wake, waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._wake, self._waker = wake, waker
        # Not ignored: children keep the handler by which Sage interrupts libraries in the middle of their work.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)

    def serve(self):
        """Until the relay is gone."""
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        poll.register(self._wake, select.POLLIN)
        while True:
            ready = [descriptor for descriptor, _ in poll.poll()]
            if self._wake in ready:
                self._drain()
                self._reap()
            if self._control.fileno() in ready:
                order, descriptors, _, _ = socket.recv_fds(self._control, 64, 4)
                if order != ORDER or len(descriptors) != 4:
                    return
                self._spawn(*descriptors)

    def _drain(self):
        try:
            os.read(self._wake, 4096)
        except BlockingIOError:
            pass

    def _reap(self):
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            cpu_ms = (usage.ru_utime + usage.ru_stime) * 1000
            self._tell({"ended": pid, "status": status, "cpu": cpu_ms, "rss": usage.ru_maxrss * 1024})

    def _spawn(self, line, out, err, memory):
        try:
            pid = namespaces.clone()
        except OSError as error:
            self._tell({"refused": str(error)})
            return
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
            shared = ring.attach(memory)
            child.live(child.Birth(socket.socket(fileno=line), out, err, shared, self._warmed, self._workspace))
        for descriptor in (line, out, err, memory):
            os.close(descriptor)
        self._tell({"born": pid})

    def _tell(self, value):
        self._control.send(json.dumps(value).encode())
