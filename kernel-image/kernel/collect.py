"""Files into and out of the work directory, without ever following what user code put there; next: zygote.py.

gVisor has no openat2: every component is opened by itself with O_NOFOLLOW, and never waited for (O_NONBLOCK: a fifo). A file's
size is what is read of it. The code that made the files may still be lying here, but only about its own computation.
"""

import os
import stat
import time

from .frames import PIECE_BYTES

DEPTH_MAX = 16
ENTRIES_MAX = 20000
NAME_BYTES_MAX = 1024
SCAN_S = 3.0
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def proper_path(path):
    """May a file travel under this name? Relative, no dots for directories, no control characters, valid text."""
    if not path or len(path) > NAME_BYTES_MAX or path.startswith("/"):
        return False
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    if not path.isprintable() and any(ord(c) < 32 or 127 <= ord(c) < 160 or ord(c) in (0x2028, 0x2029) for c in path):
        return False
    parts = path.split("/")
    return len(parts) <= DEPTH_MAX and all(part not in ("", ".", "..") and len(part.encode()) <= 255 for part in parts)


def create(path):
    """A new input file below the work directory. Raises ValueError for an improper path."""
    if not proper_path(path):
        raise ValueError("improper path of an input file")
    directory, name = os.path.split(path)
    if directory:
        os.makedirs(directory, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    return os.fdopen(descriptor, "wb")


class Collector:
    """Knows what was there before a cell, and finds what is new or changed after it."""

    def __init__(self, directory):
        self._directory = directory
        self._seen = {}
        self._plain = None
        # When the directory changed last, as of the last cell's end.
        self._left = None
        self._beyond = 0
        self._fd = None
        self.reopen()

    def reopen(self):
        """Lets go of the directory that a new mount hides: its space is not the computation's."""
        self.close()
        self._fd = os.open(self._directory, _DIRECTORY)

    def close(self):
        if self._fd is not None:
            os.close(self._fd)
        self._fd = None

    def before(self, input_names):
        """An untouched directory without input files needs no scan: its time of change tells."""
        now = os.fstat(self._fd).st_mtime_ns
        self._plain = None if input_names or self._seen or self._left not in (None, now) else now
        if input_names:
            self._seen = {path: mark for path, mark in self._scan(ENTRIES_MAX)}

    def changed(self, limits):
        """Paths of regular files that are new or changed, at most limits.uploadFiles; the others are counted."""
        self._beyond = 0
        self._left = os.fstat(self._fd).st_mtime_ns
        if self._left == self._plain:
            return []
        found = []
        now = {}
        for path, mark in self._scan(ENTRIES_MAX):
            now[path] = mark
            if self._seen.get(path) == mark:
                continue
            if len(found) < limits["uploadFiles"]:
                found.append(path)
            else:
                self._beyond += 1
        self._seen = now
        return found

    def anything_since(self):
        """Has a file become new or other since the last cell? The next one's end finds it."""
        return any(self._seen.get(path) != mark for path, mark in self._scan(ENTRIES_MAX))

    def _scan(self, entries_max):
        until = time.monotonic() + SCAN_S
        left = [entries_max]
        yield from self._scan_directory(self._fd, "", 1, left, until)

    def _scan_directory(self, descriptor, prefix, depth, left, until):
        try:
            names = sorted(os.listdir(descriptor))
        except OSError:
            return
        for name in names:
            left[0] -= 1
            if left[0] < 0 or time.monotonic() > until:
                return
            path = prefix + name
            if not proper_path(path):
                continue
            try:
                info = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            except OSError:
                continue
            if stat.S_ISREG(info.st_mode) and info.st_nlink == 1:
                yield path, (info.st_ino, info.st_size, info.st_mtime_ns)
            elif stat.S_ISDIR(info.st_mode) and depth < DEPTH_MAX:
                try:
                    below = os.open(name, _DIRECTORY, dir_fd=descriptor)
                except OSError:
                    continue
                try:
                    yield from self._scan_directory(below, path + "/", depth + 1, left, until)
                finally:
                    os.close(below)

    def _open(self, path):
        """The descriptor of a regular file, or None."""
        descriptor = os.dup(self._fd)
        parts = path.split("/")
        try:
            for at, part in enumerate(parts):
                flags = _FILE if at == len(parts) - 1 else _DIRECTORY
                below = os.open(part, flags, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = below
            info = os.fstat(descriptor)
            if stat.S_ISREG(info.st_mode) and info.st_nlink == 1:
                return descriptor, info.st_size
        except OSError:
            pass
        os.close(descriptor)
        return None

    def send(self, paths, channel, limits):
        """Sends what can be read, until limits.uploadBytes are spent. Returns how many new files are left out."""
        budget = limits["uploadBytes"]
        left_out = self._beyond
        for path in paths:
            opened = self._open(path)
            if opened is None:
                continue
            descriptor, size = opened
            try:
                if size > budget:
                    left_out += 1
                    continue
                budget -= size
                channel.file(path, size, _pieces(descriptor, size))
            finally:
                os.close(descriptor)
        return left_out


def _pieces(descriptor, size):
    """Exactly `size` bytes: a file that shrank meanwhile is filled up with zeros."""
    left = size
    while left > 0:
        data = os.read(descriptor, min(PIECE_BYTES, left)) or bytes(min(PIECE_BYTES, left))
        left -= len(data)
        yield data
