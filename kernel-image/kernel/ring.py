"""Text on its way from a child to the zygote without a system call: a ring in shared memory; next: output.py.

The child alone writes the first position (bytes written), the zygote the second (bytes taken); both only grow. Between them
lie records: one byte of name (1 stdout, 2 stderr), a uint32 length, the text in UTF-8. The zygote believes nothing it reads.
"""

import fcntl
import mmap
import os
import struct

SIZE = 1 << 16
RECORD_BYTES_MAX = SIZE // 4
NAMES = {1: "stdout", 2: "stderr"}
_positions = 16
_record = struct.Struct("<BI")


class RingError(Exception):
    """The child wrote nonsense."""


def create():
    """The descriptor of a new ring: who holds it can attach to it, and nobody else inherits it."""
    descriptor = os.memfd_create("text", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(descriptor, _positions + SIZE)
    # A ring that its child could cut short would end the relay with SIGBUS.
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
    return descriptor


def attach(descriptor):
    return mmap.mmap(descriptor, _positions + SIZE, flags=mmap.MAP_SHARED)


def _positions_of(memory):
    """[bytes written, bytes taken]. Each is stored and read whole, eight bytes at once: struct's pack_into clears its target first,
    and the other side, which looks at any moment, would take that for a lie."""
    return memoryview(memory)[:_positions].cast("Q")


class RingWriter:
    def __init__(self, memory):
        self._memory = memory
        self._where = _positions_of(memory)
        self.written = 0

    def offer(self, name, data):
        """False if there is no room: the zygote must be told, and waited for."""
        need = 5 + len(data)
        if self.written + need - self._where[1] > SIZE:
            return False
        self._put(self.written, _record.pack(name, len(data)) + data)
        end = self.written + need
        # First where the zygote looks: a message that comes in between, a signal handler's, names no position that is not there.
        self._where[0] = end
        self.written = end
        return True

    def _put(self, position, data):
        at = position % SIZE
        first = SIZE - at
        start = _positions + at
        if len(data) <= first:
            self._memory[start : start + len(data)] = data
        else:
            self._memory[start : start + first] = data[:first]
            self._memory[_positions : _positions + len(data) - first] = data[first:]


class RingReader:
    def __init__(self, memory):
        self._memory = memory
        self._where = _positions_of(memory)
        self._taken = 0

    @property
    def written(self):
        return self._where[0]

    def take(self, up_to=None):
        """All that is there, or what was written before position `up_to`: a list of (name, bytes), consecutive ones of a name
        joined. Raises RingError."""
        written = self.written
        if up_to is not None:
            if type(up_to) is not int or up_to > written:
                raise RingError("a position that is not there yet")
            written = max(up_to, self._taken)
        length = written - self._taken
        if length == 0:
            return []
        if not 0 < length <= SIZE:
            raise RingError("positions")
        data = self._get(self._taken, length)
        runs = []
        at = 0
        last = None
        while at < length:
            if length - at < 5:
                raise RingError("a record of %d bytes" % (length - at))
            number, size = _record.unpack_from(data, at)
            at += 5
            if number not in NAMES or size > length - at:
                raise RingError("record %d of %d bytes, at %d of %d after %d" % (number, size, at, length, self._taken))
            if number != last:
                parts = []
                runs.append((NAMES[number], parts))
                last = number
            parts.append(data[at : at + size])
            at += size
        self._taken = written
        self._where[1] = written
        return [(name, b"".join(parts)) for name, parts in runs]

    def _get(self, position, length):
        start = position % SIZE
        first = min(length, SIZE - start)
        data = self._memory[_positions + start : _positions + start + first]
        return data + self._memory[_positions : _positions + length - first] if first < length else data

    def close(self):
        self._where.release()
        self._memory.close()
