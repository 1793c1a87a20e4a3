"""The recipe's data: what the kernel's root file system is made of, and the hash that names it. Next: root.py, which makes it."""

import hashlib
import platform
from pathlib import Path

HERE = Path(__file__).resolve().parent

SUITE = "trixie"  # Debian 13: CPython 3.13
RUNTIME_PACKAGES = ("python3", "libstdc++6", "libgomp1", "libgfortran5")
# One package (memory-allocator) has no wheel for CPython 3.13 and is compiled; binutils brings strip.
BUILD_PACKAGES = ("python3", "python3-pip", "python3-dev", "gcc", "libc6-dev", "binutils", "ca-certificates")
BUILT_FROM_SOURCE = "memory-allocator"
BUILD_BACKEND = ("setuptools", "cython")

# Every time stamp that a tool would write says this instead, so that two builds are alike.
SOURCE_DATE_EPOCH = "1760000000"

DEBIAN_LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*")
# Where the kernel's own Python comes (mounted on one machine, a layer of its own in the image), and what the sandbox mounts.
MOUNT_POINTS = ("opt/kernel", "tmp", "proc", "dev", "sys")

# What every kernel would make anew when it starts, made once: the kernel's warm-up looks for it here.
PREPARED = "usr/local/share/sandcell"

BYTES_NEEDED = 10 << 30
LOCK = HERE / "requirements.lock"
# What changes the root when it changes. The kernel's own Python is not in it: editing that must not build Sage again.
ROOT_FILES = ("recipe.py", "root.py", "slim.py", "modules.py", "fionread.c", "requirements.lock")


def root_hash() -> str:
    """Names a root: 16 hex digits over the recipe's files and the machine's architecture."""
    digest = hashlib.sha256(platform.machine().encode())
    for name in ROOT_FILES:
        content = (HERE / name).read_bytes()
        digest.update(f"\n{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]


def locked(names: tuple[str, ...]) -> str:
    """The lines of the lock (version and hashes) of the named packages, for pip's --require-hashes."""
    blocks, current = {}, None
    for line in LOCK.read_text().splitlines(keepends=True):
        if line[0] not in " #\n":
            current = blocks.setdefault(line.split("==")[0], [])
        if current is not None and not line.lstrip().startswith("#"):
            current.append(line)
    return "".join("".join(blocks[name]) for name in names)


def locked_count() -> int:
    return sum("==" in line and line[0] not in " #" for line in LOCK.read_text().splitlines() if line)
