"""Starts a kernel in a real gVisor sandbox and speaks its frames; next: contract_test.py."""

import json
import os
import queue
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
KERNEL = os.path.dirname(HERE)
PROCESS = os.path.join(os.path.dirname(KERNEL), "process.json")
LIMITS = {
    "wallMs": 30_000,
    "cpuSeconds": 30,
    "addressSpaceBytes": 2 << 30,
    "processes": 40,
    "fileBytes": 64 << 20,
    "workspaceBytes": 256 << 20,
    "workspaceFiles": 4096,
    "outputBytes": 4 << 20,
    "outputMessages": 2000,
    "uploadFiles": 20,
    "uploadBytes": 16 << 20,
}


def bundle(directory, root):
    with open(PROCESS) as file:
        process = json.load(file)
    read_only = ["rbind", "ro", "nosuid", "nodev"]
    caps = {kind: [] for kind in ("bounding", "effective", "inheritable", "permitted", "ambient")}
    config = {
        "ociVersion": "1.0.2",
        "process": {
            "terminal": False,
            "user": {"uid": process["uid"], "gid": process["gid"]},
            "args": process["args"],
            "env": ["%s=%s" % pair for pair in process["env"].items()],
            "cwd": process["cwd"],
            "noNewPrivileges": True,
            "capabilities": caps,
            "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 4096, "soft": 4096}],
        },
        "root": {"path": root, "readonly": True},
        "hostname": "kernel",
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs"},
            {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["mode=1777", "size=512m", "nosuid", "nodev"]},
            {"destination": "/dev/shm", "type": "tmpfs", "source": "tmpfs", "options": ["mode=1777", "size=64m"]},
            {"destination": "/opt/kernel", "type": "bind", "source": KERNEL, "options": read_only},
        ],
        "linux": {"namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount", "network")]},
    }
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, "config.json"), "w") as file:
        json.dump(config, file)


class Kernel:
    """One sandbox. `run(code)` gives a Result; closing it leaves nothing behind."""

    def __init__(self, enter=None):
        """`enter` is called in the new process before it becomes runsc."""
        self.directory = tempfile.mkdtemp(prefix="sandcell-kernel-")
        os.chmod(self.directory, 0o755)
        self.name = os.path.basename(self.directory)
        bundle(self.directory, os.environ["SANDCELL_KERNEL_ROOT_PATH"])
        self.configure()
        self.begin(["run", "-bundle", self.directory], enter)
        self.ready = self.first("ready", 300)

    def begin(self, command, enter=None):
        """The sandbox, by a command of runsc's that the container's name completes, and somebody who reads its frames."""
        self.base = [os.environ["SANDCELL_RUNSC_PATH"], "--root", self.directory + "/runsc", "--network=none", "--ignore-cgroups", "--platform=systrap"]
        self.log = open(self.directory + "/log", "w+")
        self.process = self.launch(self.base + command + [self.name], preexec_fn=enter)
        self.frames = queue.Queue()
        self.count = 0
        threading.Thread(target=self._read, daemon=True).start()

    def configure(self):
        """For kinds of kernels that change the bundle."""

    def first(self, kind, seconds):
        """What a kernel says that begins; of one that does not begin nothing is left."""
        try:
            return self.expect(kind, seconds)
        except BaseException:
            self.close()
            raise

    def launch(self, command, **how):
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, **how)

    def _read(self):
        stream = self.process.stdout
        while True:
            head = stream.read(5)
            if len(head) < 5:
                self.frames.put(None)
                return
            length, kind = struct.unpack(">IB", head)
            body = stream.read(length - 1)
            self.frames.put(json.loads(body) if kind == 0 else {"type": "piece", "number": struct.unpack(">I", body[:4])[0], "data": body[4:]})

    def next(self, seconds):
        frame = self.frames.get(timeout=seconds)
        if frame is None:
            raise AssertionError("the kernel is gone: " + self.said())
        return frame

    def said(self):
        self.log.seek(0)
        return self.log.read()[-2000:]

    def expect(self, kind, seconds):
        until = time.monotonic() + seconds
        while True:
            try:
                frame = self.next(max(0.01, until - time.monotonic()))
            except queue.Empty:
                raise AssertionError("no %s: %s" % (kind, self.said())) from None
            if frame["type"] == "broken":
                raise AssertionError(frame["reason"])
            if frame["type"] == kind:
                return frame

    def send(self, value):
        body = json.dumps(value).encode()
        self.process.stdin.write(struct.pack(">IB", len(body) + 1, 0) + body)
        self.process.stdin.flush()

    def piece(self, number, data):
        self.process.stdin.write(struct.pack(">IBI", len(data) + 5, 1, number) + data)
        self.process.stdin.flush()

    def start(self, code, mode="oneShot", language="sage", files=(), expressions=None, allow_input=False, store_history=True, interacts="sage", stay=False, figures=None, **limits):
        self.count += 1
        computation = "c%025d" % self.count
        asked = {
            "id": computation,
            "code": code,
            "language": language,
            "limits": {**LIMITS, **limits},
            "expressions": expressions or {},
            "allowInput": allow_input,
            "storeHistory": store_history,
            "interacts": interacts,
            **({"figureFormat": figures} if figures else {}),
            **({"staySession": "s%025d" % self.count} if stay else {}),
        }
        announced = [{"number": at, "path": path, "size": len(data)} for at, (path, data) in enumerate(files)]
        self.send({"type": "execute", "computation": asked, "mode": mode, "files": announced})
        for at, (_, data) in enumerate(files):
            if data:
                self.piece(at, data)
        return computation

    def finish(self, computation, seconds=60, on_message=None):
        result = Result()
        until = time.monotonic() + seconds
        while True:
            frame = self.next(max(0.01, until - time.monotonic()))
            kind = frame["type"]
            if kind == "message":
                result.messages.append(frame["message"])
                if on_message:
                    on_message(frame["message"])
            elif kind == "file":
                result.files[frame["path"]] = b""
                result.shown[frame["path"]] = frame["shown"]
                incoming = frame
                if frame["size"] == 0:
                    self.send({"type": "fileTaken", "computation": computation, "number": frame["number"]})
            elif kind == "piece":
                result.files[incoming["path"]] += frame["data"]
                if len(result.files[incoming["path"]]) == incoming["size"]:
                    self.send({"type": "fileTaken", "computation": computation, "number": incoming["number"]})
            elif kind == "done":
                result.done = frame
                return result
            elif kind == "broken":
                raise AssertionError(frame["reason"])

    def run(self, code, **how):
        seconds = how.pop("seconds", 60)
        return self.finish(self.start(code, **how), seconds)

    def command(self, *words):
        subprocess.run([*self.base, *words], check=True, capture_output=True)

    def close(self):
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def stop(self):
        self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            subprocess.run(self.base + ["kill", self.name, "KILL"], capture_output=True)
            self.process.wait(10)
        subprocess.run(self.base + ["delete", "-force", self.name], capture_output=True)
        # gVisor keeps the network namespace that is none mounted in its state.
        subprocess.run(["umount", self.directory + "/runsc/null-netns"], capture_output=True)
        self.log.close()


class Checkpoint:
    """What `kernel` is now, written to disk beside its bundle; it goes on. Restored kernels start in a tenth of a kernel's time."""

    def __init__(self, kernel):
        self.bundle = kernel.directory
        self.image = tempfile.mkdtemp(prefix="image-", dir=kernel.directory)
        kernel.command("checkpoint", "-leave-running", "-image-path", self.image, "--compression=none", kernel.name)


class Restored(Kernel):
    """A kernel that goes on from a checkpoint."""

    def __init__(self, checkpoint):
        self.directory = tempfile.mkdtemp(prefix="sandcell-kernel-")
        self.name = os.path.basename(self.directory)
        self.begin(["restore", "-image-path", checkpoint.image, "-bundle", checkpoint.bundle])
        self.send({"type": "ping", "id": 1})
        self.first("pong", 30)


class Result:
    def __init__(self):
        self.messages, self.files, self.shown, self.done = [], {}, {}, None

    @property
    def kind(self):
        return self.done["kind"]

    def of(self, msg_type):
        return [message["content"] for message in self.messages if message["msg_type"] == msg_type]

    def text(self, name="stdout"):
        return "".join(content["text"] for content in self.of("stream") if content["name"] == name)

    @property
    def data(self):
        """The bundle of the one result."""
        [content] = self.of("execute_result")
        return content["data"]

    @property
    def reply(self):
        [content] = self.of("execute_reply")
        return content


if __name__ == "__main__":
    kernel = Kernel()
    print(kernel.ready)
    try:
        for code in sys.argv[1:]:
            started = time.monotonic()
            result = kernel.run(code)
            print(code, "->", round((time.monotonic() - started) * 1000, 1), "ms")
            for message in result.messages:
                print("  ", json.dumps(message)[:600])
            print("  ", {path: len(data) for path, data in result.files.items()}, result.done)
    finally:
        print(kernel.said())
        kernel.close()
