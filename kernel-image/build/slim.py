"""Slims what pip installed, before it becomes part of the kernel's root: 4 GB to 1.7. Run inside the build root by root.py, which comes next.

python3 slim.py PREFIX    (PREFIX holds lib/python3.13/dist-packages, bin and share)
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

# strip breaks these: their vendored openblas and gfortran then fail to load ("ELF load command address/offset not page-aligned").
UNSTRIPPABLE = ("numpy", "scipy", "pillow", "PIL")
# Only headers of packages that bring their own C interface; nothing compiles in the kernel.
SOURCE_ENDINGS = (".a", ".la", ".h", ".hpp", ".pxd", ".pxi")
TEST_FOLDERS_OF = ("numpy", "scipy", "sympy", "matplotlib", "networkx", "sage", "fpylll", "cypari2", "IPython", "ipykernel", "jupyter_client")
GAP_PAPER = ("tst", "doc", "htm")
SAME_FROM_BYTES = 64 * 1024


def is_unstrippable(path: Path, packages: Path) -> bool:
    return path.relative_to(packages).parts[0].startswith(UNSTRIPPABLE)


def is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def files(folder: Path):
    for where, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(where, name)
            if not path.is_symlink():
                yield path


def strip(packages: Path) -> None:
    """Drops debug information. A file that strip refuses stays as it is."""
    found = [p for p in files(packages) if (".so" in p.name or p.suffix == "" or os.access(p, os.X_OK)) and is_elf(p) and not is_unstrippable(p, packages)]
    for start in range(0, len(found), 100):
        subprocess.run(["strip", "--strip-debug", "--", *found[start : start + 100]], check=False, stderr=subprocess.DEVNULL)


def drop_sources(packages: Path) -> None:
    for path in list(files(packages)):
        if path.suffix in SOURCE_ENDINGS and not path.relative_to(packages).parts[0].startswith("Cython"):
            path.unlink()


def drop_folders(top: Path, names: tuple[str, ...]) -> None:
    for where, folders, _ in os.walk(top):
        for name in list(folders):
            if name in names:
                folders.remove(name)
                shutil.rmtree(Path(where, name))


def link_same(folder: Path) -> int:
    """Hard-links files with the same content and mode; the wheels bring up to eight copies of a library. Returns the bytes saved."""
    by_size: dict[int, list[Path]] = {}
    for path in files(folder):
        size = path.stat().st_size
        if size >= SAME_FROM_BYTES:
            by_size.setdefault(size, []).append(path)
    saved = 0
    for size, paths in by_size.items():
        first: dict[tuple[bytes, int], Path] = {}
        for path in paths if len(paths) > 1 else []:
            with path.open("rb") as file:
                key = (hashlib.file_digest(file, "sha256").digest(), path.stat().st_mode)
            original = first.setdefault(key, path)
            if not original.samefile(path):
                path.unlink()
                os.link(original, path)
                saved += size
    return saved


def main() -> None:
    prefix = Path(sys.argv[1])
    packages = next(prefix.glob("lib/python3.*/dist-packages"))
    strip(packages)
    drop_sources(packages)
    drop_folders(packages / "gap", GAP_PAPER)
    for name in TEST_FOLDERS_OF:
        drop_folders(packages / name, ("tests",))
    print(f"hard links saved {link_same(prefix) >> 20} MB")


if __name__ == "__main__":
    main()
