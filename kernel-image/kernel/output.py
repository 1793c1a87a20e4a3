"""What user code sees as sys.stdout and sys.stderr: text to the zygote, in order with everything else; next: display.py.

print() only copies into the ring. Two kinds of bytes do not pass here: what C code and subprocesses write to the descriptors
1 and 2. They go through pipes, and before newer text is offered, the zygote is given the time to take them.
"""

import fcntl
import functools
import io
import os
import struct
import termios
import threading
import time
from collections import deque

from . import publish
from .ring import RECORD_BYTES_MAX

# No process can have written to a pipe in so short a time: a tight loop of prints need not look at the pipes.
QUIET_S = 10e-6
SETTLE_S = 0.5
_zero = struct.pack("i", 0)
_monotonic = time.monotonic


class RawPipes:
    """Descriptors 1 and 2: do they hold bytes that the zygote has not taken?"""

    def empty(self):
        try:
            return fcntl.ioctl(1, termios.FIONREAD, _zero) == _zero and fcntl.ioctl(2, termios.FIONREAD, _zero) == _zero
        except OSError:
            return True

    def settle(self):
        """Waits, not for long, until the zygote took all."""
        if self.empty():
            return
        until = _monotonic() + SETTLE_S
        while not self.empty() and _monotonic() < until:
            time.sleep(0.0003)


class UserStream(io.TextIOBase):
    encoding = "utf-8"
    errors = "backslashreplace"
    newlines = None

    def __init__(self, number, name, link):
        self._number, self.name, self._link = number, "<%s>" % name, link
        self._buffer = None

    def write(self, text):
        if type(text) is not str:
            if not isinstance(text, str):
                raise TypeError("write() argument must be str, not " + type(text).__name__)
            text = str(text)
        if publish.captures:
            publish.captures[-1].text(self.name[1:-1], text)
            return len(text)
        self._link.text(self._number, text.encode("utf-8", "backslashreplace"))
        return len(text)

    def fileno(self):
        return self._number

    @property
    def buffer(self):
        if self._buffer is None:
            self._buffer = io.FileIO(self._number, "w", closefd=False)
        return self._buffer

    def writable(self):
        return True

    def isatty(self):
        return False

    def flush(self):
        pass

    def close(self):
        pass


class TextLink:
    """Puts text into the ring; the channel asks it where the ring stands whenever it sends a message."""

    def __init__(self, ring, nudge):
        self._ring, self._nudge = ring, nudge
        self._lock = threading.RLock()
        self._last = 0.0
        self._mine = True
        self._putting = False
        self._later = deque()
        self.pipes = RawPipes()

    def stay_with_this_process(self):
        """A process that user code forks shares the ring but not our place in it: it writes to the pipes."""
        # Given up before the fork, since in the new process others' callbacks come first, and may print. Without a line of Python,
        # between which a signal's handler could raise.
        os.register_at_fork(
            before=functools.partial(setattr, self, "_mine", False),
            after_in_parent=functools.partial(setattr, self, "_mine", True),
        )

    @property
    def position(self):
        return self._ring.written

    def text(self, number, data):
        if not self._mine:
            os.write(number, data)
            return
        with self._lock:
            # A print within a print, a signal handler's or a finalizer's, would write where this one writes: it comes after it.
            if self._putting:
                self._later.append((number, data))
                return
            self._put(number, data)
            while self._later:
                self._put(*self._later.popleft())

    def _put(self, number, data):
        self._putting = True
        try:
            if _monotonic() - self._last > QUIET_S:
                self.pipes.settle()
            while data:
                piece, data = data[:RECORD_BYTES_MAX], data[RECORD_BYTES_MAX:]
                if not self._ring.offer(number, piece):
                    self._nudge()
                    pause = 0.0002
                    while not self._ring.offer(number, piece):
                        time.sleep(pause)
                        pause = min(pause * 2, 0.01)
            self._last = _monotonic()
        finally:
            self._putting = False
