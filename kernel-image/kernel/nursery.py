"""The relay's side of the zygote: orders children, knows which are ready, and hears how each ended; next: running.py."""

import fcntl
import json
import os
import signal
import socket
import sys
import termios

from . import options, ring, zygote
from .frames import FrameReader, read_json


class Broken(Exception):
    """The kernel must not be used again."""


class Newborn:
    """A child as the relay holds it: its pid (None until the zygote told), its line, its raw pipes and its ring."""

    def __init__(self, line, out, err, memory):
        self.line, self.out, self.err, self.ring = line, out, err, ring.RingReader(memory)
        self.frames = FrameReader()
        self.pid = None
        self.ready = False
        self.started = None
        self.start_cpu_ms = 0.0

    def raw_waiting(self):
        """Bytes of raw output that nobody has read: (name, descriptor, count), only where there are some."""
        pipes = ("stdout", self.out), ("stderr", self.err)
        counts = ((name, fd, int.from_bytes(fcntl.ioctl(fd, termios.FIONREAD, bytes(4)), sys.byteorder)) for name, fd in pipes)
        return [found for found in counts if found[2]]

    def kill(self, number=signal.SIGKILL):
        if self.pid is not None:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                pass

    def close(self):
        self.line.close()
        os.close(self.out)
        os.close(self.err)
        self.ring.close()


class Nursery:
    def __init__(self, control, spares, now):
        self.control, self._spares_wanted, self._now = control, spares, now
        self._expected = []
        self.children = {}
        self.spares = []
        self.ended = []
        self.refused = None
        self._stillborn = 0
        self._ever_ready = False

    def order(self):
        """Asks for one more child."""
        line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        out, out_writer = os.pipe2(os.O_CLOEXEC)
        err, err_writer = os.pipe2(os.O_CLOEXEC)
        memory = ring.create()
        for descriptor in (out, err):
            os.set_blocking(descriptor, False)
        line.setblocking(False)
        socket.send_fds(self.control, [zygote.ORDER], [theirs.fileno(), out_writer, err_writer, memory])
        theirs.close()
        newborn = Newborn(line, out, err, ring.attach(memory))
        newborn.started = self._now()
        for descriptor in (out_writer, err_writer, memory):
            os.close(descriptor)
        self._expected.append(newborn)
        self.spares.append(newborn)

    def fill(self, at_least):
        """Orders a burst when no more than `at_least` are left."""
        if len(self.spares) <= at_least:
            for _ in range(self._spares_wanted - len(self.spares)):
                self.order()

    def take(self):
        """A child that is ready, or None."""
        for newborn in self.spares:
            if newborn.ready:
                self.spares.remove(newborn)
                return newborn
        return None

    def hear(self):
        """What the zygote says. False when it is gone."""
        message = self.control.recv(4096)
        if not message:
            return False
        said = json.loads(message)
        if "born" in said:
            newborn = self._expected.pop(0)
            newborn.pid = said["born"]
            self.children[newborn.pid] = newborn
        elif "ended" in said:
            newborn = self.children.pop(said["ended"], None)
            if newborn is not None:
                self.ended.append((newborn, said))
        else:
            self.refused = said["refused"]
        return True

    def hear_spare(self, newborn):
        """A spare says one thing: that it is ready, or why it cannot be. True when it is ready now; may raise Broken."""
        try:
            newborn.frames.feed(newborn.line.recv(1 << 16))
        except (BlockingIOError, ConnectionResetError):
            return False
        found = newborn.frames.next()
        if found is None:
            return False
        said = read_json(found[1])
        if said.get("t") != "ready":
            self.spares.remove(newborn)
            newborn.kill()
            self._mourn(str(said.get("reason")))
            return False
        newborn.ready, newborn.start_cpu_ms = True, float(said.get("cpu", 0))
        self._ever_ready = True
        return True

    def _mourn(self, reason):
        self._stillborn += 1
        print("a child failed to start: %s" % reason, file=sys.stderr, flush=True)
        if self._stillborn > options.STILLBORN_MAX or not self._ever_ready:
            raise Broken("children cannot be walled in: %s" % reason[-600:])

    def require_punctual(self):
        """Raises Broken if a child is not ready long after it was ordered."""
        if any(not newborn.ready and self._now() - newborn.started > options.SPARE_START_S for newborn in self.spares):
            raise Broken("a child did not get ready")

    def drop(self, newborn):
        """It is dead and no more of it is wanted; may raise Broken if it never lived."""
        newborn.close()
        if newborn in self.spares:
            self.spares.remove(newborn)
            if not newborn.ready:
                self._mourn("it died without a word")


def memory():
    """Bytes of the relay and the zygote's shared pages: what this kernel holds when idle."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")
