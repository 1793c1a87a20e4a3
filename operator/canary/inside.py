"""What the canary runs in a kernel's place: it leans on every wall of its pod and notes, line by line, how far it came; next: verdicts.ts.

python3 -S -c THIS '{"try": ["network", ...], ...}'    The notes are the container's termination message: whoever may see the pod may read it.
"""

import errno
import json
import os
import socket
import sys
import threading
import time

MEBIBYTE = 1 << 20
asked = json.loads(sys.argv[1])
notes = os.open("/dev/termination-log", os.O_WRONLY | os.O_APPEND)


def note(**found):
    os.write(notes, json.dumps(found, separators=(",", ":")).encode() + b"\n")


def connects(host, port):
    try:
        socket.create_connection((host, port), asked["connectSeconds"]).close()
        return True
    except OSError:
        return False


def resolves(host, _port):
    """By UDP: a name server is a way out even where no connection is."""
    question = b"\0\1\1\0\0\1\0\0\0\0\0\0" + b"\7example\3com\0" + b"\0\1\0\1"
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.settimeout(asked["connectSeconds"])
            asker.sendto(question, (host, 53))
            return asker.recv(512) != b""
    except OSError:
        return False


def reach_all(tries):
    """Which of them answer, all asked at once."""
    answers = {}

    def try_one(reach, name, host, port):
        answers[name, host, port] = reach(host, port) or answers.get((name, host, port), False)

    threads = [threading.Thread(target=try_one, args=one) for one in tries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def try_network():
    forbidden = [(connects, *place) for place in asked["forbidden"]]
    forbidden += [(resolves, name, host, 53) for name, host, port in asked["forbidden"] if port == 53]
    environment = os.environ
    if "KUBERNETES_SERVICE_HOST" in environment:
        api = environment["KUBERNETES_SERVICE_HOST"], int(environment["KUBERNETES_SERVICE_PORT"])
        forbidden.append((connects, "the API server", *api))
    forbidden.append((connects, "its node's kubelet", environment["HOST_IP"], 10250))
    tries = [(connects, *place) for place in asked["needed"]] + forbidden
    # A policy is in force some moments after a pod has its address, long before a kernel is warm.
    for _ in range(asked["networkTries"]):
        answers = reach_all(tries)
        if not any(answers[one[1:]] for one in forbidden):
            break
        time.sleep(2)
    visitors.count = 0
    said = "{0} ({1} port {2})".format
    reached = sorted({said(*one[1:]) for one in forbidden if answers[one[1:]]})
    unreached = [said(*place) for place in asked["needed"] if not answers[tuple(place)]]
    note(wall="network", reached=reached, unreached=unreached)


class Visitors:
    """Counts who reaches the pod from outside while the other walls are tried."""

    def __init__(self, port):
        self.count = 0
        self._server = socket.create_server(("", port))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            connection, _ = self._server.accept()
            connection.close()
            self.count += 1


def fill(path, most):
    wrote = 0
    try:
        with open(path, "wb", 0) as file:
            while wrote < most:
                wrote += file.write(b"x" * MEBIBYTE)
    except OSError:
        pass
    finally:
        os.unlink(path)
    return wrote


def try_disk():
    writable = []
    for folder in ("/", "/etc", "/home", "/opt", "/opt/kernel", "/run", "/usr/local", "/var", "/var/tmp"):
        try:
            path = os.path.join(folder, "canary")
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
            os.unlink(path)
            writable.append(folder)
        except OSError:
            pass
    allowed = asked["temporaryBytes"]
    note(wall="disk", wrote=fill("/tmp/canary", 2 * allowed), allowed=allowed, writable=writable)


def spin(until):
    """Turns of a loop until then."""
    turns = 0
    while time.monotonic() < until:
        for _ in range(500):
            pass
        turns += 1
    return turns


def try_cpu():
    # How fast one processor is: in short bursts, after a rest, no limit is felt.
    best = 0
    for _ in range(12):
        time.sleep(0.2)
        best = max(best, spin(time.monotonic() + 0.01) / 0.01)
    seconds = asked["spinSeconds"]
    begin = time.monotonic() + 0.3
    pipes = []
    for _ in range(asked["spinners"]):
        read, write = os.pipe()
        if os.fork() == 0:
            time.sleep(max(0, begin - time.monotonic()))
            os.write(write, b"%d" % spin(begin + seconds))
            os._exit(0)
        os.close(write)
        pipes.append(read)
    turns = sum(int(os.read(read, 32)) for read in pipes)
    note(wall="cpu", used=round(turns / seconds / best, 2), allowed=asked["cpus"])


def try_memory():
    most = 2 * asked["memoryBytes"]
    step = 8 * MEBIBYTE
    kept = []
    note(wall="memory", allowed=asked["memoryBytes"])
    while len(kept) * step < most:
        try:
            kept.append(b"x" * step)
        except MemoryError:
            break
        if len(kept) % 4 == 0:
            note(wall="memory", had=len(kept) * step)
    note(wall="memory", had=len(kept) * step, over=True)


def try_pids():
    most = asked["processes"]
    note(wall="pids", allowed=asked["processesAllowed"])
    had = 0
    for had in range(1, most + 1):
        try:
            # Small ones: memory must not end first.
            os.posix_spawn("/usr/bin/sleep", ["sleep", "600"], {})
        except OSError as error:
            note(wall="pids", had=had - 1, refused=errno.errorcode.get(error.errno, str(error.errno)), over=True)
            return
        if had % 64 == 0:
            note(wall="pids", had=had)
    note(wall="pids", had=had, over=True)


walls = {"network": try_network, "disk": try_disk, "cpu": try_cpu, "memory": try_memory, "pids": try_pids}
visitors = Visitors(asked["port"])
for wall in asked["try"]:
    if wall in ("memory", "pids"):
        # Nothing may come after these two.
        note(wall="visitors", count=visitors.count)
    walls[wall]()
# Children that wait are not waited for.
os._exit(0)
