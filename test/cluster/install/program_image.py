"""Packs one static program as an OCI archive: python3 program_image.py PROGRAM PLACE OUT.tar NAME, with kernel-image/build on PYTHONPATH.

PLACE is the program's path in the image, below which nothing else is; a process of the image starts it.
"""

import shutil
import sys
import tempfile
from pathlib import Path

import image

program, place, out, name = sys.argv[1:]
with tempfile.TemporaryDirectory() as folder:
    # The folder itself is private to its maker; as the image's root all must pass.
    Path(folder).chmod(0o755)
    path = Path(folder, place.lstrip("/"))
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(program, path)
    image.write(image.Image(name, [[image.Tree(Path(folder), ".")]], {"Entrypoint": [place]}, compressed=False), Path(out))
