"""Errors as people read them: the lines of their own source, short, coloured like IPython's; next: lean.py.

Both ways of running a cell end here, so an error looks the same in a one-shot computation and in a session.
"""

import linecache
import os
import sys
import traceback

RED, GREEN, CYAN, BOLD, OFF = "\x1b[31m", "\x1b[32m", "\x1b[36m", "\x1b[1m", "\x1b[0m"
FRAMES_MAX = 24
CONTEXT = 2
CHAIN_MAX = 4
TEXT_MAX = 20000
LINE_MAX = 300
HERE = os.path.dirname(os.path.abspath(__file__))
HIDDEN = (HERE, os.sep + "IPython" + os.sep)


class CpuTimeExceeded(BaseException):
    """Raised in the user's code by SIGXCPU."""


class Sources:
    """The user's own text of each cell by the file name it was compiled under; what Sage's preparser made of it is not shown."""

    def __init__(self):
        self._cells = {}

    def add(self, filename, source, number):
        lines = source.splitlines(True)
        self._cells[filename] = (number, [line.rstrip("\n") for line in lines])
        linecache.cache[filename] = (len(source), None, lines, filename)

    def cell(self, filename):
        return self._cells.get(filename)


def _clip(text, limit=TEXT_MAX):
    return text if len(text) <= limit else text[:limit] + " ... (%d characters in all)" % len(text)


def words(value):
    """str() of an exception that may itself raise."""
    try:
        return _clip(str(value))
    except BaseException as error:  # a user's __str__ may do anything
        return "<unprintable: %s>" % type(error).__name__


def _cell_lines(lines, at):
    shown = []
    for number in range(max(1, at - CONTEXT), min(len(lines), at + CONTEXT) + 1):
        text = _clip(lines[number - 1], LINE_MAX)
        if number == at:
            shown.append("%s%s %d%s %s" % (GREEN + BOLD, "-" * max(1, 5 - len(str(number))) + ">", number, OFF, text))
        else:
            shown.append("%s%8d%s %s" % (GREEN, number, OFF, text))
    return shown


def _frame(frame, line, sources):
    code = frame.f_code
    name = "" if code.co_name == "<module>" else ", in %s%s%s" % (CYAN, code.co_qualname, OFF)
    cell = sources.cell(code.co_filename)
    if cell:
        head = "%sCell In[%d], line %d%s%s" % (GREEN, cell[0], line, OFF, name)
        return "\n".join([head, *_cell_lines(cell[1], line)])
    head = "%sFile %s:%d%s%s" % (GREEN, code.co_filename, line, OFF, name)
    text = linecache.getline(code.co_filename, line).strip() if code.co_filename.endswith(".py") else ""
    return head + ("\n----> %s" % _clip(text, LINE_MAX) if text else "")


def _frames(trace, sources):
    steps = []
    while trace is not None and len(steps) < 100000:
        filename = trace.tb_frame.f_code.co_filename
        if not filename.startswith(HERE) and HIDDEN[1] not in filename:
            steps.append((trace.tb_frame, trace.tb_lineno))
        trace = trace.tb_next
    if len(steps) > FRAMES_MAX:
        half = FRAMES_MAX // 2
        skipped = "[... %d frames left out ...]" % (len(steps) - 2 * half)
        return [_frame(f, n, sources) for f, n in steps[:half]] + [skipped] + [_frame(f, n, sources) for f, n in steps[-half:]]
    return [_frame(f, n, sources) for f, n in steps]


def _last_line(etype, value):
    text = words(value)
    notes = [str(note) for note in getattr(value, "__notes__", None) or []]
    return "\n".join(["%s%s%s%s" % (RED, etype.__name__, OFF, ": " + text if text else ""), *notes])


def _syntax_error(value, sources):
    cell = sources.cell(value.filename)
    number = value.lineno or 1
    if cell is None:
        return ["".join(traceback.format_exception_only(type(value), value)).rstrip()]
    lines = cell[1]
    text = lines[number - 1] if 0 < number <= len(lines) else ""
    shown = ["  %sCell In[%d], line %d%s" % (GREEN, cell[0], number, OFF), "    " + _clip(text, LINE_MAX)]
    column = _column_in_source(value, lines, text, number)
    if column is not None and column <= LINE_MAX:
        shown.append("    " + " " * column + "^")
    return ["\n".join(shown), "%s%s%s: %s" % (RED, type(value).__name__, OFF, value.msg)]


def _column_in_source(value, lines, text, number):
    """The caret counts in what the preparser made; it is shown only where the user's own text has the same mistake."""
    if value.text is not None and value.text.rstrip("\n") == text:
        return max(0, (value.offset or 1) - 1)
    try:
        compile("\n".join(lines), "<cell>", "exec")
    except SyntaxError as own:
        if own.lineno == number and own.offset:
            return own.offset - 1
    except ValueError:
        pass
    return None


def describe(value, sources):
    """ename, evalue and the traceback as a list of strings with ANSI colours."""
    etype = type(value)
    if isinstance(value, SyntaxError) and (value.__traceback__ is None or sources.cell(value.filename)):
        return {"ename": etype.__name__, "evalue": words(value), "traceback": _syntax_error(value, sources)}
    parts = ["%s%s%s" % (RED, "-" * 75, OFF)]
    chain = []
    error = value
    while error is not None and len(chain) < CHAIN_MAX:
        chain.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    for at, error in enumerate(reversed(chain)):
        if at:
            caused = error.__cause__ is not None
            parts.append(
                "\nThe above exception was the direct cause of the following exception:\n"
                if caused
                else "\nDuring handling of the above exception, another exception occurred:\n"
            )
        name = type(error).__name__
        parts.append("%s%s%s%s" % (RED, name, OFF, "Traceback (most recent call last)".rjust(max(34, 75 - len(name)))))
        parts += _frames(error.__traceback__, sources)
        parts.append(_last_line(type(error), error))
    return {"ename": etype.__name__, "evalue": words(value), "traceback": parts}


def describe_safely(value, sources):
    """describe(), also where memory or the stack is at its end."""
    try:
        return describe(value, sources)
    except BaseException as error:
        name = type(value).__name__
        sys.last_value = None
        return {"ename": name, "evalue": words(value), "traceback": ["%s (its traceback could not be made: %s)" % (name, type(error).__name__)]}
