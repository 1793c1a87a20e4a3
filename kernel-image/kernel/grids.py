"""Controls of SageMathCell's that are buttons, colours, words, or several controls in one; next: guesses.py."""

from ipywidgets import widgets

from .choices import evaluate, labelled, table, words
from .controls import ContinuousSlider, Control, DiscreteSlider


class ColorSelector(Control):
    def __init__(self, default=(0, 0, 0), hide_input=False, sage_color=True, label=None):
        super().__init__(label)
        self._hide, self._sage = bool(hide_input), bool(sage_color)
        self.wire = self.place(default)

    def make(self):
        return widgets.ColorPicker(value=self.wire, concise=self._hide)

    def place(self, value):
        from sage.plot.colors import Color

        return Color(value).html_color()

    def check(self, wire):
        return self.place(words(wire))

    @property
    def value(self):
        from sage.plot.colors import Color

        return Color(self.wire) if self._sage else self.wire

    def describe(self):
        return {"control_type": "color_selector", "default": self.wire, "hide_input": self._hide}


class Button(Control):
    """`value` for the run that its press makes, else `default`."""

    trait = None
    pulse = True

    def __init__(self, text="Button", default="", value="", width="", label=None):
        super().__init__("" if label is None else label)
        self.wire = False
        self._text, self._off, self._on, self._width = words(text), default, value, width or ""

    def make(self):
        button = widgets.Button(description=self._text)
        button.on_click(lambda _: self.take(True))
        return button

    def show(self, wire):
        pass

    def check(self, wire):
        return bool(wire)

    @property
    def value(self):
        return self._on if self.wire else self._off

    def reset(self):
        self.wire = False

    def describe(self):
        return {"control_type": "button", "text": self._text, "width": self._width}


class UpdateButton(Button):
    """The other controls wait for it."""

    def __init__(self, text="Update", value="", default="", width="", label=None):
        super().__init__(text, default, value, width, label)


class ButtonBar(Control):
    """Several buttons, of which none stays down."""

    trait = None
    pulse = True

    def __init__(self, values=(0,), default="", nrows=None, ncols=None, width="", label=None):
        super().__init__(label)
        self.values, self.labels = labelled(values)
        self._off, self._width = default, width or ""
        self._rows, self._columns = table(len(self.values), nrows, ncols, True)

    def make(self):
        buttons = [widgets.Button(description=label) for label in self.labels]
        for at, button in enumerate(buttons):
            button.on_click(lambda _, at=at: self.take(at))
        rows = [buttons[at : at + self._columns] for at in range(0, len(buttons), self._columns)]
        return widgets.VBox([widgets.HBox(row) for row in rows])

    def show(self, wire):
        pass

    def check(self, wire):
        if wire is None:
            return None
        if type(wire) is not int or not 0 <= wire < len(self.values):
            raise ValueError("there is no button number %r" % (wire,))
        return wire

    @property
    def value(self):
        return self._off if self.wire is None else self.values[self.wire]

    def reset(self):
        self.wire = None

    def describe(self):
        shape = {"nrows": self._rows, "ncols": self._columns, "width": self._width}
        return {"control_type": "button_bar", "values": len(self.values), "value_labels": self.labels, **shape}


class HtmlBox(Control):
    """Only the code changes it."""

    trait = None

    def __init__(self, value="", label=None):
        super().__init__("" if label is None else label)
        self.wire = words(value)

    def make(self):
        return widgets.HTML(value=self.wire)

    def show(self, wire):
        self._widget.value = wire

    def check(self, wire):
        return words(wire)

    def describe(self):
        return {"control_type": "html_box", "value": self.wire}


class Several(Control):
    """Several widgets in one control; `parts` has them in the order of `flat(wire)`."""

    trait = None
    parts = ()

    def _listen(self, parts, trait):
        self.parts, self._part_trait = parts, trait
        for part in parts:
            part.observe(self._part_moved, trait)

    def _part_moved(self, _change):
        if not self._showing:
            self.take(self.gather([getattr(part, self._part_trait) for part in self.parts]))

    def show(self, wire):
        for part, one in zip(self.parts, self.flat(wire)):
            setattr(part, self._part_trait, one)


class InputGrid(Several):
    """Rows of boxes; its value is a list of rows, or what `adapter` makes of them."""

    named = True

    def __init__(self, nrows=1, ncols=1, default="0", width=5, label=None, element_adapter=None, evaluate=True, adapter=None):
        super().__init__(label)
        self._rows, self._columns, self._width = int(nrows), int(ncols), int(width)
        self._evaluate, self._element, self._adapter = bool(evaluate), element_adapter, adapter
        self.wire = self.place(default)

    def make(self):
        boxes = [[widgets.Text(value=text, continuous_update=False) for text in row] for row in self.wire]
        for box in (box for row in boxes for box in row):
            box.layout.width = "%dem" % min(40, self._width + 2)
        self._listen([box for row in boxes for box in row], "value")
        columns = [widgets.VBox([row[at] for row in boxes]) for at in range(self._columns)]
        # A label and columns: front ends know this form for a grid.
        return widgets.HBox([widgets.Label(value=self.label or ""), *columns])

    def gather(self, texts):
        return [texts[at : at + self._columns] for at in range(0, len(texts), self._columns)]

    def flat(self, wire):
        return [text for row in wire for text in row]

    def place(self, value):
        """One value for all, a list of all, a list of rows, a matrix."""
        count = self._rows * self._columns
        if hasattr(value, "nrows") and hasattr(value, "list"):
            value = value.list()
        if isinstance(value, str) or not hasattr(value, "__iter__"):
            return self.gather([words(value)] * count)
        rows = [list(row) if isinstance(row, (list, tuple)) else [row] for row in value]
        return self.check(self.gather([words(one) for row in rows for one in row]))

    def check(self, wire):
        rows = [[words(text) for text in row] for row in wire]
        if len(rows) != self._rows or any(len(row) != self._columns for row in rows):
            raise ValueError("a grid of %d rows and %d columns is needed" % (self._rows, self._columns))
        return rows

    @property
    def value(self):
        rows = [[evaluate(text) if self._evaluate else text for text in row] for row in self.wire]
        if self._element:
            rows = [[self._element(one) for one in row] for row in rows]
        return self._adapter(rows) if self._adapter else rows

    def describe(self):
        shape = {"nrows": self._rows, "ncols": self._columns, "width": self._width}
        return {"control_type": "input_grid", "default": self.wire, "evaluate": self._evaluate, **shape}


class MultiSlider(Several):
    """Sliders side by side; its value is the list of theirs. Lists say what each has; a shorter list goes on with its last entry."""

    def __init__(
        self,
        sliders=1,
        values=((0, 1),),
        interval=((0, 1),),
        slider_type="continuous",
        default=(),
        stepsize=(0,),
        steps=(250,),
        display_values=True,
        label=None,
    ):
        super().__init__(label)
        if slider_type not in ("continuous", "discrete"):
            raise ValueError("slider_type is 'continuous' or 'discrete', not %r" % (slider_type,))
        self._kind, self._display = slider_type, bool(display_values)
        each = [_at(values, n) for n in range(int(sliders))], [_at(interval, n) for n in range(int(sliders))]
        start = [default[n] if n < len(default) else None for n in range(int(sliders))]
        if slider_type == "discrete":
            self.sliders = [DiscreteSlider(one, first, display_value=display_values) for one, first in zip(each[0], start)]
        else:
            many = [(_at(steps, n), _at(stepsize, n)) for n in range(int(sliders))]
            self.sliders = [
                ContinuousSlider(ends, first, count, size, display_value=display_values)
                for ends, first, (count, size) in zip(each[1], start, many)
            ]
        self.wire = [slider.wire for slider in self.sliders]

    def make(self):
        parts = [slider.widget for slider in self.sliders]
        self._listen(parts, self.sliders[0].trait if parts else "value")
        return widgets.VBox(parts)

    def gather(self, places):
        return list(places)

    def flat(self, wire):
        return wire

    def set(self, wire):
        super().set(wire)
        for slider, one in zip(self.sliders, wire):
            slider.wire = one

    def place(self, value):
        return [slider.place(one) for slider, one in zip(self.sliders, self._whole(value))]

    def check(self, wire):
        return [slider.check(one) for slider, one in zip(self.sliders, self._whole(wire))]

    def _whole(self, value):
        parts = list(value)
        if len(parts) != len(self.sliders):
            raise ValueError("%d sliders are needed, not %d" % (len(self.sliders), len(parts)))
        return parts

    @property
    def value(self):
        return [slider.value for slider in self.sliders]

    def describe(self):
        parts = [slider.describe() for slider in self.sliders]
        described = {name: [part[name] for part in parts] for name in ("range", "step", "default")}
        if self._kind == "discrete":
            described["values"] = [part["values"] for part in parts]
        return {
            "control_type": "multi_slider",
            "subtype": self._kind,
            "sliders": len(parts),
            "display_values": self._display,
            **described,
        }


def _at(entries, n):
    return entries[min(n, len(entries) - 1)]
