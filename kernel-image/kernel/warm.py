"""Imports Sage and makes warm what first use makes slow; everything a child will need is made here; next: cheap_fork.py."""

import os
import sys
import time

ENVIRONMENT = {
    "HOME": "/tmp",
    "DOT_SAGE": "/tmp/.sage",
    "MPLCONFIGDIR": "/tmp/.matplotlib",
    "XDG_CACHE_HOME": "/tmp/.cache",
    "IPYTHONDIR": "/tmp/.ipython",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MPLBACKEND": "module://sandcell_kernel.matplotlib_backend",
    "SAGE_NUM_THREADS": "1",
    "COLUMNS": "79",
    "LINES": "24",
}
CELLS = (
    "1+1",
    "factor(2^64-1); latex(x^2/(1+x))",
    "integrate(sin(x)^2,x); solve(x^2==2,x); limit(sin(x)/x,x=0)",
    "R.<t>=QQ[]; (t^2-1).factor()",
    "matrix(QQ,2,[1,2,3,4]).inverse()",
    "plot(sin,(0,6))",
    "animate([sin(x)], xmin=0, xmax=1)",
    "circle((0,0),1)+text('a',(0,0))",
    "show(x^2)",
    "libgap(6).Factorial(); SymmetricGroup(4).order()",
    "R2.<a,b>=QQ[]; ideal(a^2+b^2-1,a*b).groebner_basis()",
    "EllipticCurve('37a').rank()",
    "var('y'); plot3d(x*y,(x,-1,1),(y,-1,1))",
    "import matplotlib.pyplot; matplotlib.pyplot.plot([1,2]); matplotlib.pyplot.show()",
    "import numpy, scipy, sympy, networkx, json, random, subprocess; None",
    "1/0",
    "def f(:",
    "%timeit -n1 -r1 1",
    "sin?",
)


# Made with the image, because it is the same at every start.
PREPARED = "/usr/local/share/sandcell"


class Warmed:
    """What warming up made. `directories`: those below /tmp that Sage expects to be there."""

    def __init__(self):
        self.namespace = self.formatter = self.sources = self.lean = self.shell = self.seeds = None
        self.versions = {}
        self.directories = []
        self.descriptors = []
        self.warm_up_ms = 0.0
        self.kept = None


def warm_up(end_pack):
    """Raises what keeps Sage from starting. A warm-up cell that fails is named on standard error and no more.

    `end_pack` is called when all is imported, and before it is said which descriptors children keep: the next to have its number
    would be kept for it.
    """
    started = time.monotonic()
    os.environ.update(ENVIRONMENT)
    os.environ.pop("MATPLOTLIBRC", None)
    import sage.all  # noqa: F401  (first: Sage has an order of its own)
    from sage.env import SAGE_VERSION

    _use_what_is_prepared()
    from . import animations, comms, display, fonts, formatting, lean, pictures, publish, seeds, shell, tracebacks

    warmed = Warmed()
    warmed.sources = tracebacks.Sources()
    warmed.formatter = display.Formatter()
    publish.install_input()
    warmed.shell = shell.make(warmed.formatter, warmed.sources)
    warmed.namespace = warmed.shell.user_ns
    warmed.namespace["new_stream"] = formatting.new_stream
    warmed.namespace["view"] = display.view
    comms.install(warmed.namespace)
    pictures.install_backend()
    fonts.keep_in_memory()
    animations.install()
    _accept_sages_numbers_in_sleep(warmed.namespace)
    from sage.repl.preparse import preparse

    warmed.lean = lean.Lean(warmed.namespace, warmed.formatter, warmed.sources, preparse)
    warmed.seeds = seeds.Seeds()
    _run_cells(warmed)
    _warm_seeds(warmed.seeds)
    _warm_patterns(preparse)
    end_pack()
    warmed.versions = {"python": "%d.%d.%d" % sys.version_info[:3], "sage": SAGE_VERSION}
    warmed.directories = sorted(_directories("/tmp"))
    warmed.descriptors = _library_descriptors()
    warmed.warm_up_ms = (time.monotonic() - started) * 1000
    return warmed


def _use_what_is_prepared():
    """GAP begins where it had read its library, and matplotlib knows its fonts. What is not there they make themselves."""
    import shutil

    import sage.features
    from sage.libs.gap import saved_workspace

    workspace = os.path.join(PREPARED, "gap-workspace")
    if os.path.exists(workspace):
        find = saved_workspace.workspace
        saved_workspace.workspace = lambda name="workspace": (workspace, True) if name == "workspace" else find(name)
    fonts = os.path.join(PREPARED, "matplotlib")
    if os.path.exists(fonts):
        shutil.copytree(fonts, ENVIRONMENT["MPLCONFIGDIR"], dirs_exist_ok=True)
    # Nobody installs packages here: else Sage finds out, by some fifty processes, what it could advise.
    sage.features._cache_package_systems = []


def _accept_sages_numbers_in_sleep(namespace):
    """0.5 in a Sage cell is a number of Sage's, which Python's own time.sleep refuses. Sage gives cells that sleep by its bare name too."""
    plain = time.sleep

    def sleep(seconds, /):
        plain(seconds if type(seconds) in (int, float) else float(seconds))

    time.sleep = namespace["sleep"] = sleep


class _Nowhere:
    """A channel that leads nowhere, for the warm-up."""

    allow_input = False

    def message(self, *_args, **_kwds):
        pass


class _Discard:
    encoding = "utf-8"

    def write(self, text):
        return len(text)

    def flush(self):
        pass


def _run_cells(warmed):
    from . import publish
    from .lean import suits

    os.makedirs("/tmp/work", exist_ok=True)
    os.chdir("/tmp/work")
    names = dict(warmed.namespace)
    publish.use(_Nowhere())
    stdout, sys.stdout = sys.stdout, _Discard()
    try:
        for code in CELLS:
            if suits(code):
                error = warmed.lean.run(code, "sage")
                if error is not None:
                    warmed.lean.describe(error)
            else:
                error = warmed.shell.run(code, store_history=False)
            if error is not None and not isinstance(error, (ZeroDivisionError, SyntaxError)):
                print("warm-up of %r: %s: %s" % (code, type(error).__name__, error), file=sys.stderr)
    finally:
        sys.stdout = stdout
        publish.use(None)
        warmed.namespace.clear()
        warmed.namespace.update(names)
        warmed.shell.forget()
        os.chdir("/")
        import shutil

        shutil.rmtree("/tmp/work")


def _warm_seeds(seeds):
    from sage.libs.ecl import ecl_eval
    from sage.libs.gap.libgap import libgap

    seeds.with_gap(libgap)
    seeds.with_maxima(ecl_eval)
    seeds.reseed()
    seeds.reseed_libraries()


def _warm_patterns(preparse):
    """Last of all: help pushed the preparser's patterns out of re's cache, and every child would compile them anew (8 ms)."""
    for cell in ("1+1", "R.<t>=QQ[]; f(x)=x^2; a=[1..3]; 2.5e3", "def f(n):\n    return 'a%s' % n"):
        for _ in range(2):
            preparse(cell)


def _directories(top):
    for base, names, _ in os.walk(top):
        for name in names:
            yield os.path.join(base, name).encode()


def _library_descriptors():
    """What libraries hold open for good (data bases, /dev/urandom): a child keeps these and no others."""
    kept = []
    for name in os.listdir("/proc/self/fd"):
        number = int(name)
        try:
            target = os.readlink("/proc/self/fd/" + name)
        except OSError:
            continue
        if number > 2 and target.startswith(("/usr/", "/opt/", "/dev/urandom", "/dev/random")):
            kept.append(number)
    return kept
