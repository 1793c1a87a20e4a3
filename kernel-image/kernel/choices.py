"""Values among which a control chooses, and their places: the arithmetic of controls.py; next: grids.py."""

import numbers


def number(value):
    """As JSON has it: exact integers stay such."""
    whole = isinstance(value, numbers.Integral) or (isinstance(value, numbers.Real) and value == int(value) and not isinstance(value, float))
    return int(value) if whole else float(value)


def evaluate(text, names=None):
    """A Sage expression in these names, or else in the user's own. Raises what it raises."""
    from IPython.core.getipython import get_ipython
    from sage.repl.preparse import preparse

    return eval(preparse(str(text)), get_ipython().user_ns if names is None else names)


def words(value):
    return value if isinstance(value, str) else str(value)


def labelled(values):
    values = list(values)
    if not values:
        raise ValueError("a control needs values to choose from")
    if all(isinstance(one, tuple) and len(one) == 2 and isinstance(one[1], str) for one in values):
        return [one[0] for one in values], [one[1] for one in values]
    return values, [words(one) for one in values]


def table(count, nrows, ncols, in_row):
    """(rows, columns) with a place for each of `count`."""
    if not nrows and not ncols:
        return (1, count) if in_row else (count, 1)
    rows = int(nrows) if nrows else -(-count // int(ncols))
    return rows, -(-count // rows)


def index_of(value, values):
    for at, one in enumerate(values):
        if one is value or bool(one == value):
            return at
    raise ValueError("%s is none of the values" % words(value))


def nearest(value, values):
    """A slider's default need not be one of its values."""
    try:
        return index_of(value, values)
    except ValueError:
        try:
            return min(range(len(values)), key=lambda at: abs(values[at] - value))
        except TypeError:
            raise ValueError("%s is none of the slider's values" % words(value)) from None


def within(wire, values):
    if type(wire) not in (int, float) or wire != int(wire) or not 0 <= wire < len(values):
        raise ValueError("there is no choice number %r" % (wire,))
    return int(wire)


def pair(value):
    parts = tuple(value)
    if len(parts) != 2:
        raise ValueError("two ends are needed, not %d" % len(parts))
    return parts
