"""The zygote's side of the link to the agent: frames in, frames out, never blocking; next: zygote.py."""

import os
import select
import signal
import socket

from .frames import FrameReader, pack_json

READ_BYTES = 1 << 18
# poll() promises that a pipe takes PIPE_BUF bytes. O_NONBLOCK would be lost with the pipes that a restore replaces.
WRITE_BYTES = 4096
PENDING_BYTES_MAX = 1 << 20  # beyond this children are not read: their output waits with them


class Wire:
    def __init__(self, in_fd, out_fd):
        self.in_fd, self.out_fd = in_fd, out_fd
        self.reader = FrameReader()
        self._pending = bytearray()
        self._poll = select.poll()
        self._poll.register(out_fd, select.POLLOUT)

    def send(self, value):
        self._pending += pack_json(value)

    def send_piece(self, packed):
        self._pending += packed

    @property
    def pending(self):
        return len(self._pending)

    @property
    def full(self):
        return len(self._pending) > PENDING_BYTES_MAX

    def write_some(self):
        """Writes what goes without waiting."""
        while self._pending and self._poll.poll(0):
            written = os.write(self.out_fd, self._pending[:WRITE_BYTES])
            del self._pending[:written]

    def write_all(self):
        """Only for the last words of a kernel that gives up."""
        while self._pending and self._poll.poll(5000):
            written = os.write(self.out_fd, self._pending[:WRITE_BYTES])
            del self._pending[:written]

    def read(self):
        """Feeds the reader; False at the end of the input."""
        data = os.read(self.in_fd, READ_BYTES)
        self.reader.feed(data)
        return bool(data)


def listen(path):
    """Waits for the one agent that may connect, and stops listening. `@name` is an abstract socket, of the network and not of a folder."""
    abstract = path.startswith("@")
    if not abstract and os.path.exists(path):
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind("\0" + path[1:] if abstract else path)
    if not abstract:
        os.chmod(path, 0o666)  # the agent is another user
    listener.listen(1)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    connection, _ = listener.accept()
    # A pod is told to end as a whole: the agent, which hears it too, finishes first and then hangs up.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    listener.close()
    if not abstract:
        os.unlink(path)
    descriptor = connection.detach()
    # Two numbers for the one socket: a poll knows each number once, and what may be written says nothing of what there is to read.
    return Wire(descriptor, os.dup(descriptor))
