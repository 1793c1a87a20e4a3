"""Every generator gets a seed of its own in every child: forked and restored ones would all draw the same; next: lean.py."""

import os
import random
import re

# Words without which a cell cannot draw from GAP or Maxima past Sage's own state (which seeds them when it draws through them).
SPEAKS_TO_LIBRARIES = re.compile(r"gap|Random|maxima|ecl|eval|exec|import|load|attach")


def _integer(size):
    return int.from_bytes(os.urandom(size), "big")


class Seeds:
    """Made before the fork, so that a child imports nothing to reseed."""

    def __init__(self):
        import numpy.random
        import sage.misc.randstate
        from sage.libs.pari import pari

        self._numpy = numpy.random.seed
        self._sage = sage.misc.randstate.set_random_seed
        self._current = sage.misc.randstate.current_randstate
        self._pari = pari.setrand
        self._gap = self._maxima = None

    def with_gap(self, libgap):
        """libgap.Random() draws from these two."""
        reset, old, new = libgap.function_factory("Reset"), libgap.eval("GlobalRandomSource"), libgap.eval("GlobalMersenneTwister")

        def seed():
            number = _integer(3)
            reset(old, number)
            reset(new, number)

        self._gap = seed

    def with_maxima(self, ecl_eval):
        self._maxima = lambda: ecl_eval("(setf *random-state* (make-random-state t))")

    def reseed(self):
        random.seed(os.urandom(32))
        self._numpy(_integer(4))
        # Sage seeds GAP, PARI, Singular and the others from this state when it draws through them.
        self._sage(_integer(15))
        # What a user draws from a library directly would not pass Sage's state.
        self._pari(_integer(4) % ((1 << 31) - 1) + 1)

    def reseed_libraries(self):
        """GAP's and Maxima's own generators: together as dear as all of 1+1, and drawn from only by cells that speak to them."""
        if self._gap:
            self._gap()
        if self._maxima:
            self._maxima()
