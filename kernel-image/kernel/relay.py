"""Between the agent and the children: hands out computations, passes on what children say, ends them; next: zygote.py.

One loop, one poll, no thread. Nothing here runs users' code, imports for it or unpickles what it made.
"""

import select
import sys
import time

from . import frames, options, orders
from .endings import last_reply
from .nursery import Broken, Nursery, memory
from .running import Lie, Running
from .said import refusal

now = time.monotonic


class Relay:
    def __init__(self, wire, control, facts, chosen):
        self.wire, self.facts = wire, facts
        self.nursery = Nursery(control, chosen.spares, now)
        self.running = {}  # by Newborn
        self.session = None
        self.waiting = []
        self.requests = []
        self._inputs = None  # the Running whose input files are on their way, and the bytes left
        self._told_ready = False
        self._session_lost = False

    def serve(self):
        """Until the agent closes the input. Broken words are the last frame."""
        try:
            self.nursery.fill(len(self.nursery.spares))
            while self._turn():
                pass
        except (Broken, orders.OrderError, frames.FrameError) as error:
            self.wire.send({"type": "broken", "reason": str(error)[:1000]})
            self.wire.write_all()
        for newborn in [*self.nursery.children.values()]:
            newborn.kill()

    def _turn(self):
        ready = self._poll()
        if self.nursery.control.fileno() in ready and not self.nursery.hear():
            raise Broken("the zygote is gone")
        if self.nursery.refused:
            raise Broken("a child was refused: " + self.nursery.refused)
        for newborn in list(self.nursery.spares):
            if newborn.line.fileno() in ready:
                self._hear_spare(newborn)
        # Before the agent is answered: a kernel in doubt must not say that it is well.
        self.nursery.require_punctual()
        if self.wire.in_fd in ready:
            if not self.wire.read():
                return False
            while (frame := self.wire.reader.next()) is not None:
                self._from_agent(*frame)
        for run in list(self.running.values()):
            self._look_after(run)
        # What is answered leaves before anything new is begun.
        self.wire.write_some()
        self._bury()
        self._hand_out()
        self.wire.write_some()
        return True

    def _poll(self):
        poll = select.poll()
        poll.register(self.wire.in_fd, select.POLLIN)
        poll.register(self.nursery.control, select.POLLIN)
        if self.wire.pending:
            poll.register(self.wire.out_fd, select.POLLOUT)
        until = now() + 5.0
        for newborn in self.nursery.spares:
            if not newborn.ready:
                poll.register(newborn.line, select.POLLIN)
        for run in self.running.values():
            if not self.wire.full and not run.eof:
                poll.register(run.newborn.line, select.POLLIN | (select.POLLOUT if run.to_child else 0))
                poll.register(run.newborn.out, select.POLLIN)
                poll.register(run.newborn.err, select.POLLIN)
            until = min(until, run.text_due(), run.deadline if not run.over else until, run.kill_at)
            if run.computation is not None:
                until = min(until, now() + options.RING_LOOK_S)
        return {descriptor for descriptor, _ in poll.poll(max(0, (until - now()) * 1000))}

    # The agent ----------------------------------------------------------------------------------------------------------

    def _from_agent(self, kind, body):
        if kind == frames.PIECE:
            return self._input_piece(body)
        frame = frames.read_json(body)
        what = orders.check(frame)
        if what == "execute":
            self._execute(frame)
        elif what in ("interrupt", "cancel"):
            self._interrupt(frame["computation"], what)
        elif what == "input":
            self._to_running(frame["computation"], {"t": "input", "value": frame["value"]})
        elif what == "fileTaken":
            run = self._to_running(frame["computation"], {"t": "taken"})
            if run:
                run.files_wait()
        elif what == "request":
            self._request(frame)
        elif what == "interruptRequests":
            if self.session:
                self.session.interrupt_requests()
        elif what == "ping":
            spares = sum(1 for newborn in self.nursery.spares if newborn.ready)
            self.wire.send({"type": "pong", "id": frame["id"], "memoryBytes": memory(), "spares": spares})

    def _execute(self, frame):
        if len(self.waiting) >= options.QUEUE_MAX or self._inputs:
            raise Broken("more computations than a kernel takes")
        size = sum(entry["size"] for entry in frame["files"])
        held = {"frame": frame, "pieces": [], "left": size}
        self.waiting.append(held)
        self._inputs = held if size else None

    def _input_piece(self, body):
        held = self._inputs
        data = frames.split_piece(body)[1]
        if held is None or len(data) > held["left"]:
            raise Broken("bytes of no file")
        held["pieces"].append(data)
        held["left"] -= len(data)
        if held["left"] == 0:
            self._inputs = None

    def _interrupt(self, computation, what):
        for held in self.waiting:
            if held["frame"]["computation"]["id"] == computation and held is not self._inputs:
                self.waiting.remove(held)
                return self._never_ran(computation, ("cancelled", "Cancelled before it began."))
        run = self._of(computation)
        if run and what == "cancel":
            run.cancel()
        elif run:
            run.interrupt("cancelled", "Interrupted.")

    def _of(self, computation):
        return next((run for run in self.running.values() if run.computation == computation), None)

    def _to_running(self, computation, value):
        run = self._of(computation)
        if run:
            run.to_child += frames.pack_json(value)
        return run

    def _request(self, frame):
        request = {"id": frame["id"], "msg_type": frame["msg_type"], "content": frame["content"]}
        if self.session:
            self.session.ask(request)
        elif self._session_lost:
            self.wire.send(refusal(request["id"], request["msg_type"]))
        elif len(self.requests) < options.REQUESTS_MAX:
            self.requests.append(request)

    # Children -----------------------------------------------------------------------------------------------------------

    def _hear_spare(self, newborn):
        # With one under way a checkpoint would hold its clock: restored much later, it would count as late.
        if self.nursery.hear_spare(newborn) and not self._told_ready and all(spare.ready for spare in self.nursery.spares):
            self._told_ready = True
            self.wire.send({"type": "ready", **self.facts})

    def _hand_out(self):
        while self.waiting and self.waiting[0] is not self._inputs:
            frame = self.waiting[0]["frame"]
            if frame["mode"] == "session" and self._session_lost:
                # What the session knew is gone with its child: another one would answer as if nothing had been.
                self.waiting.pop(0)
                self._never_ran(frame["computation"]["id"], ("error", "The session is closed."), closed=True)
                continue
            run = self.session if frame["mode"] == "session" else None
            if run is not None and run.computation is not None:
                return
            if run is None:
                newborn = self.nursery.take()
                if newborn is None:
                    self.nursery.fill(0)
                    return
                run = self.running[newborn] = Running(newborn, self.wire, now)
            held = self.waiting.pop(0)
            run.execute(frame, processes=1 + len(self.nursery.children) + options.SPARES)
            for piece in held["pieces"]:
                run.to_child += frames.pack_piece(0, piece)
            if frame["mode"] == "session":
                self.session = run
            self._write_to(run)
        while self.requests and (newborn := self.nursery.take()):
            run = self.running[newborn] = Running(newborn, self.wire, now)
            run.deadline = now() + options.REQUEST_S
            run.kill_at = run.deadline
            run.ask(self.requests.pop(0))
        # New children would take the time of one that runs, as long as there is still one ready.
        busy = any(run.computation is not None for run in self.running.values())
        self.nursery.fill(0 if busy else options.SPARES_LOW)

    def _write_to(self, run):
        if run.to_child:
            try:
                sent = run.newborn.line.send(run.to_child)
                del run.to_child[:sent]
            except (BlockingIOError, BrokenPipeError, ConnectionResetError):
                pass

    def _look_after(self, run):
        self._write_to(run)
        try:
            if not self.wire.full:
                run.hear()
        except Lie as lie:
            print("a child was killed: %s" % lie, file=sys.stderr, flush=True)
            run.stop("error", "Stopped: its process did not keep to its protocol (%s)." % lie)
        if now() >= run.text_due():
            run.flush_text()
        run.tick()
        if run.over and not run.file_left and run.computation is not None:
            # A session is alone in its sandbox: nobody else's child runs in it, or waits for one.
            if run.stays and not run.session and self.session is None and len(self.running) == 1 and not self.waiting:
                self.session, run.session = run, True
            elif not run.session:
                run.stays = False
                # The answer leaves before the death of its child takes the processor.
                run.drain_pipes()
                run.flush_text()
                self.wire.write_some()
                # Nothing can catch or outlive the death of pid 1 of a namespace, so nobody has to wait for it; a child that is
                # not buried in time means a kernel in doubt.
                run.newborn.kill()
                run.bury_by = now() + options.BURY_S
            run.drain_pipes()
            self._finish(run, None)
        if now() > run.bury_by:
            raise Broken("a killed child is still there")

    def _bury(self):
        """Computations whose child, and with it all its processes, is gone."""
        for newborn, ended in self.nursery.ended:
            run = self.running.pop(newborn, None)
            if run is not None:
                self._last_words(run)
                run.file_left = 0
                run.asked.refuse()
                if run is self.session:
                    self.session, self._session_lost = None, True
                if run.computation is not None:
                    self._finish(run, ended)
            self.nursery.drop(newborn)
        self.nursery.ended = []

    def _last_words(self, run):
        """What the dead child still had in its line, its ring and its pipes; a bounded amount."""
        try:
            for _ in range(64):
                before = run._bytes, run._messages, self.wire.pending
                run.hear()
                if (run._bytes, run._messages, self.wire.pending) == before:
                    return
        except Lie:
            return

    def _finish(self, run, ended):
        """`ended`: what the zygote told of the child; None while a session goes on."""
        run.flush_text()
        kind, words = run.outcome(ended)
        if not run.replied:
            self._reply_for(run.computation, kind, words)
        wall_ms = (now() - run.started) * 1000
        cpu_ms = max(0.0, ended["cpu"] - run.newborn.start_cpu_ms) if ended else run.cpu_ms
        usage = {"wallMs": round(wall_ms, 1), "cpuMs": round(cpu_ms, 1), "memoryBytes": ended["rss"] if ended else run.memory_bytes}
        computation, run.computation = run.computation, None
        stays, run.stays = run.stays and ended is None, False
        self._done(computation, (kind, words), usage, closed=run.session and ended is not None, stays=stays)
        run.rest()

    def _never_ran(self, computation, outcome, closed=False):
        self._reply_for(computation, *outcome)
        self._done(computation, outcome, {"wallMs": 0, "cpuMs": 0, "memoryBytes": 0}, closed)

    def _reply_for(self, computation, kind, words):
        """Who asked is answered also where the child cannot."""
        self.wire.send({"type": "message", "computation": computation, "message": last_reply(kind, words)})

    def _done(self, computation, outcome, usage, closed=False, stays=False):
        kind, words = outcome
        done = {"type": "done", "computation": computation, "kind": kind, "message": words, "usage": usage, "sessionClosed": closed}
        self.wire.send(dict(done, stays=True) if stays else done)
