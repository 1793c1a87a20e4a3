"""One kernel for many tests, replaced when it went, and others for tests that need one to themselves; next: contract_test.py."""

import atexit

from drive import Checkpoint, Kernel, Restored

_kernel = None
_unused = None


def kernel():
    """The one that all share; `greeted` is its answer to the first ping."""
    global _kernel, _unused
    if _kernel is None or _kernel.process.poll() is not None:
        _kernel = Kernel()
        atexit.register(_kernel.close)
        _kernel.send({"type": "ping", "id": 1})
        _kernel.greeted = _kernel.expect("pong", 5)
        # Warming up is what takes long: one does for all.
        _unused = _unused or Checkpoint(_kernel)
    return _kernel


def another():
    """One that nobody has used, to be closed by its taker: from a checkpoint, as where warm kernels are kept on one machine."""
    kernel()
    return Restored(_unused)
