"""One kernel for many tests, replaced when it went, and others for tests that need one to themselves; next: contract_test.py."""

import atexit

from drive import Checkpoint, Kernel, Restored

_kernel = None
_checkpoint = None


def kernel():
    """The one that all share."""
    global _kernel
    if _kernel is None or _kernel.process.poll() is not None:
        _kernel = Kernel()
        atexit.register(_kernel.close)
    return _kernel


def another():
    """One that nobody has used, to be closed by its taker: from a checkpoint, as where warm kernels are kept on one machine."""
    global _checkpoint
    if _checkpoint is None:
        _checkpoint = Checkpoint(Kernel())
        atexit.register(_checkpoint.close)
    return Restored(_checkpoint)
