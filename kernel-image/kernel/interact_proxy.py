"""The proxy of an interact: what its decorated name stands for, through which code reads and changes its controls; next: dynamics.py."""

import json

from .controls import Control

BOOKMARKS_MAX = 200


class Proxy:
    """What the decorated name stands for. Names that begin with an underscore are its own; all others are controls."""

    def __init__(self, interact):
        self.__dict__.update(_interact=interact, _changed=[])

    def __call__(self, *args, **kwds):
        return self._interact.function(*args, **kwds)

    def __getattr__(self, name):
        if name.startswith("_") or name not in self._interact.controls:
            raise AttributeError("the interact has no control %s" % name)
        value = self._interact.controls[name].value
        return Items(value, self._interact, name) if type(value) is list else value

    def __setattr__(self, name, value):
        if name.startswith("_"):
            raise AttributeError("no control's name begins with an underscore")
        if name in self._interact.controls and not isinstance(value, Control):
            self._interact.place(name, value)
        else:
            self._interact.add(name, value)

    def __delattr__(self, name):
        if name not in self._interact.controls:
            raise AttributeError("the interact has no control %s" % name)
        self._interact.remove(name)

    def __dir__(self):
        return [*self._interact.controls, "_update", "_state", "_bookmark", "_set_bookmarks", "_changed"]

    def __repr__(self):
        return "Interactive function %s with %d controls" % (self._interact.function.__name__, len(self._interact.controls))

    def _update(self):
        self._interact.run(None)

    def _state(self, state=None):
        """Where the controls stand, as JSON has it; with `state` they are put there and the function runs."""
        if state is None:
            return self._interact.state()
        for name, wire in state.items():
            control = self._interact.controls[name]
            control.set(control.check(wire))
            self._interact._note(name)
            self._interact.face.moved(name)
        self._interact.run(None)

    def _bookmark(self, name, values=None):
        self._interact.face.bookmark(str(name), self._interact.state() if values is None else values)

    def _set_bookmarks(self, bookmarks):
        """`bookmarks`: [[name, values], ...], or that as JSON."""
        pairs = json.loads(bookmarks) if isinstance(bookmarks, str) else bookmarks
        for name, values in list(pairs)[:BOOKMARKS_MAX]:
            self._bookmark(name, values)


class Items(list):
    """A control's list: what is put into it moves the control."""

    def __init__(self, value, interact, name, outer=None, at=None):
        super().__init__(Items(one, interact, name, self, n) if type(one) is list else one for n, one in enumerate(value))
        self._interact, self._name, self._outer, self._at = interact, name, outer, at

    def __setitem__(self, at, value):
        super().__setitem__(at, value)
        whole = self
        while whole._outer is not None:
            whole = whole._outer
        self._interact.place(self._name, [list(one) if isinstance(one, Items) else one for one in whole])
