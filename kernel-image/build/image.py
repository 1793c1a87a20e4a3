"""Writes the kernel's root as an OCI archive (`ctr images import`, `skopeo copy oci-archive:`), with nothing but the standard library. Called by build.py.

The same tree gives the same bytes: names sorted, owner 0, time 0. Two layers: Debian and Sage, which changes with the recipe, and the kernel's own
Python, a few KB, which changes often.
"""

import gzip
import hashlib
import json
import os
import platform
import shutil
import tarfile
from pathlib import Path

MEDIA = "application/vnd.oci.image."
NOT_SHIPPED = {"__pycache__", "tests"}
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


class Hashed:
    """A file that counts and hashes what is written to it."""

    def __init__(self, file) -> None:
        self.file, self.digest, self.size = file, hashlib.sha256(), 0

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        self.size += len(data)
        return self.file.write(data)

    def flush(self) -> None:
        self.file.flush()

    def name(self) -> str:
        return "sha256:" + self.digest.hexdigest()


def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    of_kernel = entry.name.startswith("opt/kernel/")
    return None if of_kernel and NOT_SHIPPED.intersection(entry.name.split("/")) else entry


def write_layer(blobs: Path, trees: list[tuple[Path, str]]) -> tuple[dict, str]:
    """Packs folders, each under its name in the image. Returns the layer's descriptor and the digest of its uncompressed tar."""
    part = blobs / "layer.part"
    with part.open("wb") as file:
        packed = Hashed(file)
        # Level 4: within 6 % of level 6 on this tree, in half the time.
        with gzip.GzipFile(filename="", mode="wb", compresslevel=4, fileobj=packed, mtime=0) as zipped:
            whole = Hashed(zipped)
            with tarfile.open(fileobj=whole, mode="w|", format=tarfile.PAX_FORMAT) as tar:
                for folder, name in trees:
                    tar.add(folder, arcname=name, filter=plain)
    part.rename(blobs / packed.name().removeprefix("sha256:"))
    return {"mediaType": MEDIA + "layer.v1.tar+gzip", "digest": packed.name(), "size": packed.size}, whole.name()


def write_json(blobs: Path, media: str, value: dict) -> dict:
    data = json.dumps(value, sort_keys=True).encode()
    digest = hashlib.sha256(data).hexdigest()
    (blobs / digest).write_bytes(data)
    return {"mediaType": MEDIA + media, "digest": "sha256:" + digest, "size": len(data)}


def config(diff_ids: list[str]) -> dict:
    process = json.loads((Path(__file__).resolve().parent.parent / "process.json").read_text())
    return {
        "architecture": ARCHITECTURES[platform.machine()],
        "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
        "config": {
            "User": f"{process['uid']}:{process['gid']}",
            "WorkingDir": process["cwd"],
            "Env": [f"{name}={value}" for name, value in process["env"].items()],
            "Entrypoint": process["args"],
        },
    }


def write(root: Path, kernel: Path, out: Path) -> None:
    """Writes `out`; needs about as much free space again beside it. An interrupted write leaves only names that end in .part."""
    folder = out.with_name(out.name + ".part")
    shutil.rmtree(folder, ignore_errors=True)
    blobs = folder / "blobs/sha256"
    blobs.mkdir(parents=True)
    layers = [write_layer(blobs, [(root, ".")]), write_layer(blobs, [(kernel, "opt/kernel")])]
    settings = write_json(blobs, "config.v1+json", config([whole for _, whole in layers]))
    manifest = write_json(blobs, "manifest.v1+json", {"schemaVersion": 2, "mediaType": MEDIA + "manifest.v1+json", "config": settings, "layers": [layer for layer, _ in layers]})
    manifest["annotations"] = {"org.opencontainers.image.ref.name": "latest"}
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [manifest]}, sort_keys=True))
    (folder / "oci-layout").write_text(json.dumps({"imageLayoutVersion": "1.0.0"}))
    archive = folder / "archive.part"
    with tarfile.open(archive, "w") as tar:
        for name in ("oci-layout", "index.json", "blobs"):
            tar.add(folder / name, arcname=name, filter=plain)
    os.replace(archive, out)
    shutil.rmtree(folder)
    print(f"{out}: {out.stat().st_size >> 20} MB, manifest {manifest['digest']}")
