"""How an interact is shown: to clients of SageMathCell's in its own messages, to all others as widgets; next: requests.py (who asks).

In SageMathCell's messages what the function prints is ordinary output that is marked with the interact's id, as it is made. As
widgets it is the state of an Output, as in Sage's own interacts.
"""

import json
import time
from contextlib import contextmanager

from ipywidgets import widgets

from . import comms, publish

TEXT_CHARS = 8192
TEXT_HOLD_S = 0.1
FULL_WIDTH = 12
_style = "sage"


def use_style(name):
    """`sage`, `sagecell` or `sagecellWidgets`: what this child's client takes, and by whose rules a default value is a control."""
    global _style
    _style = name


def style():
    return _style


def is_sagecell():
    """Do SageMathCell's rules hold?"""
    return _style != "sage"


def face(interact):
    return Messages(interact) if _style == "sagecell" else Widgets(interact)


def display(value):
    from IPython.display import display as show

    show(value)


def rows(interact):
    """[[(name, width of 12), ...], ...], `_output` among them where the interact has a place for output."""
    layout, names = interact.options["layout"], list(interact.controls)
    elsewhere = set(interact.options["locations"] or {})
    if isinstance(layout, dict):
        top, bottom = list(layout.get("top", [])), list(layout.get("bottom", []))
        sides = [[name for row in layout.get(side, []) for name in _listed(row)] for side in ("left", "right")]
        found = [*top, [*sides[0], ("_output", FULL_WIDTH // 2), *sides[1]] if any(sides) else ["_output"], *bottom]
    else:
        found = list(layout) if layout else [[name] for name in names if name not in elsewhere]
    found = [[_sized(one, row) for one in row] for row in map(_listed, found)]
    placed = {name for row in found for name, _ in row}
    found[len(found) :] = [[(name, FULL_WIDTH)] for name in names if name not in placed | elsewhere and layout]
    if "_output" not in placed | elsewhere and interact.options["output"]:
        found.append([("_output", FULL_WIDTH)])
    return [kept for row in found if (kept := [one for one in row if one[0] in interact.controls or _is_output(one, interact)])]


def _listed(row):
    return [row] if isinstance(row, str) else list(row)


def _sized(one, row):
    return (one, FULL_WIDTH // len(row)) if isinstance(one, str) else (one[0], int(one[1]))


def _is_output(one, interact):
    return one[0] == "_output" and interact.options["output"]


class Messages:
    """SageMathCell's."""

    def __init__(self, interact):
        self._interact = interact

    def show(self):
        made, options = self._interact, self._interact.options
        hidden = options["locations"]
        described = {name: control.described(made.label(name)) for name, control in made.controls.items()}
        self._tell(
            "application/sage-interact",
            {
                "new_interact_id": made.id,
                "controls": described,
                "layout": rows(made),
                "locations": dict(hidden) if hidden else None,
                "readonly": bool(options["readonly"]),
            },
            "Sage Interact",
        )

    def _tell(self, mime, content, plain=""):
        # Sage's numbers among a control's are JSON's here.
        safe = json.loads(json.dumps(content, default=comms.plain))
        publish.display_data({mime: safe, "text/plain": plain})

    def _tell_of(self, what, **content):
        self._tell("application/sage-interact-" + what, dict(content, interact_id=self._interact.id))

    def moved(self, name):
        self._tell_of("update", control=name, value=self._interact.controls[name].wire)

    def added(self, name):
        self._tell_of("new-control", name=name, control=self._interact.controls[name].described(self._interact.label(name)))

    def removed(self, name):
        self._tell_of("del-control", name=name)

    def bookmark(self, name, values):
        self._tell_of("bookmark", name=name, values=values)

    @contextmanager
    def output(self, changed):
        if not self._interact.options["output"]:
            yield
            return
        marked = Marked(self._interact.id)
        publish.captures.append(marked)
        try:
            self._tell("application/sage-clear", {"changed": changed})
            with comms.errors_shown():
                yield
        finally:
            publish.captures.remove(marked)
            marked.close()


class Marked:
    """Takes output and sends it on with the interact's id."""

    widget = None

    def __init__(self, interact_id):
        self._metadata = {"interact_id": interact_id}
        self._name, self._texts, self._chars, self._since = None, [], 0, 0.0

    def text(self, name, text):
        if name != self._name:
            self.close()
            self._name, self._since = name, time.monotonic()
        self._texts.append(text)
        self._chars += len(text)
        if self._chars >= TEXT_CHARS or time.monotonic() - self._since > TEXT_HOLD_S:
            self.close()

    def message(self, msg_type, content):
        self.close()
        comms.send_whole(msg_type, content, self._metadata)
        return True

    def close(self):
        """What is held leaves."""
        text, name = "".join(self._texts), self._name
        self._name, self._texts, self._chars = None, [], 0
        for at in range(0, len(text), TEXT_CHARS):
            publish.send("stream", {"name": name, "text": text[at : at + TEXT_CHARS]}, self._metadata)


class Widgets:
    """Those of Jupyter's."""

    def __init__(self, interact):
        self._interact = interact
        self._output, self._box = widgets.Output(), widgets.VBox()
        self._ran = False

    def show(self):
        self._arrange()
        display(self._box)

    def _arrange(self):
        self._box.children = [self._row(row) for row in rows(self._interact)]

    def _row(self, row):
        parts = [self._output if name == "_output" else self._widget(name) for name, _ in row]
        return parts[0] if len(parts) == 1 else widgets.HBox(parts)

    def _widget(self, name):
        control = self._interact.controls[name]
        control.label = self._interact.label(name)
        widget = control.widget
        if self._interact.options["readonly"]:
            for one in (widget, *getattr(control, "parts", ())):
                one.disabled = True
        if isinstance(widget, (widgets.Button, widgets.HTML)) or not control.label:
            return widget
        if control.named:
            return widget
        if isinstance(widget, widgets.Box):
            return widgets.VBox([widgets.Label(value=control.label), widget])
        if not widget.description:
            widget.description = control.label
        return widget

    def moved(self, name):
        """Its widget says so itself."""

    def added(self, _name):
        self._arrange()

    def removed(self, _name):
        self._arrange()

    def bookmark(self, _name, _values):
        """Only clients of SageMathCell's have a place for them."""

    @contextmanager
    def output(self, _changed):
        if not self._interact.options["output"]:
            yield
            return
        with self._output:
            if self._ran:
                publish.clear_output(wait=True)
            self._ran = True
            yield
