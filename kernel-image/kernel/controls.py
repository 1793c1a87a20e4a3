"""The controls of SageMathCell's interacts: how each goes over the wire, its widget, and the value that it gives; next: choices.py.

A control stands somewhere, in JSON (`wire`: an index, a number, a text, lists of them). Clients of SageMathCell's draw it from
`describe()`; every other front end shows its `widget`. Whoever moves it, `moved` is called when a reader did.
"""

from ipywidgets import widgets

from .choices import evaluate, index_of, labelled, nearest, number, pair, table, within, words


class Control:
    """`place(value)` and `check(wire)` give a wire value or raise ValueError; `value` is what the function gets."""

    trait = "value"
    lazy = False  # set by its interact: moving it alone runs nothing
    pulse = False  # its value is there for one run only
    named = False  # its widget says its label itself

    def __init__(self, label=None):
        self.label, self.wire, self.moved = label, None, None
        self._widget, self._showing = None, False

    @property
    def widget(self):
        if self._widget is None:
            self._widget = self.make()
            if self.trait:
                self._widget.observe(self._heard, self.trait)
        return self._widget

    def _heard(self, change):
        if not self._showing:
            new = change["new"]
            self.take(list(new) if isinstance(new, tuple) else new)

    def take(self, wire):
        """A reader moved the widget."""
        self.wire = wire
        if self.moved:
            self.moved(self)

    def set(self, wire):
        """The code or a client says where it stands."""
        self.wire = wire
        if self._widget is not None:
            self._showing = True
            try:
                self.show(wire)
            finally:
                self._showing = False

    def show(self, wire):
        setattr(self._widget, self.trait, wire)

    def place(self, value):
        return self.check(value)

    def check(self, wire):
        return wire

    @property
    def value(self):
        return self.wire

    def reset(self):
        """After a run."""

    def described(self, label):
        return dict(self.describe(), label=label, raw=True, update=not self.lazy)


class Checkbox(Control):
    def __init__(self, default=True, label=None, raw=True):
        super().__init__(label)
        self.wire = bool(default)

    def make(self):
        return widgets.Checkbox(value=self.wire)

    def check(self, wire):
        return bool(wire)

    def describe(self):
        return {"control_type": "checkbox", "default": self.wire}


class InputBox(Control):
    """A text; `adapter` makes the value of it."""

    expression = False

    def __init__(self, default="", label=None, width=0, height=1, keypress=False, adapter=None):
        super().__init__(label)
        self.wire = words(default)
        self._width, self._height, self._keypress, self._adapter = width, int(height), keypress, adapter

    def make(self):
        kind = widgets.Textarea if self._height > 1 else widgets.Text
        return kind(value=self.wire, continuous_update=bool(self._keypress))

    def check(self, wire):
        return words(wire)

    @property
    def value(self):
        value = evaluate(self.wire) if self.expression else self.wire
        return self._adapter(value) if self._adapter else value

    def describe(self):
        area = self._height > 1
        return {
            "control_type": "input_box",
            "subtype": "textarea" if area else "input",
            "default": self.wire,
            "width": int(self._width or (60 if area else 30)),
            "height": self._height,
            "evaluate": self.expression,
            "keypress": bool(self._keypress),
        }


class ExpressionBox(InputBox):
    """Its text is an expression of Sage's."""

    expression = True

    def __init__(self, default="0", label=None, width=0, height=1, adapter=None):
        super().__init__(default, label, width, height, adapter=adapter)


class Selector(Control):
    """One of some values, or of (value, label) pairs."""

    trait = "index"

    def __init__(self, values, default=None, selector_type="list", nrows=None, ncols=None, width="", label=None):
        super().__init__(label)
        self.values, self.labels = labelled(values)
        if selector_type not in ("list", "radio", "button"):
            raise ValueError("selector_type is 'list', 'radio' or 'button', not %r" % (selector_type,))
        self._kind, self._width = selector_type, width or ""
        self._rows, self._columns = table(len(self.values), nrows, ncols, selector_type == "button")
        self.wire = 0 if default is None else self.place(default)

    def make(self):
        kinds = {"list": widgets.Dropdown, "radio": widgets.RadioButtons, "button": widgets.ToggleButtons}
        return kinds[self._kind](options=[(label, at) for at, label in enumerate(self.labels)], index=self.wire)

    def place(self, value):
        return index_of(value, self.values)

    def check(self, wire):
        return within(wire, self.values)

    @property
    def value(self):
        return self.values[self.wire]

    def describe(self):
        return {
            "control_type": "selector",
            "subtype": self._kind,
            "values": len(self.values),
            "value_labels": self.labels,
            "default": self.wire,
            "nrows": self._rows,
            "ncols": self._columns,
            "width": self._width,
        }


class DiscreteSlider(Control):
    """Along a list of values; with `range_slider` from one of them to another."""

    trait = "index"

    def __init__(self, values=(0, 1), default=None, range_slider=False, display_value=True, label=None):
        super().__init__(label)
        self.values, self.labels = list(values), [words(value) for value in values]
        if not self.values:
            raise ValueError("a slider needs values")
        self._range, self._display = bool(range_slider), bool(display_value)
        self.wire = [0, len(self.values) - 1] if self._range else 0
        if default is not None:
            self.wire = self.place(default)

    def make(self):
        kind = widgets.SelectionRangeSlider if self._range else widgets.SelectionSlider
        options = [(label, at) for at, label in enumerate(self.labels)]
        return kind(options=options, index=self._native(self.wire), readout=self._display, continuous_update=False)

    def _native(self, wire):
        return tuple(wire) if self._range else wire

    def show(self, wire):
        self._widget.index = self._native(wire)

    def place(self, value):
        return sorted(nearest(one, self.values) for one in value) if self._range else nearest(value, self.values)

    def check(self, wire):
        return sorted(within(one, self.values) for one in pair(wire)) if self._range else within(wire, self.values)

    @property
    def value(self):
        return tuple(self.values[at] for at in self.wire) if self._range else self.values[self.wire]

    def describe(self):
        return {
            "control_type": "slider",
            "subtype": "discrete_range" if self._range else "discrete",
            "range": [0, len(self.values) - 1],
            "step": 1,
            "values": self.labels,
            "default": self.wire,
            "display_value": self._display,
        }


class ContinuousSlider(Control):
    """Between two numbers, in `steps` steps or in steps of `stepsize`."""

    def __init__(self, interval=(0, 100), default=None, steps=250, stepsize=0, range_slider=False, display_value=True, label=None):
        super().__init__(label)
        low, high = (number(end) for end in pair(interval))
        if low > high:
            raise ValueError("a slider goes from the smaller number to the larger one")
        self._low, self._high = low, high
        self._step = number(stepsize) if stepsize > 0 else float(high - low) / int(steps) if high > low else 1
        self._whole = all(isinstance(part, int) for part in (low, high, self._step))
        self._range, self._display = bool(range_slider), bool(display_value)
        self.wire = [low, high] if self._range else low
        if default is not None:
            self.wire = self.place(default)

    def make(self):
        kinds = {
            (True, True): widgets.IntRangeSlider,
            (True, False): widgets.IntSlider,
            (False, True): widgets.FloatRangeSlider,
            (False, False): widgets.FloatSlider,
        }
        value = tuple(self.wire) if self._range else self.wire
        how = {"min": self._low, "max": self._high, "step": self._step, "readout": self._display, "continuous_update": False}
        return kinds[self._whole, self._range](value=value, **how)

    def show(self, wire):
        self._widget.value = tuple(wire) if self._range else wire

    def _inside(self, value):
        place = min(self._high, max(self._low, number(value)))
        return int(round(place)) if self._whole else place

    def check(self, wire):
        return sorted(self._inside(one) for one in pair(wire)) if self._range else self._inside(wire)

    @property
    def value(self):
        return tuple(self.wire) if self._range else self.wire

    def describe(self):
        return {
            "control_type": "slider",
            "subtype": "continuous_range" if self._range else "continuous",
            "range": [self._low, self._high],
            "step": self._step,
            "default": self.wire,
            "display_value": self._display,
        }
