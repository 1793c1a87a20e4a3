"""The yardstick: the same Sage, warm, forked for each computation with no sandbox, no namespace, no limit and no network.

Reads lines `N code` (JSON) on standard input: runs the code N times one after the other, or, if N is negative, -N at once;
answers with one JSON line of milliseconds to each end. Started by main.ts in the kernel's own root.
"""

import ast
import json
import os
import sys
import time

os.environ.update(MPLBACKEND="agg", HOME="/tmp", DOT_SAGE="/tmp/.sage", MPLCONFIGDIR="/tmp/.mpl", OPENBLAS_NUM_THREADS="1")
import sage.all  # noqa: E402
from sage.repl.preparse import preparse  # noqa: E402

names = {}
exec("from sage.all import *", names)


def run(code):
    tree = ast.parse(preparse(code))
    last = tree.body.pop()
    exec(compile(tree, "cell", "exec"), names)
    value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    if hasattr(value, "save"):
        value.save("/tmp/p-%d.png" % os.getpid())
    return repr(value)


def fork(code):
    pid = os.fork()
    if pid == 0:
        run(code)
        os._exit(0)
    return pid


for warm in ("1+1", "factor(2^64-1)", "integrate(sin(x)^2,x)", "plot(sin,(0,6))", "latex(x^2/2)"):
    run(warm)
import gc  # noqa: E402

gc.collect()
gc.freeze()
print("ready", flush=True)
for line in sys.stdin:
    count, code = json.loads(line)
    times = []
    if count < 0:
        started = time.monotonic()
        left = {fork(code) for _ in range(-count)}
        while left:
            left.discard(os.wait()[0])
            times.append((time.monotonic() - started) * 1000)
    for _ in range(max(0, count)):
        started = time.monotonic()
        os.waitpid(fork(code), 0)
        times.append((time.monotonic() - started) * 1000)
    print(json.dumps(times), flush=True)
