"""The kernel image's command: the root file system, its OCI archive, the lock of versions. Next: recipe.py, then root.py.

python3 build.py path             prints the root's folder (CACHE/kernel/HASH/rootfs), made or not
python3 build.py root             makes it if it is not there; progress goes to standard output, a line each: PERCENT% what
python3 build.py image OUT.tar    writes it, with kernel-image/kernel as a second layer, as an OCI archive; --name what it is called where it is
                                  imported, --uncompressed for a place that is near
python3 build.py lock             renews requirements.lock from requirements.in
CACHE is SANDCELL_CACHE, else ~/.cache/sandcell.
"""

import argparse
import fcntl
import json
import os
import shutil
import sys
import time
from pathlib import Path

import image
import recipe
from root import BuildFailed, RootBuild

# A build takes two minutes on two cores; a slow line to the package index is most of the rest.
WAIT_SECONDS = 3600
NOT_SHIPPED = {"__pycache__", "tests"}


def cache() -> Path:
    return Path(os.environ.get("SANDCELL_CACHE") or Path.home() / ".cache/sandcell").absolute() / "kernel"


def root_path() -> Path:
    return cache() / recipe.root_hash() / "rootfs"


def show(percent: int, what: str) -> None:
    print(f"{percent}% {what}", flush=True)


def missing() -> str | None:
    """What stands in the way of a build, in words, or None."""
    if os.geteuid() != 0:
        return "making the kernel's root file system needs root; run this once as root with the same SANDCELL_CACHE"
    if not shutil.which("mmdebstrap"):
        return "mmdebstrap is missing: apt-get install mmdebstrap"
    free = shutil.disk_usage(cache()).free
    if free < recipe.BYTES_NEEDED:
        return f"{cache()} has {free >> 30} GB free, the build needs {recipe.BYTES_NEEDED >> 30} (2 stay)"
    return None


def lock_build(name: str) -> int | None:
    """The lock of one root's build, or None while a build or one of its tools holds it."""
    lock = os.open(cache() / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def open_build() -> RootBuild:
    """Waits for a build of the same root that runs already; sweeps up what interrupted builds of other recipes left."""
    cache().mkdir(parents=True, exist_ok=True)
    if problem := missing():
        raise BuildFailed(problem)
    for work in cache().glob("*.building"):
        if work.stem != recipe.root_hash() and (other := lock_build(work.stem)) is not None:
            shutil.rmtree(work)
            os.close(other)
    deadline = time.monotonic() + WAIT_SECONDS
    while (lock := lock_build(recipe.root_hash())) is None:
        if time.monotonic() > deadline:
            raise BuildFailed(f"another build of the same root still runs after {WAIT_SECONDS} s")
        show(0, "waiting for another build of the same root")
        time.sleep(1)
    work = cache() / f"{recipe.root_hash()}.building"
    work.mkdir(exist_ok=True)
    return RootBuild(work, lock, show)


def make_root() -> None:
    if root_path().is_dir():
        return
    build = open_build()
    if not root_path().is_dir():
        build.finish(root_path())
    show(100, "done")


def renew_lock() -> None:
    build = open_build()
    build.stage(build.tools, build.make_tools)
    shutil.copyfile(recipe.HERE / "requirements.in", build.tools / "recipe/requirements.in")
    show(20, "resolving")
    build.inside(build.tools, ["pip", "install", "-q", "uv"])
    # uv, not pip-compile: that fetches all the 1.3 GB for the hashes and takes an alpha version where a bound merely names one.
    options = ["--generate-hashes", "--no-header", "--no-annotate", "--python-version", "3.13", "--upgrade", "--system-certs"]
    build.inside(build.tools, ["uv", "pip", "compile", *options, "-o", "/recipe/requirements.lock", "/recipe/requirements.in"])
    shutil.copyfile(build.tools / "recipe/requirements.lock", recipe.LOCK)
    shutil.rmtree(build.work)
    show(100, f"{recipe.locked_count()} packages in {recipe.LOCK}")


def kernel_image(name: str, compressed: bool) -> image.Image:
    """Two layers: Debian and Sage, which changes with the recipe, and the kernel's own Python, a few KB, which changes often."""
    process = json.loads((recipe.HERE.parent / "process.json").read_text())
    config = {
        "User": f"{process['uid']}:{process['gid']}",
        "WorkingDir": process["cwd"],
        "Env": [f"{name}={value}" for name, value in process["env"].items()],
        "Entrypoint": process["args"],
    }
    kernel = image.Tree(recipe.HERE.parent / "kernel", "opt/kernel", lambda name: not NOT_SHIPPED.isdisjoint(name.split("/")))
    return image.Image(name, [[image.Tree(root_path(), ".")], [kernel]], config, compressed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("path", "root", "image", "lock"))
    parser.add_argument("out", nargs="?", type=Path, help="image: the file to write")
    parser.add_argument("--name", default="docker.io/sandcell/kernel:latest", help="image: with its tag")
    parser.add_argument("--uncompressed", action="store_true", help="image: three times as big, in a third of the time")
    chosen = parser.parse_args()
    if chosen.command == "path":
        print(root_path())
    elif chosen.command == "root":
        make_root()
    elif chosen.command == "lock":
        renew_lock()
    elif chosen.out is None:
        parser.error("image: name the file to write")
    else:
        make_root()
        image.write(kernel_image(chosen.name, not chosen.uncompressed), chosen.out)


if __name__ == "__main__":
    try:
        main()
    except BuildFailed as problem:
        sys.exit(str(problem))
    except KeyboardInterrupt:
        sys.exit(130)
