"""A child's own line to the zygote: messages, files and questions; next: output.py (what is printed)."""

import os
import threading
from collections import deque

from . import frames
from .frames import PIECE_BYTES, FrameReader, pack_json, pack_piece

PAYLOAD_BYTES_MAX = 192 * 1024
READ_BYTES = 1 << 16  # more would be a mapping of its own, made and touched for each read
MESSAGE_BYTES_MAX = 250 * 1024  # the zygote's bound is 256 KiB with the envelope
EXTENSIONS = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/svg+xml": ".svg",
    "application/pdf": ".pdf",
    "text/html": ".html",
    "text/latex": ".tex",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "application/json": ".json",
    "application/javascript": ".js",
}
BINARY = ("image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "audio/", "video/")


class Channel:
    """One child has one. `text` is set to the TextLink once there is one; `muted` sends nothing (a rehearsal)."""

    def __init__(self, socket):
        self._socket = socket
        self._lock = threading.RLock()
        self._reader = FrameReader()
        self._waiting = deque()
        self._in_flight = False
        self._process = os.getpid()
        self._shown = 0
        self.held = []
        self.text = None
        self.muted = False
        self.allow_input = False
        self.takes_files = True

    def _send(self, packed):
        if self.muted:
            return
        if os.getpid() != self._process:
            raise RuntimeError("a process forked by user code has no output but print()")
        with self._lock:
            self._socket.sendall(packed)

    def send(self, value):
        self._send(pack_json(value))

    def nudge(self):
        """Tells the zygote that the ring is full."""
        self._send(pack_json({"t": "text", "p": self.text.position}))

    def message(self, msg_type, content, metadata=None, hold=False):
        """A Jupyter message. `hold`: leave together with the next one, in one write."""
        metadata = {} if metadata is None else metadata
        # A comm's data is no bundle of MIME types, and between computations there is nobody to take a file.
        if self.takes_files and content.get("data") and not msg_type.startswith("comm_"):
            content, metadata = self.within_bounds(content, metadata)
        packed = self._pack_message(msg_type, content, metadata)
        self.text.pipes.settle()
        if hold:
            self.held.append(packed)
            return
        if self.held:
            packed = b"".join(self.held) + packed
            self.held = []
        self._send(packed)

    def _pack_message(self, msg_type, content, metadata):
        message = {"t": "message", "p": self.text.position, "msg_type": msg_type, "content": content, "metadata": metadata}
        try:
            packed = pack_json(message)
        except (ValueError, TypeError, frames.FrameError, RecursionError) as error:
            return self._pack_refusal("an output could not be sent: %s" % str(error)[:200])
        if len(packed) > MESSAGE_BYTES_MAX and msg_type not in ("file", "stream"):
            return self._pack_refusal("an output of %d bytes could not be sent: it is too large" % len(packed))
        return packed

    def _pack_refusal(self, words):
        content = {"name": "stderr", "text": words + "\n"}
        message = {"t": "message", "p": self.text.position, "msg_type": "stream", "content": content, "metadata": {}}
        return pack_json(message)

    def within_bounds(self, content, metadata):
        """Moves the largest payloads into files until the rest is small enough."""
        data = content["data"]
        sizes = {mime: len(value) if isinstance(value, str) else len(repr(value)) for mime, value in data.items()}
        if sum(sizes.values()) <= PAYLOAD_BYTES_MAX:
            return content, metadata
        data, metadata = dict(data), dict(metadata)
        links = metadata.setdefault("links", {})
        for mime in sorted(sizes, key=sizes.get, reverse=True):
            if sum(sizes[m] for m in data) <= PAYLOAD_BYTES_MAX:
                break
            links[mime] = self._as_file(mime, data.pop(mime))
        if "text/plain" not in data and "text/plain" not in links:
            data["text/plain"] = ""
        return dict(content, data=data), metadata

    def _as_file(self, mime, value):
        import base64

        if not isinstance(value, str):
            raw = pack_json({"value": value})
        elif mime.startswith(BINARY):
            raw = base64.b64decode(value)
        else:
            raw = value.encode("utf-8", "backslashreplace")
        self._shown += 1
        path = "shown-%d%s" % (self._shown, EXTENSIONS.get(mime, ""))
        self.file(path, len(raw), (raw[at : at + PIECE_BYTES] for at in range(0, len(raw), PIECE_BYTES)), shown=True)
        return {"path": path, "size": len(raw)}

    def file(self, path, size, pieces, shown=False):
        """Sends one file once the one before was taken. The pieces must have `size` bytes together."""
        while self._in_flight:
            self._waiting_for("taken")
        self.flush_held()
        self._in_flight = True
        # Nothing of another thread's may come between the pieces.
        with self._lock:
            self.send({"t": "file", "p": self.text.position, "path": path, "size": size, "shown": shown})
            for piece in pieces:
                self._send(pack_piece(0, piece))

    def flush_held(self):
        if self.held:
            packed, self.held = b"".join(self.held), []
            self._send(packed)

    def pack_over(self, value):
        """The last word about a computation, in one write with what is held."""
        packed, self.held = b"".join(self.held) + pack_json(value), []
        self._send(packed)

    def ask(self, prompt, password):
        """input(): waits for the answer."""
        self.flush_held()
        self.message("input_request", {"prompt": prompt, "password": password})
        return self._waiting_for("input")["value"]

    def _waiting_for(self, kind):
        """The next frame of this kind; others wait for their turn."""
        for at, frame in enumerate(self._waiting):
            if frame.get("t") == kind:
                del self._waiting[at]
                break
        else:
            while True:
                frame = self._read()
                if frame.get("t") == kind:
                    break
                self._waiting.append(frame)
        if kind == "taken":
            self._in_flight = False
        return frame

    def next_frame(self):
        """What the zygote wants next. Late answers are dropped: what asked for them is over."""
        while True:
            frame = self._waiting.popleft() if self._waiting else self._read()
            if frame["t"] == "taken":
                self._in_flight = False
            elif frame["t"] != "input":
                return frame

    def suppose(self, frame):
        """As if the zygote had sent it."""
        self._reader.feed(pack_json(frame))

    def wait_to_be_ended(self):
        """Whatever else arrives now is for nobody."""
        while self._socket.recv(READ_BYTES):
            pass
        os._exit(0)

    def _read(self):
        """The next frame as an object; a piece is {"t": "piece", "data": bytes}."""
        while True:
            frame = self._reader.next()
            if frame is not None:
                kind, body = frame
                if kind == frames.JSON:
                    return frames.read_json(body)
                return {"t": "piece", "data": frames.split_piece(body)[1]}
            data = self._socket.recv(READ_BYTES)
            if not data:
                os._exit(0)
            self._reader.feed(data)
