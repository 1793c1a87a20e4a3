"""What a child may say, checked before anything believes it; next: endings.py.

Each function gives the parts of one frame, or raises Lie: a child that lies is killed.
"""

from .collect import proper_path

MESSAGE_TYPES = frozenset(
    "stream execute_result display_data update_display_data clear_output error execute_reply input_request extension"
    " comm_open comm_msg comm_close".split()
)
KINDS = frozenset(("ok", "error", "timeout", "memory", "interrupt"))
WORDS_MAX = 1000
MEMORY_BYTES_MAX = 1 << 50


class Lie(Exception):
    """The child broke its word; the reason is for the log and for the user."""


def message(said):
    msg_type, content, metadata = said.get("msg_type"), said.get("content"), said.get("metadata")
    if type(msg_type) is not str or msg_type not in MESSAGE_TYPES or type(content) is not dict or type(metadata) is not dict:
        raise Lie("a message that is none")
    return {"msg_type": msg_type, "content": content, "metadata": metadata}


def file(said):
    """(path, size, shown)."""
    path, size, shown = said.get("path"), said.get("size"), said.get("shown")
    if type(path) is not str or not proper_path(path) or type(size) is not int or type(shown) is not bool:
        raise Lie("a file that is none")
    return path, size, shown


def over(said):
    """(kind, words, CPU in ms, memory in bytes, does it want to stay)."""
    kind, words, cpu, rss = said.get("kind"), said.get("message"), said.get("cpu"), said.get("rss")
    if type(kind) is not str or kind not in KINDS or type(words) is not str:
        raise Lie("an end that is none")
    if type(cpu) not in (int, float) or type(rss) is not int or not 0 <= rss < MEMORY_BYTES_MAX:
        raise Lie("a use of resources that is none")
    return kind, words[:WORDS_MAX], max(0.0, float(cpu)), rss, said.get("stays") is True


def refusal(number, msg_type):
    """The reply for a session that is over."""
    content = {"status": "error", "ename": "SessionClosed", "evalue": "The session is closed.", "traceback": []}
    return {"type": "reply", "id": number, "msg_type": msg_type.replace("_request", "_reply"), "content": content}


def reply(said):
    number, msg_type, content = said.get("id"), said.get("msg_type"), said.get("content")
    if type(number) is not int or type(msg_type) is not str or type(content) is not dict:
        raise Lie("a reply that is none")
    return {"type": "reply", "id": number, "msg_type": msg_type[:100], "content": content}
