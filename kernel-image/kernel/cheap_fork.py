"""Makes a warm process cheap to fork in gVisor, where a page that a child writes costs 30 to 60 us; next: immortal.py.

Three things, each measured: objects never have their reference counts written, new objects go to pages of their own, and
gVisor copies single pages instead of 2 MiB (it does so for executable mappings only).
"""

import bisect
import ctypes
import gc

MAPPING_BYTES_MIN = 1 << 16
FILL_OBJECTS_MAX = 60000  # for each size class
FILL_MISSES = 200  # objects in new arenas: the old pools are full then
FILL_TOGETHER = 40  # chunks one behind the other: the scattered ones are used up
PROT_RWX = 7


def mappings():
    """(start, end, mode, name) of each of this process's."""
    with open("/proc/self/maps") as maps:
        for line in maps:
            fields = line.split(None, 5)
            start, end = (int(x, 16) for x in fields[0].split("-"))
            yield start, end, fields[1], fields[5].strip() if len(fields) > 5 else ""


def fill_pools():
    """Uses up partly filled allocator pools. What is returned must live as long as the process."""
    old = sorted((a, e) for a, e, mode, name in mappings() if mode.startswith("rw") and not name)
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
    for start, end, mode, name in list(mappings()):
        ordinary = not name.startswith("[") or name == "[heap]"
        if mode == "rw-p" and ordinary and end - start >= MAPPING_BYTES_MIN:
            libc.mprotect(ctypes.c_void_p(start), ctypes.c_size_t(end - start), PROT_RWX)


def make_cheap():
    """Call once, last before forking. The result must be kept."""
    # Not before: it brings numpy, and Sage has an order of its own.
    from .immortal import immortalize

    gc.collect()
    immortalize()
    gc.collect()
    kept = fill_pools()
    fill_heap()
    map_executable()
    gc.freeze()
    gc.disable()
    return kept
