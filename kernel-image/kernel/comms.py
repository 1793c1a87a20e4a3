"""Widgets and interacts: comms over the child's own line, and what their functions print put where it belongs; next: shell.py.

A comm's messages leave as comm_open, comm_msg and comm_close; the page's come in as requests (requests.py). What runs inside
`with Output():` of a session is kept in that widget's state, so that any front end that shows widgets shows it; in a one-shot cell,
where no widget will ever be asked again, it is ordinary output. Binary buffers travel as base64 in `content.buffers`. Data too big
for one message (a scene in a widget's output) travels in pieces: {"method": "piece", "piece": 1, "pieces": 3, "text": its JSON cut}.
"""

import base64
import json
import numbers
from contextlib import contextmanager

import comm
from comm.base_comm import BaseComm
from ipywidgets.widgets.widget import Widget
from ipywidgets.widgets.widget_output import Output

from . import publish

COMMS_MAX = 5000
PIECE_CHARS = 100_000  # JSON in JSON: at worst every character is escaped once more
_lasting = False


def plain(value):
    """In a Sage cell 5 and 0.5 are numbers of Sage's."""
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value)
    raise TypeError("a comm carries JSON, and %s is none" % type(value).__name__)


class PageComm(BaseComm):
    def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **keys):
        text = json.dumps({} if data is None else data, default=plain)
        content = {"comm_id": self.comm_id, "data": json.loads(text)}
        if msg_type == "comm_open":
            content.update(target_name=self.target_name, target_module=keys.get("target_module"))
            if len(comm.get_comm_manager().comms) > COMMS_MAX:
                raise RuntimeError("more than %d comms are open" % COMMS_MAX)
        if buffers:
            content["buffers"] = [base64.b64encode(buffer).decode("ascii") for buffer in buffers]
        if len(text) <= PIECE_CHARS:
            publish.send(msg_type, content, metadata)
        else:
            _send_pieces(text, msg_type, content, metadata)


def _send_pieces(text, msg_type, content, metadata):
    pieces = [text[at : at + PIECE_CHARS] for at in range(0, len(text), PIECE_CHARS)]
    for number, piece in enumerate(pieces, 1):
        data = {"method": "piece", "piece": number, "pieces": len(pieces), "text": piece}
        publish.send(msg_type, dict(content, data=data), metadata)


def send_whole(msg_type, content, metadata):
    """An output that may be made between two computations, where nobody takes a file: one too big for a message is the data of the
    comm `output`, {"msg_type", "content", "metadata"}, in pieces."""
    if publish.takes_files():
        publish.send(msg_type, content, metadata)
        return
    text = json.dumps({"msg_type": msg_type, "content": content, "metadata": metadata}, default=plain)
    if len(text) <= PIECE_CHARS:
        publish.send(msg_type, content, metadata)
    else:
        _send_pieces(text, "comm_msg", {"comm_id": "output"}, metadata)


@contextmanager
def errors_shown():
    """Figures that are left open, and an error, belong to the output; only an interrupt goes further."""
    from .pictures import show_open_figures

    try:
        yield
    except Exception as error:
        from IPython.core.getipython import get_ipython

        get_ipython().showtraceback((type(error), error, error.__traceback__))
    show_open_figures()


class Capture:
    """The outputs of one `with Output():`, as Jupyter's notebook format has them."""

    def __init__(self, widget):
        self.widget = widget
        self.outputs = list(widget.outputs)
        self._clear = False

    def _begin(self):
        if self._clear:
            self.outputs, self._clear = [], False

    def text(self, name, text):
        self._begin()
        last = self.outputs[-1] if self.outputs else {}
        if last.get("output_type") == "stream" and last["name"] == name:
            self.outputs[-1] = dict(last, text=last["text"] + text)
        else:
            self.outputs.append({"output_type": "stream", "name": name, "text": text})

    def message(self, msg_type, content):
        """False for what is no output."""
        if msg_type == "clear_output":
            self._clear = True
            if not content["wait"]:
                self._begin()
        elif msg_type == "display_data":
            self._begin()
            self.outputs.append({"output_type": msg_type, "data": content["data"], "metadata": content["metadata"]})
        elif msg_type == "error":
            self._begin()
            self.outputs.append(dict(content, output_type=msg_type))
        else:
            return False
        return True

    def close(self):
        self._begin()
        self.widget.outputs = tuple(self.outputs)


def _enter(widget):
    if _lasting:
        publish.captures.append(Capture(widget))
    return widget


def _exit(widget, etype, error, trace):
    from .pictures import show_open_figures

    show_open_figures()
    if error is not None and isinstance(error, Exception):
        from IPython.core.getipython import get_ipython

        get_ipython().showtraceback((etype, error, trace))
    if publish.captures and publish.captures[-1].widget is widget:
        publish.captures.pop().close()
    return isinstance(error, Exception)


def last():
    """This child is a session's: its widgets will be asked again."""
    global _lasting
    _lasting = True


def left_behind():
    """Is there anything that a reader could move, or the page could speak to?"""
    from . import interacts

    return bool(comm.get_comm_manager().comms) or interacts.any_open()


def install(namespace):
    """Once, before the fork."""
    from sage.plot.colors import Color
    from sage.repl.ipython_kernel import widgets, widgets_sagenb

    from .interact_names import names

    # Their own lazy import of it is resolved to nothing in a child.
    widgets.Color = widgets_sagenb.Color = Color
    comm.create_comm = PageComm
    manager = comm.get_comm_manager()
    manager.register_target("jupyter.widget", Widget.handle_comm_opened)
    manager.register_target("jupyter.widget.control", Widget.handle_control_comm_opened)
    Output.__enter__, Output.__exit__ = _enter, _exit
    namespace.update(names())


def answer(msg_type, content):
    """What the page says to a comm. Returns the reply's content."""
    manager = comm.get_comm_manager()
    if msg_type == "comm_info_request":
        wanted = content.get("target_name")
        found = {key: {"target_name": one.target_name} for key, one in manager.comms.items() if wanted in (None, one.target_name)}
        return {"status": "ok", "comms": found}
    if msg_type != "comm_open" and manager.comms.get(content.get("comm_id")) is None:
        return {"status": "error", "ename": "KeyError", "evalue": "there is no such comm", "traceback": []}
    buffers = [base64.b64decode(text) for text in content.get("buffers", [])]
    getattr(manager, msg_type)(None, None, {"content": content, "metadata": {}, "buffers": buffers})
    return {"status": "ok"}
