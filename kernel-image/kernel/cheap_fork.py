"""Makes a warm process cheap to fork in gVisor, where a page that a child writes costs 30 to 60 us; next: namespaces.py.

Three things, each measured: objects never have their reference counts written, new objects go to pages of their own, and
gVisor copies single pages instead of 2 MiB (it does so for executable mappings only).
"""

import bisect
import ctypes
import gc
import sys
import types

MAPPING_BYTES_MIN = 1 << 16
FILL_OBJECTS_MAX = 60000  # for each size class
FILL_MISSES = 200  # objects in new arenas: the old pools are full then
FILL_TOGETHER = 40  # chunks one behind the other: the scattered ones are used up
CODE_PARTS = "co_consts co_names co_filename co_name co_qualname co_linetable co_exceptiontable".split()
PROT_RWX = 7


def immortalize():
    """Every object that can be reached gets the reference count that CPython never changes. Returns how many."""
    if not (3, 12) <= sys.version_info < (3, 14):
        raise RuntimeError("immortal reference counts are known for CPython 3.12 and 3.13 only")
    gc.collect()
    frame = sys._getframe()
    alive = {id(frame)}
    while frame.f_back:
        frame = frame.f_back
        alive.add(id(frame))
    todo = gc.get_objects()
    seen = set(alive)
    seen.update((id(todo), id(alive), id(seen)))
    order = []
    # C code fills or resizes these in place while it alone holds them, and asks the count: they keep it.
    owned, shown = set(), set()
    while todo:
        found = []
        for start in range(0, len(todo), 20000):
            for thing in _referents(todo[start : start + 20000], shown):
                if id(thing) not in seen:
                    seen.add(id(thing))
                    found.append(thing)
        order += [id(thing) for thing in todo if id(thing) not in alive]
        owned.update(id(thing) for thing in todo if type(thing) in (tuple, frozenset))
        todo = found
    owned -= shown
    count = 0
    from_address = ctypes.c_uint32.from_address
    del found, thing
    for address in order:
        word = from_address(address)
        if word.value < 0x40000000 and not (word.value == 1 and address in owned):
            word.value = 0xFFFFFFFF
            count += 1
    return count


def _referents(things, shown):
    """What they refer to. `shown` gathers tuples of code, functions and types, which nobody changes in place."""
    yield from gc.get_referents(*things)
    for thing in things:
        kind = type(thing)
        if kind is types.CodeType:
            # The collector does not know that code has constants.
            parts = [getattr(thing, name) for name in CODE_PARTS]
        elif kind is types.FunctionType or isinstance(thing, type):
            parts = gc.get_referents(thing)
        else:
            continue
        yield from parts
        shown.update(id(part) for part in parts if type(part) in (tuple, frozenset))
        if kind is types.CodeType:
            shown.update(id(part) for part in thing.co_consts if type(part) in (tuple, frozenset))


def _mappings():
    with open("/proc/self/maps") as maps:
        for line in maps:
            fields = line.split(None, 5)
            start, end = (int(x, 16) for x in fields[0].split("-"))
            yield start, end, fields[1], fields[5].strip() if len(fields) > 5 else ""


def fill_pools():
    """Uses up partly filled allocator pools. What is returned must live as long as the process."""
    old = sorted((a, e) for a, e, mode, name in _mappings() if mode.startswith("rw") and not name)
    starts = [a for a, _ in old]
    kept = []
    for size in range(512, 0, -16):
        misses = 0
        for number in range(FILL_OBJECTS_MAX):
            filler = bytes(size - 33) if size > 32 else float(number) if size > 16 else object()
            kept.append(filler)
            at = bisect.bisect(starts, id(filler)) - 1
            if at < 0 or id(filler) >= old[at][1]:
                misses += 1
                if misses > FILL_MISSES:
                    break
    return kept


def fill_heap():
    """Uses up the scattered free chunks of malloc's heap, for good: what a child allocates then lies together."""
    malloc = ctypes.CDLL(None).malloc
    malloc.restype, malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    for size in (*(1 << bits for bits in range(15, 10, -1)), *range(1032, 8, -16)):
        last = together = 0
        for _ in range(FILL_OBJECTS_MAX):
            address = malloc(size)
            together = together + 1 if last < address <= last + size + 32 else 0
            last = address
            if together > FILL_TOGETHER:
                break


def map_executable():
    """Lets gVisor break copy-on-write page by page. No wall is lost: the code inside is hostile and native anyway."""
    libc = ctypes.CDLL(None)
    for start, end, mode, name in list(_mappings()):
        ordinary = not name.startswith("[") or name == "[heap]"
        if mode == "rw-p" and ordinary and end - start >= MAPPING_BYTES_MIN:
            libc.mprotect(ctypes.c_void_p(start), ctypes.c_size_t(end - start), PROT_RWX)


def make_cheap():
    """Call once, last before forking. The result must be kept."""
    gc.collect()
    immortalize()
    gc.collect()
    kept = fill_pools()
    fill_heap()
    map_executable()
    gc.freeze()
    gc.disable()
    return kept
