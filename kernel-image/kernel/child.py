"""A child from its birth to its end: one computation, or a session of many; next: collect.py.

It holds its own line to the zygote, two pipes for raw output and nothing else. A child that cannot be walled in says so and dies.
"""

import gc
import os
import resource
import socket
import sys
import traceback

from . import collect, comms, interact_faces, limits, namespaces, publish, syscall_filter
from .channel import Channel
from .output import TextLink, UserStream
from .ring import RingWriter
from .seeds import SPEAKS_TO_LIBRARIES
from .tracebacks import CpuTimeExceeded, describe_safely

REHEARSAL = {"t": "execute", "code": "1+1", "language": "sage", "expressions": {}, "limits": {"uploadFiles": 1, "uploadBytes": 1}}
REHEARSALS = 40
KINDS = {MemoryError: "memory", CpuTimeExceeded: "timeout", KeyboardInterrupt: "interrupt"}


class Birth:
    """What the zygote hands to a child through the fork."""

    def __init__(self, socket, out_fd, err_fd, ring, warmed, workspace):
        self.socket, self.out_fd, self.err_fd, self.ring = socket, out_fd, err_fd, ring
        self.warmed, self.workspace = warmed, workspace


def live(birth):
    """Never returns."""
    channel = Channel(birth.socket)
    try:
        child = Child(birth, channel)
        child.send_ready()
        child.serve()
    except BaseException as error:
        try:
            words = "".join(traceback.format_exception(error))[-1500:]
            channel.send({"t": "failed", "reason": words})
        finally:
            os._exit(1)
    os._exit(0)


class Child:
    def __init__(self, birth, channel):
        self.warmed, self.channel = birth.warmed, channel
        self._workspace = birth.workspace
        self._take_descriptors(birth)
        syscall_filter.require()
        namespaces.enter(os.getuid(), os.getgid())
        namespaces.fresh_tmp(*birth.workspace, self.warmed.directories)
        limits.catch_signals(_on_cpu_time)
        channel.text = TextLink(RingWriter(birth.ring), channel.nudge)
        channel.text.stay_with_this_process()
        limits.leave_signals_at_forks()
        publish.use(channel)
        sys.stdout, sys.stderr = UserStream(1, "stdout", channel.text), UserStream(2, "stderr", channel.text)
        sys.__stdout__, sys.__stderr__ = sys.stdout, sys.stderr
        self._base = limits.address_space_used()
        self.collector = collect.Collector(namespaces.WORK.encode())
        self._mode = None
        self.rehearse()

    def _take_descriptors(self, birth):
        null = os.open("/dev/null", os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(birth.out_fd, 1)
        os.dup2(birth.err_fd, 2)
        namespaces.keep_only({0, 1, 2, birth.socket.fileno(), *self.warmed.descriptors})

    @classmethod
    def before_birth(cls, warmed):
        """One that only rehearses, in the zygote to be: code is specialised, types are cached and dictionaries are numbered by
        running, and each of these writes would cost every child a page."""
        child = cls.__new__(cls)
        ours, _ = socket.socketpair()
        child.warmed, child.channel, child._mode = warmed, Channel(ours), None
        child.channel.text = TextLink(RingWriter(bytearray(16)), None)
        child.collector = collect.Collector(b"/tmp")
        publish.use(child.channel)
        for _ in range(REHEARSALS):
            child.rehearse()
        publish.use(None)
        child.collector.close()

    def rehearse(self):
        """Touches the pages that the first computation will touch, before anybody waits for it."""
        self.channel.muted = True
        self._mode = "oneShot"
        self.warmed.seeds.reseed()
        self.channel.suppose(REHEARSAL)
        self._work(self.channel.next_frame(), [])
        self._mode = None
        self.channel.muted = False
        self.warmed.namespace.pop("_", None)

    def send_ready(self):
        self.channel.send({"t": "ready", "cpu": _cpu_ms()})

    def serve(self):
        while True:
            try:
                frame = self.channel.next_frame()
            except KeyboardInterrupt:
                continue  # what it was meant for is over
            if frame["t"] == "execute":
                self._execute(frame)
                if self._mode == "oneShot":
                    # Not by its own hand: the answer leaves before a death takes the processor.
                    self.channel.wait_to_be_ended()
            elif frame["t"] == "request":
                from . import requests

                if self._mode is None:
                    _wall_in()
                elif self._mode == "session":
                    limits.allow_more_cpu(self._cpu_seconds)
                requests.answer(self, frame)

    def _execute(self, frame):
        if self._mode is None:
            self._settle_in(frame)
        else:
            limits.allow_more_cpu(frame["limits"]["cpuSeconds"])
        self._cpu_seconds = frame["limits"]["cpuSeconds"]
        self.channel.allow_input = frame["allowInput"]
        publish.figure_format = frame["figureFormat"]
        self._work(frame, self._receive_files(frame["files"]))

    def _work(self, frame, input_names):
        started = _cpu_ms()
        self.collector.before(input_names)
        self.channel.takes_files = True
        try:
            error, described, count = self._run(frame)
            reply, error = self._reply(frame, error, described, count)
            self.channel.message("execute_reply", reply, hold=True)
            stays = frame.get("mayStay") and comms.left_behind()
            if self._mode == "oneShot" and not stays:
                _end_others()
            files = self.collector.changed(frame["limits"])
            if files:
                self.channel.flush_held()
                left_out = self.collector.send(files, self.channel, frame["limits"])
                if left_out:
                    self.channel.message("stream", {"name": "stderr", "text": _left_out_words(left_out, frame["limits"])})
        except KeyboardInterrupt as late:
            error, stays = late, False
        self.channel.takes_files = False
        if stays:
            self._mode = "session"
        self._over(error, _cpu_ms() - started, stays)

    def _settle_in(self, frame):
        """The computation is known now: its limits, its seeds, and no way back to the zygote's mounts."""
        self._mode = frame["mode"]
        lasting = self._mode == "session" or frame["mayStay"]
        if lasting:
            comms.last()
        if frame["interacts"] != interact_faces.style():
            interact_faces.use_style(frame["interacts"])
        bound = frame["limits"]
        workspace = (bound["workspaceBytes"], bound["workspaceFiles"])
        if workspace != self._workspace:
            namespaces.fresh_tmp(*workspace, self.warmed.directories)
            self.collector.reopen()
        _wall_in()
        self.warmed.seeds.reseed()
        if self._mode == "session" or frame["files"] or frame["language"] == "gap" or SPEAKS_TO_LIBRARIES.search(frame["code"]):
            self.warmed.seeds.reseed_libraries()
        limits.apply(bound, self._base, frame["processes"], lasting)
        gc.enable()

    def _receive_files(self, announced):
        names = []
        for entry in announced:
            names.append(entry["path"])
            with collect.create(entry["path"]) as target:
                left = entry["size"]
                while left > 0:
                    piece = self.channel.next_frame()
                    if piece["t"] != "piece" or len(piece["data"]) > left:
                        raise RuntimeError("an input file did not arrive whole")
                    left -= len(piece["data"])
                    target.write(piece["data"])
        return names

    def _run(self, frame):
        """Returns (error or None, its description, execution count)."""
        code, language = frame["code"], frame["language"]
        from . import lean

        if language not in ("sage", "python"):
            return self._run_other(code, language)
        if self._mode == "oneShot" and (lean.suits(code) or language == "python" and not code.lstrip().startswith(("%", "!"))):
            error = self.warmed.lean.run(code, language)
            described = None
            if error is not None:
                described = self.warmed.lean.describe(error)
                self.channel.message("error", described, hold=True)
            return error, described, 1
        from .shell import in_language

        shell = self.warmed.shell
        count = shell.execution_count
        with in_language(language):
            error = shell.run(code, frame["storeHistory"])
        from .pictures import show_open_figures

        show_open_figures()
        return error, shell.last_described, count

    def _run_other(self, code, language):
        from . import languages

        error = languages.run(code, language)
        described = None
        if error is not None:
            described = describe_safely(error, self.warmed.sources)
            self.channel.message("error", described, hold=True)
        return error, described, self.warmed.shell.execution_count

    def _reply(self, frame, error, described, count):
        if error is not None:
            return dict(described, status="error", execution_count=count, user_expressions={}, payload=[]), error
        expressions = {}
        for name, text in frame["expressions"].items():
            try:
                data, metadata = self.warmed.formatter.format(eval(text, self.warmed.namespace))
                expressions[name] = {"status": "ok", "data": data, "metadata": metadata}
            except KeyboardInterrupt as ended:
                error = ended
            except BaseException as failed:
                expressions[name] = dict(describe_safely(failed, self.warmed.sources), status="error")
        payload, self.warmed.shell.payload = self.warmed.shell.payload, []
        return {"status": "ok", "execution_count": count, "user_expressions": expressions, "payload": payload}, error

    def _over(self, error, cpu_ms, stays):
        kind = "ok" if error is None else "error"
        for etype, name in KINDS.items():
            if isinstance(error, etype):
                kind = name
        words = "" if error is None else "%s: %s" % (type(error).__name__, _short(error))
        # One write for result, reply and end wherever possible: a write costs more than all of 1+1.
        rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        self.channel.pack_over(
            {
                **{"t": "over", "p": self.channel.text.position, "kind": kind, "message": words},
                **{"cpu": round(cpu_ms, 1), "rss": rss, "stays": bool(stays)},
            }
        )


def _wall_in():
    """From here on what the user said is looked at, and there is no way back to the zygote's mounts."""
    namespaces.drop_capabilities()
    syscall_filter.apply()


def _short(error):
    try:
        return str(error)[:500]
    except BaseException:
        return "?"


def _left_out_words(count, limits):
    return "New files left out: %d. At most %d files of %d bytes together are given back.\n" % (
        count,
        limits["uploadFiles"],
        limits["uploadBytes"],
    )


def _cpu_ms():
    own, others = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return (own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime) * 1000


def _on_cpu_time(_signal, _frame):
    raise CpuTimeExceeded("the computation used up its CPU time")


def _end_others():
    """Nothing that the code started outlives it: as pid 1 of its namespace the child can end all of it."""
    try:
        pid, _ = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return
    try:
        os.kill(-1, 9)
        while True:
            os.waitpid(-1, 0)
    except OSError:
        return
