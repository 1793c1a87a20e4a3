"""Packs what a warm kernel imports, some 3,500 modules, into one file that it reads instead of looking for each in folders. Next: ../kernel/modules.py, which reads it.

python3 -P -c THIS OUT    inside the root, as root.py does it; OUT: an index as JSON, {name: [source, package's folders or null, start, length]},
behind its length in eight bytes, then the compiled code. A length of 0: an extension module, which stays a file of its own.
"""

import importlib.util
import json
import os
import sys

# What the kernel's warm-up comes to, the cells of a user's that it runs among it: what is missing here is found in its folder, only later.
USES = """
from sage.all import *
integrate(sin(SR.var('x'))**2, SR.var('x'))
plot(sin, (0, 6)).save('/tmp/a.png')
EllipticCurve('37a').rank()
import asyncio, json, random, secrets, subprocess, xml.dom.minidom
import matplotlib.pyplot, networkx, numpy.random, scipy, sympy
import PIL.GifImagePlugin, PIL.PngImagePlugin
import IPython.core.completer, IPython.core.magics, IPython.core.oinspect, IPython.core.shellapp
import ipywidgets, prompt_toolkit.widgets, pygments.formatters.terminal256, pygments.styles.default
import sage.all_cmdline, sage.misc.sagedoc, sage.repl.configuration, sage.repl.interpreter, sage.repl.ipython_kernel.interact
sage.misc.sagedoc.format('a')
"""


def packed():
    """(name, source, package's folders or None, code) of each module that is here now and came from a file."""
    for name, module in sorted(sys.modules.items()):
        spec = getattr(module, "__spec__", None)
        if spec is None or spec.name != name or not spec.has_location or not spec.origin:
            continue
        folders = spec.submodule_search_locations
        folders = None if folders is None else list(folders)
        if spec.origin.endswith(".so"):
            yield name, spec.origin, folders, b""
        elif spec.origin.endswith(".py"):
            with open(importlib.util.cache_from_source(spec.origin), "rb") as compiled:
                yield name, spec.origin, folders, compiled.read()[16:]


def write(path):
    index, codes, start = {}, [], 0
    for name, source, folders, code in packed():
        index[name] = (source, folders, start, len(code))
        codes.append(code)
        start += len(code)
    head = json.dumps(index).encode()
    with open(path, "wb") as file:
        file.write(len(head).to_bytes(8, "little") + head)
        file.writelines(codes)


if __name__ == "__main__":
    os.environ["MPLBACKEND"] = "agg"
    exec(USES, {})
    write(sys.argv[1])
