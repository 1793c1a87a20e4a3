"""Gives every object that lives the reference count that CPython never changes; next: namespaces.py.

All of a warm Sage's 900,000 objects are met by arrays of addresses, where a loop over them would take a third of a kernel's start.
"""

import ctypes
import gc
import sys
import types

import numpy

from .cheap_fork import mappings

CHUNK = 20000
PART_MARKS = 1 << 16  # half a megabyte of memory
IMMORTAL = 0xFFFFFFFF
IMMORTAL_FROM = 0x40000000
CODE_PARTS = "co_consts co_names co_filename co_name co_qualname co_linetable co_exceptiontable".split()


def immortalize():
    """Every object that can be reached gets the reference count that CPython never changes. Returns how many."""
    if not (3, 12) <= sys.version_info < (3, 14):
        raise RuntimeError("immortal reference counts are known for CPython 3.12 and 3.13 only")
    gc.collect()
    memory, owned = _reached()
    # Here nothing of the search holds an object any more: the counts are what they were.
    return sum(_write(start, offsets, owned) for start, offsets in memory.marked())


def _write(start, offsets, owned):
    """In place: the counts at these offsets from `start`, but for those of `owned` that one holder has."""
    size = int(offsets[-1]) + 4
    counts = numpy.frombuffer((ctypes.c_char * size).from_address(start), numpy.uint32)
    where = offsets >> 2
    now = counts[where]
    low, high = numpy.searchsorted(owned, (start, start + size))
    mortal = (now < IMMORTAL_FROM) & ~((now == 1) & numpy.isin(offsets + start, owned[low:high], assume_unique=True))
    counts[where[mortal]] = IMMORTAL
    return int(mortal.sum())


class _Memory:
    """Which addresses were met: a mark for each eight bytes of what is writable now. What is allocated later elsewhere is not met."""

    def __init__(self, writable):
        self._starts, self._ends = numpy.array(writable, numpy.int64).T
        # Each mapping's marks begin with a new part. What is never written costs nothing: libraries reserve gigabytes.
        parts = -(-(self._ends - self._starts) // (8 * PART_MARKS))
        self._firsts = numpy.concatenate(([0], numpy.cumsum(parts)))
        self._marks = numpy.zeros(int(self._firsts[-1]) * PART_MARKS, bool)
        self._used = numpy.zeros(int(self._firsts[-1]), bool)

    def meet(self, addresses):
        """Marks them; returns the positions of those not met before, each once."""
        mapping = numpy.searchsorted(self._starts, addresses, "right") - 1
        inside = numpy.flatnonzero((mapping >= 0) & (addresses < self._ends[mapping]))
        mapping, addresses = mapping[inside], addresses[inside]
        slots = self._firsts[mapping] * PART_MARKS + ((addresses - self._starts[mapping]) >> 3)
        new = numpy.flatnonzero(~self._marks[slots])
        slots, first = numpy.unique(slots[new], return_index=True)
        self._marks[slots] = True
        self._used[slots // PART_MARKS] = True
        return inside[new[first]]

    def marked(self):
        """(where a part of the memory starts, offsets of what was met in it), for those where something was."""
        for part in numpy.flatnonzero(self._used):
            mapping = numpy.searchsorted(self._firsts, part, "right") - 1
            start = self._starts[mapping] + (part - self._firsts[mapping]) * 8 * PART_MARKS
            yield int(start), numpy.flatnonzero(self._marks[part * PART_MARKS : (part + 1) * PART_MARKS]) << 3


def _addresses(things):
    return numpy.fromiter(map(id, things), numpy.int64, len(things))


def _reached():
    """The memory with all objects marked, and the addresses of tuples that C code may hold alone and fill in place: it asks the count."""
    todo = [thing for thing in gc.get_objects() if type(thing) is not types.FrameType]
    memory = _Memory([(start, end) for start, end, mode, _ in mappings() if mode.startswith("rw")])
    memory.meet(_addresses(todo))
    owned, shown = [], []
    while todo:
        found = []
        for start in range(0, len(todo), CHUNK):
            things = todo[start : start + CHUNK]
            met = _referents(things, shown)
            found += map(met.__getitem__, memory.meet(_addresses(met)).tolist())
            owned.append(_addresses([thing for thing in things if type(thing) is tuple or type(thing) is frozenset]))
        todo = [thing for thing in found if type(thing) is not types.FrameType]
    return memory, numpy.setdiff1d(numpy.concatenate(owned), numpy.concatenate(shown))


def _referents(things, shown):
    """What they refer to. `shown` gathers tuples of code, functions and types, which nobody changes in place."""
    met = gc.get_referents(*things)
    parts = []
    for thing in things:
        kind = type(thing)
        if kind is types.CodeType:
            # The collector does not know that code has constants.
            own = [getattr(thing, name) for name in CODE_PARTS]
            met += own
            parts += own
            parts += thing.co_consts
        elif kind is types.FunctionType or issubclass(kind, type):
            parts += gc.get_referents(thing)
    shown.append(_addresses([part for part in parts if type(part) is tuple or type(part) is frozenset]))
    return met
