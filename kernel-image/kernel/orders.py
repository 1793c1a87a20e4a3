"""What an agent may ask, checked: an order that is not understood means that the two sides do not fit; next: relay.py."""

from . import languages
from .collect import proper_path

_limit_names = (
    "wallMs cpuSeconds addressSpaceBytes processes fileBytes workspaceBytes workspaceFiles "
    "outputBytes outputMessages uploadFiles uploadBytes"
).split()
_shapes = {
    "interrupt": {"computation": str},
    "cancel": {"computation": str},
    "input": {"computation": str, "value": str},
    "request": {"id": int, "msg_type": str, "content": dict},
    "fileTaken": {"computation": str, "number": int},
    "interruptRequests": {},
    "ping": {"id": int},
}
BYTES_MAX = 1 << 50
FILES_MAX = 10000


class OrderError(Exception):
    """The agent said what no agent may say."""


def _require(holds, what):
    if not holds:
        raise OrderError(what)


def _fields(value, shape, what):
    _require(type(value) is dict, what + " is no object")
    for name, kind in shape.items():
        _require(type(value.get(name)) is kind, "%s: %s" % (what, name))


def _check_execute(order):
    computation = order.get("computation")
    _fields(computation, {"id": str, "code": str, "language": str, "expressions": dict, "allowInput": bool}, "computation")
    _require(0 < len(computation["id"]) <= 64, "computation: id")
    _require(computation["language"] in languages.ALL, "computation: language")
    _require(order.get("mode") in ("oneShot", "session"), "execute: mode")
    _require(computation.get("interacts", "sage") in ("sage", "sagecell", "sagecellWidgets"), "computation: interacts")
    _require(computation.get("figureFormat", "png") in ("png", "svg"), "computation: figureFormat")
    limits = computation.get("limits")
    _fields(limits, dict.fromkeys(_limit_names, int), "limits")
    _require(all(0 < limits[name] < BYTES_MAX for name in _limit_names), "limits: out of range")
    for name, text in computation["expressions"].items():
        _require(type(name) is str and type(text) is str, "computation: expressions")
    files = order.get("files")
    _require(type(files) is list and len(files) <= FILES_MAX, "execute: files")
    for entry in files:
        _fields(entry, {"number": int, "path": str, "size": int}, "file")
        _require(proper_path(entry["path"]), "file: path")
        _require(0 <= entry["number"] <= 0xFFFFFFFF and 0 <= entry["size"] < BYTES_MAX, "file: number or size")


def check(order):
    """Returns the order's type, or raises OrderError."""
    kind = order.get("type")
    if kind == "execute":
        _check_execute(order)
        return kind
    _require(type(kind) is str and kind in _shapes, "an order of type %r" % (str(kind)[:40],))
    _fields(order, _shapes[kind], kind)
    return kind


def may_stay(order):
    """May its child become a session's?"""
    return order["mode"] == "oneShot" and "staySession" in order["computation"]


def for_child(order, processes):
    """What the child is told of an order to execute. `processes`: how many its user may have."""
    computation = order["computation"]
    return {
        "t": "execute",
        "code": computation["code"],
        "language": computation["language"],
        "limits": computation["limits"],
        "expressions": computation["expressions"],
        "allowInput": computation["allowInput"],
        "storeHistory": computation.get("storeHistory") is not False,
        "interacts": computation.get("interacts", "sage"),
        "figureFormat": computation.get("figureFormat", "png"),
        "mode": order["mode"],
        "mayStay": may_stay(order),
        "files": order["files"],
        "processes": processes,
    }
