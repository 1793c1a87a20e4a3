"""The names that cells have for interacts: `interact` and its relatives, the controls, and the older functions that make them; next: controls.py.

Sage's own interact answers wherever it can and the client is none of SageMathCell's: notebooks find what they know.
"""

import functools

from . import controls, dynamics, exercises, grids, guesses, interacts
from .interact_faces import is_sagecell

CLASSES = (
    controls.Checkbox,
    controls.InputBox,
    controls.ExpressionBox,
    controls.Selector,
    controls.DiscreteSlider,
    controls.ContinuousSlider,
    grids.InputGrid,
    grids.MultiSlider,
    grids.ColorSelector,
    grids.Button,
    grids.ButtonBar,
    grids.HtmlBox,
    grids.UpdateButton,
)


def names():
    """Name -> value, for the namespace of cells."""
    from sage.repl.ipython_kernel import widgets_sagenb

    older = {made.__name__: _older(made, getattr(widgets_sagenb, made.__name__)) for made in guesses.OLDER}
    others = {made.__name__: made for made in (dynamics.dynamic, dynamics.dynamic_expression, exercises.exercise)}
    return {**{made.__name__: made for made in CLASSES}, **older, "interact": _interact(), **others}


def _older(ours, sages):
    """By Sage's rules or by SageMathCell's."""

    @functools.wraps(sages)
    def make(*args, **kwds):
        return (ours if is_sagecell() else sages)(*args, **kwds)

    return make


class Interact:
    """`@interact`, `@interact(layout=...)`, `@interact([("name", control), ...])`, and all that Sage's own can do."""

    def __init__(self, sages):
        self._sages = sages
        self.__doc__ = sages.__doc__

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._sages, name)

    def __call__(self, *args, **kwds):
        options = {name: kwds.pop(name) for name in list(kwds) if name in interacts.OPTIONS}
        function = args[0] if args and callable(args[0]) else None
        given = args[1:] if function else args
        # Pairs or a mapping, as the first argument or by its name.
        listed = {**dict((given[0] if given else kwds.pop("controls", None)) or ()), **kwds}
        if function is None:
            return lambda late: self._make(late, listed, options)
        return self._make(function, listed, options)

    def _make(self, function, listed, options):
        if is_sagecell() or options or isinstance(function, interacts.Proxy) or _is_ours(function, listed):
            return interacts.make(function, listed, **options)
        return self._sages(function, **listed)


def _is_ours(function, listed):
    """Does it use what only SageMathCell has?"""
    defaults = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values(), *listed.values()]
    if any(_is_control(one) for one in defaults):
        return True
    code = function.__code__
    unnamed = code.co_argcount - len(function.__defaults__ or ())
    return unnamed > 0 and code.co_varnames[0] not in listed


def _is_control(one):
    inner = one[1] if isinstance(one, tuple) and len(one) == 2 else one
    return isinstance(inner, controls.Control)


def _interact():
    from sage.repl.ipython_kernel.interact import interact

    return Interact(interact)
