"""SageMathCell's `interact`: a function that runs anew when a reader moves one of its controls; next: interact_proxy.py.

    moved ──▶ does it wait for a button? ──no──▶ run: the function with the values, its output into the interact's own place

The decorated function is handed its proxy if its first argument has no default, and is called by it ever after: `f.x`, `f.x = 3`,
`del f.x`, `f._update()`.
"""

import inspect
import uuid

from . import interact_faces
from .grids import UpdateButton
from .guesses import control_of, sages_control
from .interact_proxy import Proxy

RERUNS_MAX = 100
INTERACTS_MAX = 1000
_open = {}
_stack = []

# Called when an interact has run, unless it runs in another's function.
after_run = []


class Interact:
    def __init__(self, function, controls, options):
        self.id, self.function = str(uuid.uuid4()), function
        self.controls, self.options = {}, options
        self.proxy, self.wants_proxy = Proxy(self), False
        self._given, self._pending, self._running, self._again = {}, [], False, False
        self._inner = []
        for name, thing in controls.items():
            self._adopt(name, thing)
        self.rule = _rule(options["update"], self.controls)
        self._mark_lazy()
        self.face = interact_faces.face(self)

    def _adopt(self, name, thing):
        control = control_of(thing) if interact_faces.is_sagecell() else sages_control(thing)
        control.moved = lambda moved: self.moved(name)
        self.controls[name] = control

    def _mark_lazy(self):
        for name, control in self.controls.items():
            control.lazy = self.rule is not None and name not in self.rule

    def label(self, name):
        label = self.controls[name].label
        if label is None:
            return name if self.options["automatic_labels"] else ""
        return label

    # What happens to it ---------------------------------------------------------------------------------------------------

    def start(self):
        if len(_open) >= INTERACTS_MAX:
            next(iter(_open.values())).end()
        _open[self.id] = self
        if _stack:
            _stack[-1]._inner.append(self)
        self._pending = list(self.controls)
        self.face.show()
        self.run(None)

    @property
    def is_open(self):
        return self.id in _open

    def end(self):
        _open.pop(self.id, None)
        for inner in self._inner:
            inner.end()

    def moved(self, name):
        """A reader moved this control, in a front end that shows widgets."""
        self._note(name)
        if not self.options["readonly"] and not self.controls[name].lazy:
            self.run(name)

    def _note(self, name):
        if name not in self._pending:
            self._pending.append(name)

    def update(self, values, last):
        """A client moved these. Raises ValueError for what a control cannot be."""
        if self.options["readonly"]:
            return
        taken = {name: self.controls[name].check(wire) for name, wire in values.items() if name in self.controls}
        for name, wire in taken.items():
            self.controls[name].set(wire)
            self._note(name)
        by = [name for name in taken if not self.controls[name].lazy]
        if last or by:
            self.run(None if last else by[0])

    def run(self, by):
        """`by`: the control that was moved; None runs it with all that was moved."""
        if self._running:
            self._again = True
            return
        for _ in range(RERUNS_MAX):
            self._again = False
            self._run_once(by)
            if not self._again:
                break
            by = None
        if not _stack:
            for look in after_run:
                look()

    def _run_once(self, by):
        wanted = None if self.rule is None or by is None else self.rule[by]
        changed = [name for name in self._pending if wanted is None or name == by or name in wanted or "*" in wanted]
        self._pending = [name for name in self._pending if name not in changed]
        for inner in self._inner:
            inner.end()
        self._inner = []
        self._running = True
        _stack.append(self)
        try:
            with self.face.output(changed):
                for name in [name for name in changed if name in self.controls]:
                    self._given[name] = self.controls[name].value
                self.proxy.__dict__["_changed"] = changed
                self._call()
        finally:
            _stack.remove(self)
            self._running = False
            for name, control in self.controls.items():
                if control.pulse:
                    control.reset()
                    self._given[name] = control.value

    def _call(self):
        taken = [name for name in self.controls if self.options["takes"](name) and name in self._given]
        values = {name: self._given[name] for name in taken}
        result = self.function(self.proxy, **values) if self.wants_proxy else self.function(**values)
        if result is not None:
            interact_faces.display(result)

    # What the code does to it ---------------------------------------------------------------------------------------------

    def place(self, name, value):
        control = self.controls[name]
        control.set(control.place(value))
        self._given[name] = control.value
        self.face.moved(name)

    def add(self, name, thing):
        self.remove(name)
        self._adopt(name, thing)
        self._mark_lazy()
        self._given[name] = self.controls[name].value
        self.face.added(name)

    def remove(self, name):
        if self.controls.pop(name, None) is not None:
            self._given.pop(name, None)
            self.face.removed(name)

    def state(self):
        return {name: control.wire for name, control in self.controls.items() if not control.pulse}


def _rule(update, controls):
    """Which controls make it run, and what they take along ("*": all); None: each by itself."""
    if update is not None:
        named = update if isinstance(update, dict) else dict.fromkeys([update] if isinstance(update, str) else update, ["*"])
        return {name: [takes] if isinstance(takes, str) else list(takes) for name, takes in named.items()}
    buttons = [name for name, control in controls.items() if isinstance(control, UpdateButton)]
    return dict.fromkeys(buttons, ["*"]) if buttons else None


OPTIONS = {"update": None, "layout": None, "locations": None, "output": True, "readonly": False, "automatic_labels": True}


def make(function, controls=None, **options):
    """Shows the function as an interact, runs it, and gives its proxy."""
    if isinstance(function, Proxy):
        function = function._interact.function
    given, wants_proxy = _controls_of(function, dict(controls or {}))
    takes = _taken_by(function)
    if given.get("auto_update", True) is False:
        given["auto_update"] = UpdateButton()
        takes = _taken_by(function, {"auto_update"})
    elif given.get("auto_update") is True:
        del given["auto_update"]
    interact = Interact(function, given, {**OPTIONS, **options, "takes": takes})
    interact.wants_proxy = wants_proxy
    interact.start()
    return interact.proxy


def _controls_of(function, controls):
    """(name -> control or what it is guessed from, does it want its proxy)."""
    found, wants_proxy = {}, False
    parameters = inspect.signature(function).parameters.values()
    for at, parameter in enumerate(parameters):
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if parameter.name in controls:
            found[parameter.name] = controls.pop(parameter.name)
        elif parameter.default is not parameter.empty:
            found[parameter.name] = parameter.default
        elif at == 0:
            wants_proxy = True
        else:
            raise TypeError("%s() cannot be an interact: there is no control for %s" % (function.__name__, parameter.name))
    return {**found, **controls}, wants_proxy


def _taken_by(function, hidden=frozenset()):
    """Is a control of this name an argument? Others, such as its code adds, it reads from its proxy."""
    parameters = inspect.signature(function).parameters.values()
    takes_all = any(parameter.kind == parameter.VAR_KEYWORD for parameter in parameters)
    names = {parameter.name for parameter in parameters}
    return lambda name: name not in hidden and (takes_all or name in names)


def any_open():
    return bool(_open)


def answer(content):
    """`update_interact_request`: {"interact_id", "values", "update_last"}. Returns the reply's content."""
    interact = _open.get(content.get("interact_id"))
    if interact is None:
        return {"status": "error", "ename": "KeyError", "evalue": "there is no such interact", "traceback": []}
    interact.update(dict(content.get("values") or {}), content.get("update_last") is True)
    return {"status": "ok", "result": None}
