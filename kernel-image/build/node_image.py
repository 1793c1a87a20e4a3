"""Packs all Node processes as one OCI archive, as ../../Dockerfile does for people with Docker: Debian, Node, the packages that run, our sources. Next: image.py.

python3 node_image.py OUT.tar     --name what it is called where it is imported, --uncompressed for a place that is near
Needs root and mmdebstrap, once: Debian is kept in CACHE/node-image, CACHE being SANDCELL_CACHE, else ~/.cache/sandcell. And `npm ci` in the tree before.
"""

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import image
import recipe
from root import BuildFailed, RootBuild, remove

TREE = recipe.HERE.parent.parent
# What node itself is linked to, and whom it trusts.
PACKAGES = ("libstdc++6", "ca-certificates")
LEFT_BEHIND = ("dev", "tmp", "var/tmp", "var/cache", "var/log", "var/lib/apt", "run", "etc/resolv.conf", "etc/hostname", "etc/machine-id")
MOUNT_POINTS = ("dev", "tmp", "var/tmp", "run", "proc", "sys", "app")
FOLDERS = ("protocol", "service", "database", "operator", "gateway", "agent", "filestore", "cell/dist")
# Node comes as a package; its program is all that is needed of it.
NODE_PACKAGE = "node_modules/node-linux-"
# Not nobody, which users' code is.
USER = 2000


def debian() -> Path:
    """Returns the folder of Debian, made when it is not there."""
    cache = Path(os.environ.get("SANDCELL_CACHE") or Path.home() / ".cache/sandcell").absolute() / "node-image"
    cache.mkdir(parents=True, exist_ok=True)
    said = repr((recipe.SUITE, PACKAGES, recipe.DEBIAN_LEFT_OUT, LEFT_BEHIND, MOUNT_POINTS))
    target = cache / hashlib.sha256(said.encode()).hexdigest()[:16]
    lock = os.open(cache / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    fcntl.flock(lock, fcntl.LOCK_EX)
    if not target.exists():
        if os.geteuid() != 0 or not shutil.which("mmdebstrap"):
            raise BuildFailed("making the image's Debian needs root and mmdebstrap (apt-get install mmdebstrap), once")
        RootBuild(cache, lock, print).stage(target, lambda part: make_debian(part, lock))
    os.close(lock)
    return target


def make_debian(part: Path, lock: int) -> None:
    RootBuild(part.parent, lock, print).debian(part, PACKAGES)
    for name in LEFT_BEHIND:
        remove(part / name)
    for name in MOUNT_POINTS:
        (part / name).mkdir(parents=True, exist_ok=True)
    for name in ("tmp", "var/tmp"):
        (part / name).chmod(0o1777)


def not_shipped() -> set[str]:
    """The packages, by their folder below the tree, that only building and testing need. One inside another goes with it."""
    lock = json.loads((TREE / "package-lock.json").read_text())["packages"]
    return {name for name, package in lock.items() if package.get("dev")}


def is_left_out(name: str, packages: set[str]) -> bool:
    path = name.removeprefix("app/")
    if path in packages or path in ("node_modules/.bin", "node_modules/.package-lock.json"):
        return True
    if path.startswith(NODE_PACKAGE):
        inside = path.split("/")[2:]
        return bool(inside) and inside[0] not in ("bin", "LICENSE", "package.json")
    return path.endswith((".test.ts", "_test.py", ".md", ".map")) and "LICENSE" not in path


def layers(scratch: Path) -> list[list[image.Tree]]:
    """Debian, which changes rarely; the packages with the lock; our sources often."""
    node = next(TREE.glob(NODE_PACKAGE + "*/bin/node"))
    programs = scratch / "programs"
    programs.mkdir()
    (programs / "node").symlink_to("/app" / node.relative_to(TREE))
    sources = [TREE / name for name in ("package.json", "package-lock.json", "LICENSE", *FOLDERS)]
    packages = not_shipped()
    leaves_out = lambda name: is_left_out(name, packages)  # noqa: E731
    return [
        [image.Tree(debian(), ".")],
        [image.Tree(TREE / "node_modules", "app/node_modules", leaves_out), image.Tree(programs, "usr/local/bin")],
        [image.Tree(path, f"app/{path.relative_to(TREE)}", leaves_out) for path in sources if path.exists()],
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="the file to write")
    parser.add_argument("--name", default="docker.io/sandcell/node:latest", help="with its tag")
    parser.add_argument("--uncompressed", action="store_true")
    chosen = parser.parse_args()
    config = {
        "User": f"{USER}:{USER}",
        "WorkingDir": "/app",
        "Env": ["PATH=/usr/local/bin:/usr/bin:/bin", "NODE_ENV=production", "NODE_OPTIONS=--disable-warning=ExperimentalWarning"],
        "Cmd": ["node", "gateway/main.ts"],
    }
    with tempfile.TemporaryDirectory() as scratch:
        image.write(image.Image(chosen.name, layers(Path(scratch)), config, not chosen.uncompressed), chosen.out)


if __name__ == "__main__":
    try:
        main()
    except BuildFailed as problem:
        sys.exit(str(problem))
