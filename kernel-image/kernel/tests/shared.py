"""One kernel for many tests, replaced when it went; next: contract_test.py."""

import atexit

from drive import Kernel

_kernel = None


def kernel():
    global _kernel
    if _kernel is None or _kernel.process.poll() is not None:
        _kernel = Kernel()
        atexit.register(_kernel.close)
    return _kernel
