"""One computation as the relay sees it: text and messages in order, files, limits, and how it ended; next: relay.py.

Everything a child says is taken for a lie until it fits: a child that does not keep to its frames is killed.
"""

import codecs
import os
import signal

from . import frames, options, orders, said
from .asked import Asked
from .endings import death, too_much
from .ring import RingError
from .said import Lie

TEXT_CHARS = 32 * 1024
RAW_BYTES = 1 << 16
MESSAGE_BYTES_MAX = 256 * 1024


class Running:
    """`newborn`: its child. `computation` is None between the cells of a session."""

    def __init__(self, newborn, wire, now):
        self.newborn, self._wire, self._now = newborn, wire, now
        self.to_child = bytearray()
        self.eof = False
        self.computation = None
        self.session = self.stays = self._may_stay = False
        self.bury_by = float("inf")
        self.asked = Asked(wire)
        self._decoders = {}
        self._text = []
        self._text_name, self._text_chars, self._text_since = None, 0, 0.0
        self._file_number = 0
        self.file_left = 0
        self._begin(None, None)

    def _begin(self, computation, limits):
        self.computation, self.limits = computation, limits
        self.replied = self.over = self.why = self.words = self._cancelled = None
        self._bytes = self._messages = 0
        self.cpu_ms = 0.0
        self.memory_bytes = 0
        self.started = self._now()
        self.deadline = float("inf")
        self.kill_at = float("inf")

    def files_wait(self):
        """The code is over: its files have their own time, again and again until the last was taken."""
        if self.replied:
            self.deadline = self._now() + options.COLLECT_S

    def rest(self):
        """The computation is over: until the next cell of a session nothing is counted against anything."""
        self.over = None
        self.deadline = self.kill_at = float("inf")
        self.why = self.words = None
        self._idle_bytes = 0

    def execute(self, frame, processes):
        computation = frame["computation"]
        self._begin(computation["id"], computation["limits"])
        self.session = self.session or frame["mode"] == "session"
        self.deadline = self.started + self.limits["wallMs"] / 1000
        self._may_stay = orders.may_stay(frame)
        self.to_child += frames.pack_json(orders.for_child(frame, processes))

    # What the child says ------------------------------------------------------------------------------------------------

    def hear(self):
        """Frames, text and raw output in the order in which they were made. The child waits for empty pipes before it sends or
        prints: what waits in a pipe now is newer than the text that is in the ring now, and older than whatever comes later."""
        waiting = self.newborn.raw_waiting()
        position = self.newborn.ring.written
        self.hear_frames()
        self.hear_text(position)
        self._hear_pipes(waiting)

    def hear_frames(self):
        try:
            data = self.newborn.line.recv(1 << 18)
        except (BlockingIOError, ConnectionResetError):
            return
        if not data:
            self.eof = True
        self.newborn.frames.feed(data)
        try:
            while (found := self.newborn.frames.next()) is not None:
                self._frame(*found)
        except (frames.FrameError, RingError) as error:
            raise Lie(str(error)) from None

    def hear_text(self, up_to=None):
        try:
            runs = self.newborn.ring.take(up_to)
        except RingError as error:
            raise Lie("the text ring: %s" % error) from None
        for name, data in runs:
            self._add_text(name, "ring", data)

    def _hear_pipes(self, waiting):
        for name, descriptor, count in waiting:
            self._add_text(name, "pipe", os.read(descriptor, min(count, RAW_BYTES)))

    def drain_pipes(self):
        """What was written to the pipes before the end belongs to the computation; a bounded amount."""
        for _ in range(64):
            waiting = self.newborn.raw_waiting()
            if not waiting:
                return
            self._hear_pipes(waiting)

    def _frame(self, kind, body):
        if kind == frames.PIECE:
            return self._piece(frames.split_piece(body)[1])
        if self.file_left:
            raise Lie("words in the middle of a file")
        frame = frames.read_json(body)
        what = frame.get("t")
        if "p" in frame:
            self.hear_text(frame["p"])
        if what == "message":
            self._message(said.message(frame))
        elif what == "file":
            self._file(*said.file(frame))
        elif what == "over":
            self._over(*said.over(frame))
        elif what == "reply":
            self.asked.answered(said.reply(frame))
            self.kill_at = self.kill_at if self.computation else float("inf")
        elif what != "text":
            raise Lie("an unknown frame")

    def _message(self, message):
        if self.over:
            raise Lie("a message after the end")
        self.flush_text()
        if self.computation is None:
            self._idle_message(message)
            return
        if message["msg_type"] == "execute_reply":
            self.replied = True
            self.files_wait()
        self._put(message)

    def _idle_message(self, message):
        """Between its cells a session may speak, within bounds; a one-shot child that is over has nothing more to say."""
        if self.session and self.why is None:
            self._idle_bytes += len(frames.pack_json(message))
            if self._idle_bytes > options.IDLE_BYTES:
                self.stop("error", "Stopped: it went on speaking when nothing was asked.")
            self._wire.send({"type": "sessionMessage", "message": message})

    def ask(self, request):
        """Something is asked of the session: what it says now is an answer."""
        self._idle_bytes = 0
        self.asked.add(request)
        self.to_child += frames.pack_json(dict(request, t="request"))

    def interrupt_requests(self):
        """What runs because something was asked: SIGINT, and SIGKILL when that does not help."""
        if self.asked and self.computation is None:
            self.kill_at = min(self.kill_at, self._now() + options.INTERRUPT_GRACE_S)
            self.newborn.kill(signal.SIGINT)

    def _put(self, message):
        size = len(frames.pack_json(message))
        if size > MESSAGE_BYTES_MAX:
            raise Lie("a message of %d bytes" % size)
        if message["msg_type"] != "execute_reply":
            self._bytes += size
            self._messages += 1
            if self._bytes > self.limits["outputBytes"] or self._messages > self.limits["outputMessages"]:
                self.stop("outputLimit", too_much(self.limits))
                return
        self._wire.send({"type": "message", "computation": self.computation, "message": message})

    def _file(self, path, size, shown):
        if self.computation is None:
            raise Lie("a file of no computation")
        bound = self.limits["outputBytes"] if shown else self.limits["uploadBytes"]
        if not 0 <= size <= bound:
            raise Lie("a file of %d bytes" % size)
        if shown:
            self._bytes += size
        self.flush_text()
        self._file_number += 1
        self.file_left = size
        self._wire.send(
            {"type": "file", "computation": self.computation, "number": self._file_number, "path": path, "size": size, "shown": shown}
        )

    def _piece(self, data):
        if not 0 < len(data) <= self.file_left:
            raise Lie("bytes of no file")
        self.file_left -= len(data)
        self._wire.send_piece(frames.pack_piece(self._file_number, data))

    def _over(self, kind, words, cpu_ms, memory_bytes, stays):
        if self.computation is None or self.over:
            raise Lie("an end of nothing")
        if stays and not self._may_stay:
            raise Lie("it stays where nobody wants it")
        self.over, self.stays = (kind, words), stays and self.why is None
        self.cpu_ms, self.memory_bytes = cpu_ms, memory_bytes

    # Text ---------------------------------------------------------------------------------------------------------------

    def _add_text(self, name, source, data):
        """`source`: a character may be cut in two between two reads of one source, never between two sources."""
        decoder = self._decoders.get((name, source))
        if decoder is None:
            decoder = self._decoders[(name, source)] = codecs.getincrementaldecoder("utf-8")("replace")
        text = decoder.decode(data)
        if not text or self.why in ("outputLimit", "error"):
            return
        if name != self._text_name:
            self.flush_text()
            self._text_name, self._text_since = name, self._now()
        self._text.append(text)
        self._text_chars += len(text)
        if self._text_chars >= TEXT_CHARS and not self.file_left:
            self.flush_text()

    def text_due(self):
        """When the text that is held must leave."""
        return self._text_since + options.STREAM_HOLD_S if self._text else float("inf")

    def flush_text(self):
        if not self._text or self.file_left:
            return
        text, name = "".join(self._text), self._text_name
        self._text, self._text_name, self._text_chars = [], None, 0
        for at in range(0, len(text), TEXT_CHARS):
            self._stream(name, text[at : at + TEXT_CHARS])

    def _stream(self, name, text):
        message = {"msg_type": "stream", "content": {"name": name, "text": text}, "metadata": {}}
        if self.computation is None:
            self._idle_message(message)
            return
        room = self.limits["outputBytes"] - self._bytes
        size = len(text.encode("utf-8", "replace"))
        if size > room:
            message["content"]["text"] = text.encode("utf-8", "replace")[: max(0, room)].decode("utf-8", "ignore")
            self._bytes = self.limits["outputBytes"]
            if message["content"]["text"]:
                self._wire.send({"type": "message", "computation": self.computation, "message": message})
            self.stop("outputLimit", too_much(self.limits))
            return
        self._bytes += size
        self._messages += 1
        self._wire.send({"type": "message", "computation": self.computation, "message": message})
        if self._messages >= self.limits["outputMessages"]:
            self.stop("outputLimit", too_much(self.limits))

    # Ends ---------------------------------------------------------------------------------------------------------------

    def stop(self, why, words):
        """Kills; the first reason counts."""
        if self.why is None:
            self.why, self.words = why, words
        self.newborn.kill()

    def interrupt(self, why, words):
        """SIGINT, and SIGKILL when that does not help."""
        if self.why is None:
            self.why, self.words = why, words
            self.kill_at = self._now() + options.INTERRUPT_GRACE_S
            self.newborn.kill(signal.SIGINT)

    def cancel(self):
        """As interrupt; again, and it is not waited for any longer."""
        end = self.stop if self._cancelled else self.interrupt
        self._cancelled = True
        end("cancelled", "Cancelled.")

    def tick(self):
        now = self._now()
        if now >= self.kill_at:
            self.newborn.kill()
        elif now >= self.deadline and self.computation is not None and not self.over:
            words = "Stopped at its time limit of %g s." % (self.limits["wallMs"] / 1000)
            if self.replied:
                self.stop("error", "Stopped: its files could not be collected in time.")
            elif self.session:
                self.interrupt("timeout", words)
            else:
                self.stop("timeout", words)

    def outcome(self, ended=None):
        """(kind, words) of the computation; `ended`: what the zygote told of the child that died, if it did."""
        # Caught an interrupt and came to a good end: good. Killed for its output, and at its end before that took effect: it was cut.
        if self.over and (self.why is None or self.over[0] == "ok" and self.why != "outputLimit"):
            kind, words = self.over
            return ("error" if kind == "interrupt" else kind), words
        if self.why:
            return self.why, self.words
        return death(ended, self.limits)
