"""`new_stream` for user code: blocks of text, HTML, pictures and tables that nest, sent as they grow; next: shell.py.

    log = new_stream("text", title="Log")        # each call opens a new block
    print("begun", file=log)
    table = new_stream("table")
    table.row("n", "n^2", header=True)           # a row with cells of text
    row = table.row()
    row.cell("2").write("!")                     # a cell is a text stream
    row.cell().new_stream("html").write("<b>4</b>")

Each step is one message of type `extension`: {"extension": "formatting", "formatting": {"block": id, "action": "open", "kind":
text | html | image | table | row | cell, "parent": id or null, "title", "header"}} or {"block": id, "action": "append", "text"}
(a picture: "data" and "metadata", a MIME bundle). Ids count from 1 in each computation.
"""

import io
import itertools

from . import publish

KINDS = ("text", "html", "image", "table")
_ids = itertools.count(1)


def _send(formatting):
    publish.message("extension", {"extension": "formatting", "formatting": formatting})


class _Block:
    def __init__(self, kind, parent=None, title="", header=False):
        self._id = "b%d" % next(_ids)
        opened = {"block": self._id, "action": "open", "kind": kind, "parent": parent}
        if title:
            opened["title"] = str(title)
        if header:
            opened["header"] = True
        _send(opened)

    def _append(self, **what):
        _send({"block": self._id, "action": "append", **what})


class _Text(_Block, io.TextIOBase):
    """A stream that print(file=…) can write to."""

    def __init__(self, kind, **how):
        io.TextIOBase.__init__(self)
        _Block.__init__(self, kind, **how)

    def write(self, text):
        text = str(text)
        if text:
            self._append(text=text)
        return len(text)

    def writable(self):
        return True


class _Cell(_Text):
    def new_stream(self, kind, title=""):
        """A block inside this cell."""
        return _open(kind, title, self._id)


class _Image(_Block):
    def show(self, value):
        """Anything that has a picture: a plot, a figure, an image, bytes of a PNG."""
        import base64

        if isinstance(value, bytes):
            data = {"image/png": base64.b64encode(value).decode("ascii"), "text/plain": "a picture"}
        else:
            data, _ = _formatter().format(value)
        if not any(mime.startswith("image/") for mime in data):
            raise TypeError("a value of type %s has no picture" % type(value).__name__)
        content, metadata = {"data": data}, {}
        channel = publish.channel()
        if channel is not None:
            content, metadata = channel.within_bounds(content, metadata)
        self._append(data=content["data"], metadata=metadata)

    write = show


class _Row(_Block):
    def cell(self, text="", header=False):
        cell = _Cell("cell", parent=self._id, header=header)
        cell.write(text)
        return cell


class _Table(_Block):
    def row(self, *texts, header=False):
        """A row, with a cell for each text."""
        row = _Row("row", parent=self._id, header=header)
        for text in texts:
            row.cell(text)
        return row


def _formatter():
    from IPython.core.getipython import get_ipython

    return get_ipython().display_formatter


def _open(kind, title, parent):
    if kind not in KINDS:
        raise ValueError("new_stream() knows %s, not %r" % (", ".join(KINDS), kind))
    made = {"text": _Text, "html": _Text, "image": _Image, "table": _Table}[kind]
    return made(kind, parent=parent, title=title)


def new_stream(kind="text", title=""):
    """Opens a new block of output: "text", "html", "image" or "table"."""
    return _open(kind, title, None)
