"""Languages beside Sage's and Python's, evaluated by Sage's interfaces to them; next: gap_language.py."""

import importlib.util
import re
import shutil

from . import publish

# What must be there, beside Sage's interface; Sage brings the others itself.
PROGRAMS = {"gap": None, "gp": None, "maxima": None, "singular": None, "r": "R", "octave": "octave-cli", "macaulay2": "M2"}
NAMES = {"gap": "GAP", "gp": "GP", "maxima": "Maxima", "singular": "Singular", "r": "R", "octave": "Octave", "macaulay2": "Macaulay2"}
ALL = {"sage", "python", "html", *PROGRAMS}


class LanguageMissing(RuntimeError):
    """The program of a language is not installed."""


def run(code, language):
    """Shows what the code prints. Returns None, or what ended it."""
    try:
        if language == "html":
            publish.display_data({"text/html": code, "text/plain": code})
        elif language == "gap":
            return _run_gap(code)
        else:
            text = interface(language).eval(in_one_line(code) if language == "gp" else code)
            if text.strip():
                print(text.strip("\n"))
    except BaseException as ended:
        return ended
    return None


def _run_gap(code):
    from .gap_language import evaluate

    text, error = evaluate(code)
    if text:
        print(text.rstrip("\n"))
    return error


def in_one_line(code):
    """GP is given line by line: what stands in braces is one of them."""
    return re.sub(r"\{[^{}]*\}", lambda group: group[0].replace("\n", " "), code)


def interface(language):
    """Sage's own object for it: cells in Sage's language see what cells in this one did (what GAP's did, in `libgap`)."""
    program = PROGRAMS[language]
    if (program and shutil.which(program) is None) or (language == "r" and importlib.util.find_spec("rpy2") is None):
        raise LanguageMissing("%s is not installed on this server" % NAMES[language])
    import sage.all

    return getattr(sage.all, language)
