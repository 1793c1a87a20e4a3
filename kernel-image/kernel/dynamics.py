"""Variables of the cells with controls of their own, and values that follow variables: `dynamic`, `dynamic_expression`; next: exercises.py.

    a cell, a moved control ──▶ is over ──▶ is a variable another object than before? ──▶ its control moves, its expressions are shown anew
"""

from IPython.core.getipython import get_ipython

from . import interacts
from .choices import evaluate

ROUNDS_MAX = 10
_followers = []
_looking = False


def dynamic(*variables, **listed):
    """Controls for variables of the cells, and the other way round: `dynamic("a", b=(0, 10))`, and `b = 3` in a cell moves the control.

    A variable is given by its name, or as it is; `listed` says what its control is, as an argument's default does for `interact`.
    A variable that there is keeps its value if its control can stand there. Raises ValueError for what is no variable.
    """
    variables = [name for variable in variables for name in _names_of(variable)]
    known = get_ipython().user_ns
    made = {name: known.get(name, 0) for name in variables}
    made.update(listed)
    _Variables(made, known)


def dynamic_expression(expression, variables=None):
    """Shows the value of an expression, given as text, and shows it anew when one of its variables has another value.

    `variables`: their names, or one name; without it all names of the expression.
    """
    if variables is None:
        from sage.repl.preparse import preparse

        variables = compile(preparse(expression), "<expression>", "eval").co_names
    _Expression(expression, [variables] if isinstance(variables, str) else list(variables), get_ipython().user_ns)


def _names_of(variable):
    if isinstance(variable, str):
        return [variable]
    names = [name for name, value in get_ipython().user_ns.items() if value is variable and not name.startswith("_")]
    if not names:
        raise ValueError("%r is no variable" % (variable,))
    return names


class _Variables:
    def __init__(self, controls, known):
        self._known, self._seen = known, {}
        self.interact = _interact(self._take, controls, output=False)
        for name, control in self.interact.controls.items():
            if name in known:
                _go(lambda value, control=control: control.set(control.place(value)), known[name])
        self.interact.start()
        _followers.append(self)

    def _take(self, **values):
        for name in self.interact.proxy._changed:
            self._known[name] = self._seen[name] = values[name]

    def look(self):
        """True: something followed."""
        changed = [name for name, value in self._seen.items() if name in self._known and self._known[name] is not value]
        for name in changed:
            self._seen[name] = self._known[name]
            _go(lambda value, name=name: self.interact.place(name, value), self._known[name])
        return bool(changed)


def _go(move, value):
    """A control that cannot be there stays where it is."""
    try:
        move(value)
    except Exception:
        return


class _Expression:
    def __init__(self, expression, variables, known):
        self._expression, self._variables, self._known = expression, variables, known
        self._seen = []
        self.interact = _interact(self._value, {}, readonly=True)
        self.interact.start()
        _followers.append(self)

    def _now(self):
        return [self._known.get(name) for name in self._variables]

    def _value(self):
        self._seen = self._now()
        return evaluate(self._expression)

    def look(self):
        """True: something followed."""
        if all(before is now for before, now in zip(self._seen, self._now())):
            return False
        self.interact.run(None)
        return True


def _interact(function, controls, **options):
    if look not in interacts.after_run:
        interacts.after_run.append(look)
        get_ipython().events.register("post_run_cell", look)
    return interacts.Interact(function, controls, {**interacts.OPTIONS, **options, "takes": lambda name: True})


def look(_result=None):
    """Everything follows that has to, also what follows from that."""
    global _looking
    if _looking:
        return
    _looking = True
    try:
        _followers[:] = [follower for follower in _followers if follower.interact.is_open]
        for _ in range(ROUNDS_MAX):
            if not [follower for follower in list(_followers) if follower.look()]:
                return
    finally:
        _looking = False
