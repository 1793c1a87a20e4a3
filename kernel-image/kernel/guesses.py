"""Which control an argument's default value means, and SageMathCell's older functions that make controls; next: interacts.py."""

import itertools

from ipywidgets import Widget

from .choices import within, words
from .controls import Checkbox, ContinuousSlider, Control, DiscreteSlider, ExpressionBox, InputBox, Selector
from .grids import Button, ColorSelector, HtmlBox, InputGrid

GENERATED_MAX = 10_000
BUTTONS_MAX = 5


class WidgetControl(Control):
    """A widget of ipywidgets' or of Sage's, as it is."""

    def __init__(self, widget, label=None):
        super().__init__(label or getattr(widget, "description", "") or None)
        self.trait = "index" if hasattr(widget, "index") else "value"
        self._made = widget
        self.wire = self._plain(getattr(widget, self.trait, None))

    def make(self):
        return self._made

    def _plain(self, value):
        return list(value) if isinstance(value, tuple) else value

    def show(self, wire):
        setattr(self._made, self.trait, tuple(wire) if isinstance(getattr(self._made, self.trait), tuple) else wire)

    def set(self, wire):
        self.widget  # it is there before it is shown, and has the value
        super().set(wire)

    def place(self, value):
        if self.trait == "index":
            return list(dict(self._made._options_full).values()).index(value)
        return words(value) if isinstance(self.wire, str) else value

    def check(self, wire):
        return within(wire, self._made.options) if self.trait == "index" and not isinstance(wire, list) else wire

    @property
    def value(self):
        read = getattr(self._made, "get_interact_value", None)
        return read() if read else getattr(self._made, "value", None)

    def describe(self):
        widget, now = self._made, self.wire
        if self.trait == "index":
            labels = [words(label) for label in widget._options_labels]
            shape = {"values": len(labels), "value_labels": labels, "nrows": len(labels), "ncols": 1, "width": ""}
            return {"control_type": "selector", "subtype": "list", "default": now or 0, **shape}
        if isinstance(now, bool):
            return {"control_type": "checkbox", "default": now}
        if hasattr(widget, "min") and hasattr(widget, "max"):
            kind = "continuous_range" if isinstance(now, list) else "continuous"
            ends = {"range": [widget.min, widget.max], "step": getattr(widget, "step", None) or 1}
            return {"control_type": "slider", "subtype": kind, "default": now, "display_value": True, **ends}
        return InputBox(words(now)).describe()


def control_of(thing, label=None):
    """As SageMathCell takes it. Raises ValueError for what no control can be made of."""
    if isinstance(thing, Control):
        if label is not None:
            thing.label = label
        return thing
    if isinstance(thing, Widget):
        return WidgetControl(thing, label)
    if isinstance(thing, tuple) and len(thing) == 2 and isinstance(thing[0], str):
        return control_of(thing[1], thing[0])
    if isinstance(thing, str):
        return InputBox(thing, label)
    if isinstance(thing, bool):
        return Checkbox(thing, label)
    if isinstance(thing, tuple):
        return _from_tuple(thing, label)
    if isinstance(thing, (list, range)):
        return _from_list(list(thing), label)
    if hasattr(thing, "nrows") and hasattr(thing, "ncols") and hasattr(thing, "list"):
        return InputGrid(thing.nrows(), thing.ncols(), thing.list(), label=label, adapter=thing.parent())
    if is_vector(thing):
        parent = thing.parent()
        return InputGrid(1, len(thing), list(thing), label=label, adapter=lambda rows: parent(rows[0]))
    if type(thing).__name__ == "Color" and hasattr(thing, "html_color"):
        return ColorSelector(thing, label=label)
    if hasattr(thing, "__next__"):
        return DiscreteSlider(list(itertools.islice(thing, GENERATED_MAX)), label=label)
    return ExpressionBox(thing, label)


def is_vector(thing):
    from sage.structure.element import Vector

    return isinstance(thing, Vector)


def _from_tuple(thing, label):
    if len(thing) == 2 and isinstance(thing[1], (tuple, list, range)) or len(thing) == 2 and hasattr(thing[1], "__next__"):
        control = control_of(thing[1], label)
        control.set(control.place(thing[0]))
        return control
    if len(thing) == 2:
        return ContinuousSlider(thing, label=label)
    if len(thing) == 3:
        return DiscreteSlider(_range(*thing), label=label)
    return DiscreteSlider(thing, label=label)


def _from_list(values, label):
    if len(values) == 1:
        return Button(words(values[0]), values[0], values[0], label=label)
    return Selector(values, selector_type="button" if len(values) <= BUTTONS_MAX else "list", label=label)


def _range(low, high, step):
    from sage.arith.srange import srange

    return srange(low, high, step, include_endpoint=True)


# The older functions, by SageMathCell's rules. -------------------------------------------------------------------------------


def slider(vmin, vmax=None, step_size=None, default=None, label=None, display_value=True, _range_slider=False):
    how = {"default": default, "range_slider": _range_slider, "display_value": display_value, "label": label}
    if vmax is None:
        return DiscreteSlider(list(vmin), **how)
    if step_size is None:
        return ContinuousSlider((vmin, vmax), **how)
    return DiscreteSlider(_range(vmin, vmax, step_size), **how)


def range_slider(vmin, vmax=None, step_size=None, default=None, label=None, display_value=True):
    return slider(vmin, vmax, step_size, default, label, display_value, True)


def input_box(default=None, label=None, type=None, width=0, height=1, **more):
    default = "" if default is None else default
    if type is str:
        return InputBox(default, label, width, height)
    if type is bool:
        return Checkbox(default, label)
    if getattr(type, "__name__", "") == "Color":
        return ColorSelector(default or (0, 0, 0), label=label)
    return ExpressionBox(default if default != "" else "0", label, width, height, adapter=type)


def input_grid(nrows, ncols, default="0", label=None, to_value=None, width=4):
    return InputGrid(nrows, ncols, "0" if default is None else default, width, label, adapter=to_value)


def selector(values, label=None, default=None, nrows=None, ncols=None, width="", buttons=False):
    kind = "button" if buttons or nrows or ncols else "list"
    return Selector(values, default, kind, nrows, ncols, width, label)


def checkbox(default=True, label=None):
    return Checkbox(default, label)


def color_selector(default=(0, 0, 1), label=None, widget=None, hide_box=False):
    return ColorSelector(default, hide_box, label=label)


def text_control(value=""):
    return HtmlBox(value)


OLDER = (slider, range_slider, input_box, input_grid, selector, checkbox, color_selector, text_control)


def sages_widget(thing):
    """By Sage's own rules, for front ends that show widgets."""
    from sage.repl.ipython_kernel.interact import sage_interactive

    return sage_interactive.widget_from_abbrev(thing)


def sages_control(thing, label=None):
    """A control as Sage's own interact understands the value."""
    if isinstance(thing, (Control, Widget)):
        return control_of(thing, label)
    widget = sages_widget(thing)
    if widget is None:
        raise ValueError("%r describes no control" % (thing,))
    return WidgetControl(widget, label)


