"""Starts the kernel: warm up, become cheap to fork, serve frames until the input ends; next: warm.py.

    python3 -u main.py [--socket PATH] [--spares N]

Frames go over standard input and output, or over the one connection that is accepted on PATH (@NAME: an abstract socket).
"""

import importlib.util
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
# Python keeps the frames of calls in chunks of 16 KiB, and each call that happens to cross an edge takes a chunk from the system
# and gives it back: 3,300 times while Sage warms up, in gVisor a sixth of that time. A chunk is as large as its first frame
# needs, by powers of two: this one, a megabyte that nobody touches, leaves another for the frames of all calls above it.
FIRST_FRAME_SLOTS = 1 << 17


def load_package():
    # Under a name of its own, so that no module of ours can shadow a user's `files.py` or the other way round.
    spec = importlib.util.spec_from_file_location(
        "sandcell_kernel", os.path.join(HERE, "__init__.py"), submodule_search_locations=[HERE]
    )
    package = importlib.util.module_from_spec(spec)
    sys.modules["sandcell_kernel"] = package
    spec.loader.exec_module(package)
    sys.path[0] = ""


def main():
    load_package()
    from sandcell_kernel import modules, options, warm

    chosen = options.parse(sys.argv[1:])
    end_pack = modules.from_pack(os.path.join(warm.PREPARED, "modules"))
    from sandcell_kernel import cheap_fork, child, relay, wire, zygote

    warmed = warm.warm_up(end_pack)
    child.Child.before_birth(warmed)
    warmed.kept = cheap_fork.make_cheap()
    # Once more: making cheap pushed types out of their cache.
    child.Child.before_birth(warmed)
    # Before the agent is heard: the zygote is to know nothing of it.
    control, _ = zygote.fork(warmed, options.WORKSPACE, set())
    link = wire.listen(chosen.socket) if chosen.socket else wire.Wire(0, 1)
    facts = {**warmed.versions, "warmUpMs": round(warmed.warm_up_ms)}
    relay.Relay(link, control, facts, chosen).serve()


if __name__ == "__main__":
    main.__code__ = main.__code__.replace(co_stacksize=FIRST_FRAME_SLOTS)
    main()
