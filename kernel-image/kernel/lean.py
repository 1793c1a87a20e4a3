"""The short way of a one-shot cell: preparse, compile, run, display the last expression; next: shell.py (the long way).

The results are those of the full shell, at half its cost; what only the shell can do (magics, `?`, `!`, await) is recognised
by its looks and sent there. A cell taken for one that needs the shell is merely dearer.
"""

import ast
import re
import sys

from . import publish
from .tracebacks import describe_safely

NEEDS_SHELL = re.compile(
    r"^[ \t]*[%!?,/;]|\?[ \t]*$|=[ \t]*[%!]|\bget_ipython\b|\bawait\b|\basync\b|^[ \t]*(sage:|>>>|In \[)|\b(interact|widgets|dynamic|dynamic_expression)\b"
    r"|^[ \t]*(load|attach)[ \t]+[^=(.\s]|\b(exit|quit)\b",
    re.MULTILINE,
)
FILENAME = "<cell 1>"


def suits(code):
    return NEEDS_SHELL.search(code) is None


class Lean:
    """Made before the fork with all it will need; `run` in the child."""

    def __init__(self, namespace, formatter, sources, preparse):
        self._namespace, self._formatter, self._sources, self._preparse = namespace, formatter, sources, preparse

    def run(self, code, language):
        """Runs a cell and sends its outputs. Returns None, or what ended it."""
        self._sources.add(FILENAME, code, 1)
        value, error = None, None
        try:
            value = self._evaluate(code, language)
            if value is not None:
                self._display(value)
        except BaseException as ended:
            error = ended
        # Figures that are left open belong to the cell also when it failed, like in Jupyter.
        try:
            if "matplotlib.pyplot" in sys.modules:
                _show_figures()
        except BaseException as ended:
            error = error or ended
        return error

    def _evaluate(self, code, language):
        text = self._preparse(code) if language == "sage" else code
        tree = compile(text, FILENAME, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
        last = None
        if tree.body and isinstance(tree.body[-1], ast.Expr):
            last = tree.body.pop()
        if tree.body:
            exec(compile(tree, FILENAME, "exec", dont_inherit=True), self._namespace)
        if last is None:
            return None
        value = eval(compile(ast.Expression(last.value), FILENAME, "eval", dont_inherit=True), self._namespace)
        return None if _is_quiet(code) else value

    def _display(self, value):
        data, metadata = self._formatter.format(value)
        if data:
            self._namespace["_"] = value
            content = {"execution_count": 1, "data": data, "metadata": metadata}
            publish.channel().message("execute_result", content, hold=True)

    def describe(self, error):
        return describe_safely(error, self._sources)


def _is_quiet(code):
    """A semicolon at the end says: do not show."""
    return code.rstrip().endswith(";")


def _show_figures():
    from matplotlib._pylab_helpers import Gcf

    if Gcf.figs:
        from .pictures import show_open_figures

        show_open_figures()
