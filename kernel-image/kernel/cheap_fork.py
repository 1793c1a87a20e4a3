"""Makes a warm process cheap to fork in gVisor, where a page that a child writes costs 30 to 60 us; next: namespaces.py.

Three things, each measured: objects never have their reference counts written, new objects go to pages of their own, and
gVisor copies single pages instead of 2 MiB (it does so for executable mappings only).
"""

import bisect
import ctypes
import gc
import sys

MAPPING_BYTES_MIN = 1 << 16
FILL_OBJECTS_MAX = 60000  # for each size class
FILL_MISSES = 200  # objects in new arenas: the old pools are full then
PROT_RWX = 7


def immortalize():
    """Every object that the collector can reach gets the reference count that CPython never changes. Returns how many."""
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
    owned = set()
    while todo:
        found = []
        for start in range(0, len(todo), 20000):
            for thing in gc.get_referents(*todo[start : start + 20000]):
                if id(thing) not in seen:
                    seen.add(id(thing))
                    found.append(thing)
        order += [id(thing) for thing in todo if id(thing) not in alive]
        owned.update(id(thing) for thing in todo if type(thing) in (tuple, frozenset))
        todo = found
    count = 0
    from_address = ctypes.c_uint32.from_address
    del found, thing
    for address in order:
        word = from_address(address)
        if word.value < 0x40000000 and not (word.value == 1 and address in owned):
            word.value = 0xFFFFFFFF
            count += 1
    return count


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
    for size in range(512, 32, -16):
        misses = 0
        for _ in range(FILL_OBJECTS_MAX):
            filler = bytes(size - 33)
            kept.append(filler)
            at = bisect.bisect(starts, id(filler)) - 1
            if at < 0 or id(filler) >= old[at][1]:
                misses += 1
                if misses > FILL_MISSES:
                    break
    return kept


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
    kept = fill_pools()
    map_executable()
    gc.freeze()
    gc.disable()
    return kept
