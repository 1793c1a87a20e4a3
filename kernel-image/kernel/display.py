"""A value as Jupyter's MIME bundle: what Sage, IPython's protocol and plain Python know of it; next: pictures.py.

The lean path and the full shell both display through here.
"""

import base64

LATEX_SOURCE_MAX = 20000  # longer text is not worth its LaTeX
_plain_types = (int, float, complex, str, bytes, bool)
_containers = (list, tuple, dict, set, frozenset)


def view(objects, title="", *, sep="", **options):
    """Sage's `view` for a page: typeset by the page instead of by a LaTeX that would have to be installed. Lists one by one."""
    from sage.repl.rich_output.pretty_print import pretty_print

    for one in objects if isinstance(objects, (list, tuple)) else [objects]:
        pretty_print(one)


class Formatter:
    """`format(value)` gives (data, metadata); ({}, {}) if the value displayed itself. Made once, before the fork."""

    def __init__(self):
        from sage.misc.latex import latex
        from sage.repl.display.pretty_print import SagePrettyPrinter
        from sage.structure.element import Element, Matrix
        from sage.structure.sage_object import SageObject

        self._latex, self._printer = latex, SagePrettyPrinter
        self._sage_object, self._element, self._matrix = SageObject, Element, Matrix
        self._rich_plain = getattr(SageObject, "_rich_repr_", None)
        self._generic_latex = getattr(SageObject, "_repr_latex_", None)

    def format(self, value):
        kind = type(value)
        if isinstance(value, self._sage_object):
            if getattr(kind, "_rich_repr_", self._rich_plain) is not self._rich_plain:
                bundle = self._rich(value)
                if bundle is not None:
                    return bundle
            if isinstance(value, self._element) and not isinstance(value, self._matrix):
                data = {"text/plain": repr(value)}
            else:
                data = {"text/plain": self.pretty(value)}
            self._add_latex(value, data)
            return data, {}
        if kind in _plain_types or value is None:
            return {"text/plain": self.pretty(value) if kind is str else repr(value)}, {}
        if kind in _containers:
            data = {"text/plain": self.pretty(value)}
            if self._all_latex(value):
                self._add_latex(value, data)
            return data, {}
        return self._foreign(value)

    def pretty(self, value):
        """text/plain as Sage's own prompt shows it: matrices in a list side by side, and so on."""
        import io

        stream = io.StringIO()
        printer = self._printer(stream, 79, "\n")
        printer.pretty(value)
        printer.flush()
        return stream.getvalue()

    def _add_latex(self, value, data):
        if len(data["text/plain"]) > LATEX_SOURCE_MAX or not hasattr(value, "_latex_") and not isinstance(value, _containers):
            return
        try:
            text = str(self._latex(value))
        except Exception:  # many objects have a _latex_ that gives up
            return
        if text and len(text) <= 4 * LATEX_SOURCE_MAX:
            data["text/latex"] = "$\\displaystyle %s$" % text

    def _all_latex(self, value):
        if len(value) == 0 or len(value) > 1000:
            return False
        items = [*value.keys(), *value.values()] if type(value) is dict else value
        for item in items:
            if type(item) in (list, tuple, set):
                if not self._all_latex(item):
                    return False
            elif type(item) not in (int, float) and not hasattr(item, "_latex_"):
                return False
        return True

    def _rich(self, value):
        from . import pictures

        return pictures.rich_bundle(value, self)

    def _foreign(self, value):
        """IPython's protocol: _ipython_display_, _repr_mimebundle_, _repr_*_; figures and pictures know how as well."""
        if isinstance(value, type):
            return {"text/plain": self.pretty(value)}, {}
        own = _method(value, "_ipython_display_")
        if own is not None:
            own()
            return {}, {}
        data, metadata = {}, {}
        bundle = _method(value, "_repr_mimebundle_")
        if bundle is not None:
            made = bundle(include=None, exclude=None)
            if isinstance(made, tuple):
                made, more = made
                metadata.update(more or {})
            data.update(made or {})
        for mime, name in REPRESENTATIONS:
            method = _method(value, name) if mime not in data else None
            if method is not None:
                self._represent(mime, method, data, metadata)
        if not data:
            from . import pictures

            pictures.add_figure(value, data, metadata)
        if "text/plain" not in data:
            data["text/plain"] = self.pretty(value)
        return {mime: _json_safe(mime, payload) for mime, payload in data.items()}, metadata

    def _represent(self, mime, method, data, metadata):
        try:
            made = method()
        except NotImplementedError:
            return
        if made is None:
            return
        if isinstance(made, tuple) and len(made) == 2:
            made, metadata[mime] = made
        data[mime] = made


REPRESENTATIONS = (
    ("text/html", "_repr_html_"),
    ("text/markdown", "_repr_markdown_"),
    ("image/svg+xml", "_repr_svg_"),
    ("image/png", "_repr_png_"),
    ("application/pdf", "_repr_pdf_"),
    ("image/jpeg", "_repr_jpeg_"),
    ("text/latex", "_repr_latex_"),
    ("application/json", "_repr_json_"),
    ("application/javascript", "_repr_javascript_"),
)


def _method(value, name):
    try:
        method = getattr(value, name, None)
    except Exception:
        return None
    # An object that has every attribute one asks for has none of them.
    if method is None or not callable(method) or hasattr(value, "_no_such_display_method_"):
        return None
    return method


def _json_safe(mime, payload):
    if isinstance(payload, (bytes, bytearray)):
        if mime.startswith("text/") or mime in ("image/svg+xml", "application/javascript"):
            return bytes(payload).decode("utf-8", "replace")
        return base64.b64encode(payload).decode("ascii")
    return payload
