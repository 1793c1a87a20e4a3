"""Questions that are no computation, answered in a child: completion, help, is this a whole cell; next: comms.py."""

from . import comms

INSPECT_CHARS_MAX = 100_000
MATCHES_MAX = 500


def answer(child, frame):
    """Always answers; what fails is status error, as Jupyter has it."""
    asked = _ANSWERS.get(frame["msg_type"])
    reply_type = frame["msg_type"].replace("_request", "_reply")
    try:
        content = asked(child.warmed.shell, frame["content"]) if asked else {"status": "error", "ename": "NotImplementedError"}
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


def _comm(msg_type):
    return lambda _shell, content: comms.answer(msg_type, content)


_ANSWERS = {
    "complete_request": _complete,
    "inspect_request": _inspect,
    "is_complete_request": _is_complete,
    **{name: _comm(name) for name in ("comm_open", "comm_msg", "comm_close", "comm_info_request")},
}
