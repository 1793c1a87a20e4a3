"""Questions that are no computation, answered in a child: completion, help, is this a whole cell; next: comms.py."""

from . import comms, interacts

INSPECT_CHARS_MAX = 100_000
MATCHES_MAX = 500
HISTORY_MAX = 1000
HISTORY_CHARS_MAX = 50_000
PATTERN_CHARS_MAX = 200


def answer(child, frame):
    """Always answers; what fails is status error, as Jupyter has it."""
    asked = _ANSWERS.get(frame["msg_type"])
    reply_type = frame["msg_type"].replace("_request", "_reply")
    try:
        content = asked(child.warmed.shell, frame["content"]) if asked else {"status": "error", "ename": "NotImplementedError"}
        if asked is _update_interact and child.collector.anything_since():
            content["newFiles"] = True
    except BaseException as error:
        content = {"status": "error", "ename": type(error).__name__, "evalue": str(error)[:500], "traceback": []}
    child.channel.send({"t": "reply", "id": frame["id"], "msg_type": reply_type, "content": content})


def _complete(shell, content):
    code, cursor = str(content["code"]), int(content["cursor_pos"])
    line_start = code.rfind("\n", 0, cursor) + 1
    line_end = code.find("\n", cursor)
    line = code[line_start : line_end if line_end >= 0 else len(code)]
    text, matches = shell.complete("", line, cursor - line_start)
    return {
        "status": "ok",
        "matches": list(matches)[:MATCHES_MAX],
        "cursor_start": cursor - len(text),
        "cursor_end": cursor,
        "metadata": {},
    }


def _inspect(shell, content):
    from IPython.utils.tokenutil import token_at_cursor

    name = token_at_cursor(str(content["code"]), int(content["cursor_pos"]))
    level = int(content.get("detail_level", 0))
    try:
        bundle = shell.object_inspect_mime(name, detail_level=level)
    except KeyError:
        return {"status": "ok", "found": False, "data": {}, "metadata": {}}
    data = {mime: text[:INSPECT_CHARS_MAX] for mime, text in bundle.items() if isinstance(text, str)}
    return {"status": "ok", "found": True, "data": data, "metadata": {}}


def _is_complete(shell, content):
    status, indent = shell.input_transformer_manager.check_complete(str(content["code"]))
    return {"status": status, "indent": " " * (indent or 0)}


def _history(shell, content):
    """The session's own cells, the newest last: `tail`, `range` of them, or `search` by a pattern with * and ?."""
    from fnmatch import fnmatchcase

    cells = list(enumerate(shell.history_manager.input_hist_raw))[1:]
    asked = content.get("hist_access_type", "tail")
    if asked == "range" and content.get("session", 0) == 0:
        start, stop = content.get("start") or 1, content.get("stop")
        cells = [cell for cell in cells if start <= cell[0] and (stop is None or cell[0] < stop)]
    elif asked == "search":
        pattern = str(content.get("pattern") or "*")[:PATTERN_CHARS_MAX]
        cells = [cell for cell in cells if fnmatchcase(cell[1], pattern)]
        if content.get("unique"):
            cells = sorted({text: number for number, text in cells}.items(), key=lambda item: item[1])
            cells = [(number, text) for text, number in cells]
    elif asked != "tail":
        cells = []
    if asked != "range":
        cells = cells[-min(int(content.get("n") or HISTORY_MAX), HISTORY_MAX) :]
    out = shell.history_manager.output_hist_reprs.get if content.get("output") else None
    history = [[0, number, [text, out(number)] if out else text] for number, text in _newest(cells)]
    return {"status": "ok", "history": history}


def _newest(cells):
    """As many of the last cells as fit into one answer."""
    chars = 0
    for at in range(len(cells), 0, -1):
        chars += len(cells[at - 1][1])
        if chars > HISTORY_CHARS_MAX:
            return cells[at:]
    return cells


def _comm(msg_type):
    return lambda _shell, content: comms.answer(msg_type, content)


def _update_interact(_shell, content):
    return interacts.answer(content)


_ANSWERS = {
    "complete_request": _complete,
    "inspect_request": _inspect,
    "is_complete_request": _is_complete,
    "history_request": _history,
    "update_interact_request": _update_interact,
    **{name: _comm(name) for name in ("comm_open", "comm_msg", "comm_close", "comm_info_request")},
}
