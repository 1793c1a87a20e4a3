"""`exercise`: code that says what is asked and what is right becomes a question with a box for its answer; next: interact_faces.py."""

from ipywidgets import Widget

from . import interacts
from .choices import evaluate
from .controls import Control, InputBox
from .grids import Button, InputGrid, UpdateButton
from .guesses import control_of, is_vector

FREE_ATTEMPTS = 3
MARKUP = frozenset("<&$\\")


def exercise(code):
    """Asks a question that `code` makes, and tells whether an answer is right; a press on a button makes another one.

    `code` is run among names of its own and sets, all optional:

    `title`, `question`: HTML, with formulas between dollars.
    `answer`: what is right, or a pair of that and the control in which the reader answers (a control, or what `interact` makes one of).
        Without a control a matrix or a vector is answered in a grid, all else in a box, as an expression of Sage's; a text as it is.
    `check(attempt)`: True or False, or a pair of that and words for the reader, instead of comparing. What comes from a box is text.
    `hints`: words for each wrong answer, the last of them ever again. Without them the answer is told after the third.

    An error of the code is shown in the question's place.
    """
    interacts.make(lambda another: _Question(_run(code)).ask(), {"another": Button("New question")}, layout=[["_output"], ["another"]])


def _run(code):
    from IPython.core.getipython import get_ipython
    from sage.repl.preparse import preparse

    names = _sages_names()
    filename = "<exercise>"
    get_ipython().compile.sources.add(filename, code, 1)
    exec(compile(preparse(code), filename, "exec"), names)
    return names


def _sages_names():
    import sage.all
    from sage.calculus.predefined import x

    from .interact_names import names

    return {**vars(sage.all), **names(), "x": x, "__name__": "exercise"}


class _Question:
    def __init__(self, names):
        self._shown = [("<h3>%s</h3>" % names["title"]) if "title" in names else "", str(names.get("question", ""))]
        self._answer, self._control, self._read = _parts_of(names.get("answer"))
        self._check, self._hints = names.get("check", self._compare), [str(hint) for hint in names.get("hints", ())]
        self._tells = "hints" not in names and "answer" in names
        self._wrong = 0

    def ask(self):
        _say(*self._shown)
        if self._control.label is None:
            self._control.label = "Answer"
        interacts.make(self._heard, {"attempt": self._control, "submit": UpdateButton("Check", True, False)})

    def _heard(self, attempt, submit):
        if not submit:
            return
        try:
            verdict = self._check(self._read(attempt))
            right, said = verdict if isinstance(verdict, tuple) else (verdict, "")
        except Exception as error:
            print("This answer cannot be checked: %s: %s" % (type(error).__name__, error))
            return
        if right:
            return _say("Correct.", said)
        self._wrong += 1
        _say("Not correct.", said, *self._help())

    def _help(self):
        if self._hints:
            return [self._hints[min(self._wrong, len(self._hints)) - 1]]
        return ["The answer is %s." % _formula(self._answer)] if self._tells and self._wrong >= FREE_ATTEMPTS else []

    def _compare(self, attempt):
        if isinstance(attempt, str) and not isinstance(self._answer, str):
            attempt = evaluate(attempt, _names_for(self._answer))
        return bool(attempt == self._answer)


def _parts_of(answer):
    """(what is right, the control, what makes a value of what is in it)."""
    if isinstance(answer, tuple) and len(answer) == 2 and not isinstance(answer[0], tuple):
        right, control = answer
        if isinstance(control, (Control, Widget, tuple, list, range)):
            return right, control_of(control), lambda attempt: attempt
    if hasattr(answer, "nrows") and hasattr(answer, "ncols"):
        return answer, InputGrid(answer.nrows(), answer.ncols(), "", evaluate=False), _reader(answer, answer.parent())
    if is_vector(answer):
        return answer, InputGrid(1, len(answer), "", evaluate=False), _reader(answer, lambda rows: answer.parent()(rows[0]))
    return answer, InputBox(), str.strip


def _reader(answer, make):
    names = _names_for(answer)
    return lambda rows: make([[evaluate(text, names) for text in row] for row in rows])


def _names_for(answer):
    """Sage's, and the variables of what is right: none of the exercise's own, which know the answer."""
    names = _sages_names()
    parent = getattr(answer, "parent", lambda: None)()
    for ring in (getattr(parent, "base_ring", lambda: None)(), parent):
        names.update(_generators(ring))
    if hasattr(answer, "variables"):
        names.update((str(variable), variable) for variable in answer.variables())
    return names


def _generators(ring):
    try:
        return dict(zip(ring.variable_names(), ring.gens()))
    except (AttributeError, NotImplementedError, TypeError, ValueError):
        return {}


def _formula(value):
    from sage.misc.latex import latex

    return value if isinstance(value, str) else "$%s$" % latex(value)


def _say(*parts):
    """Text, or HTML with formulas."""
    words = " ".join(str(part) for part in parts if part)
    if MARKUP.isdisjoint(words):
        print(words)
        return
    from sage.misc.html import html
    from sage.repl.rich_output.pretty_print import pretty_print

    pretty_print(html(words))
