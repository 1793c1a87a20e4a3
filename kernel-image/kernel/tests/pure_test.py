"""What needs no sandbox: frames, orders, names of files; next: contract_test.py."""

import os
import signal
import socket
import sys
import types
import unittest

KERNEL = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, KERNEL)
import main  # noqa: E402

first = sys.path[0]
main.load_package()
sys.path[0] = first
from sandcell_kernel import collect, frames, orders, ring, running, said  # noqa: E402

from drive import LIMITS  # noqa: E402


def execute(**changes):
    computation = {"id": "c1", "code": "1", "language": "sage", "limits": dict(LIMITS), "expressions": {}, "allowInput": False}
    computation.update(changes)
    return {"type": "execute", "computation": computation, "mode": "oneShot", "files": []}


class Frames(unittest.TestCase):
    def test_frames_that_arrive_byte_by_byte_are_whole(self):
        reader, found = frames.FrameReader(), []
        for byte in frames.pack_json({"a": "é"}) + frames.pack_piece(7, b"xyz"):
            reader.feed(bytes([byte]))
            while (frame := reader.next()) is not None:
                found.append(frame)
        self.assertEqual(frames.read_json(found[0][1]), {"a": "é"})
        self.assertEqual(frames.split_piece(found[1][1]), (7, b"xyz"))

    def test_what_is_no_frame_is_refused_before_it_is_held(self):
        for head in (b"\xff\xff\xff\xff\0", b"\0\0\0\0\0", b"\0\0\0\5\7aaaa", b"\0\x10\0\0\0"):
            reader = frames.FrameReader()
            reader.feed(head)
            self.assertRaises(frames.FrameError, reader.next)

    def test_what_is_no_json_object_is_refused(self):
        for body in (b"[1]", b"NaN", b'{"a":NaN}', b"\xff", b"[" * 100000, b'{"a":' + b"9" * 5000 + b"}"):
            self.assertRaises(frames.FrameError, frames.read_json, body)


class Orders(unittest.TestCase):
    def test_every_order_of_the_contract_is_understood(self):
        for order in (
            execute(),
            {"type": "interrupt", "computation": "c1"},
            {"type": "cancel", "computation": "c1"},
            {"type": "input", "computation": "c1", "value": ""},
            {"type": "request", "id": 1, "msg_type": "complete_request", "content": {}},
            {"type": "fileTaken", "computation": "c1", "number": 1},
            {"type": "ping", "id": 1},
        ):
            self.assertEqual(orders.check(order), order["type"])

    def test_other_orders_are_refused(self):
        bad_limits = dict(LIMITS, wallMs=0)
        refused = [{}, {"type": []}, {"type": "run"}, {"type": "ping", "id": "1"}, {"type": "input", "computation": "c1"}]
        refused += [execute(language="perl"), execute(code=1), execute(limits=bad_limits), execute(limits={}), execute(expressions={"a": 1}), execute(figureFormat="gif")]
        refused.append(dict(execute(), mode="twice"))
        refused.append(dict(execute(), files=[{"number": 1, "path": "../x", "size": 1}]))
        for order in refused:
            self.assertRaises(orders.OrderError, orders.check, order)


class Names(unittest.TestCase):
    def test_files_travel_only_under_proper_names(self):
        for path in ("a", "a/b.txt", "é ü.png", ".hidden", "a" * 255):
            self.assertTrue(collect.proper_path(path), path)
        for path in ("", "/a", "../a", "a/../b", "a//b", "a/.", "a\nb", "a\0", "\ud800", "a" * 256, "/".join("a" * 17), "\x7f", "a\u2028b", "\x9b"):
            self.assertFalse(collect.proper_path(path), repr(path))


class Words(unittest.TestCase):
    def test_a_child_is_believed_only_what_fits(self):
        self.assertEqual(said.over({"kind": "ok", "message": "", "cpu": -1, "rss": 5}), ("ok", "", 0.0, 5, False))
        self.assertIs(said.over({"kind": "ok", "message": "", "cpu": 1, "rss": 5, "stays": 1})[-1], False)
        for lie in ({"kind": [], "message": "", "cpu": 1, "rss": 1}, {"kind": "lost", "message": "", "cpu": 1, "rss": 1}, {"kind": "ok", "message": "", "cpu": 1, "rss": -1}):
            self.assertRaises(said.Lie, said.over, lie)
        for kind in (["stream"], {}, None, "status"):
            self.assertRaises(said.Lie, said.message, {"msg_type": kind, "content": {}, "metadata": {}})
        self.assertRaises(said.Lie, said.file, {"path": "a/../../b", "size": 1, "shown": False})


class Ring(unittest.TestCase):
    def setUp(self):
        descriptor = ring.create()
        self.memory = ring.attach(descriptor)
        self.descriptor = descriptor
        self.writer, self.reader = ring.RingWriter(self.memory), ring.RingReader(self.memory)

    def test_a_reader_that_looks_at_any_moment_never_takes_an_honest_writer_for_a_liar(self):
        pid = os.fork()
        if pid == 0:
            for _ in range(1_000_000):
                self.writer.offer(1, b"7\n")
            os._exit(0)
        while os.waitpid(pid, os.WNOHANG)[0] == 0:
            for _ in range(1000):
                self.reader.take()

    def tearDown(self):
        del self.writer
        self.reader.close()
        os.close(self.descriptor)

    def test_text_goes_round_and_keeps_its_order(self):
        want, got = b"", b""
        for n in range(20000):
            data = b"%d " % n
            while not self.writer.offer(1 + n % 2, data):
                got += b"".join(text for _, text in self.reader.take())
            want += data
        got += b"".join(text for _, text in self.reader.take())
        self.assertEqual(got, want)

    def test_nobody_can_cut_it_short(self):
        self.assertRaises(OSError, os.ftruncate, self.descriptor, 0)

    def test_nonsense_is_refused(self):
        self.memory[0:8] = b"\xff" * 8
        self.assertRaises(ring.RingError, self.reader.take)


class Outcome(unittest.TestCase):
    def setUp(self):
        self.line, theirs = socket.socketpair()
        self.line.setblocking(False)
        self.addCleanup(self.line.close)
        self.addCleanup(theirs.close)
        descriptor = ring.create()
        self.addCleanup(os.close, descriptor)
        memory = ring.attach(descriptor)
        self.writer = ring.RingWriter(memory)
        # Killed, but not at once: a busy machine lets it say more.
        child = types.SimpleNamespace(line=self.line, frames=frames.FrameReader(), ring=ring.RingReader(memory), raw_waiting=list, kill=self.kill)
        self.sent, self.kills = [], []
        self.running = running.Running(child, types.SimpleNamespace(send=self.sent.append), lambda: 0.0)
        self.running.execute(execute(limits=dict(LIMITS, outputBytes=1000)), 10)
        over = {"t": "over", "kind": "ok", "message": "", "cpu": 1, "rss": 1}
        self.end = lambda: theirs.sendall(frames.pack_json(over))

    def kill(self, how=signal.SIGKILL):
        self.kills.append(how)

    def test_of_code_that_is_cancelled_twice_is_no_longer_waited_for(self):
        self.running.interrupt("cancelled", "Interrupted.")
        self.running.interrupt("cancelled", "Interrupted.")
        self.running.cancel()
        self.assertEqual(self.kills, [signal.SIGINT])
        self.running.cancel()
        self.assertEqual(self.kills, [signal.SIGINT, signal.SIGKILL])
        self.assertEqual(self.running.outcome(), ("cancelled", "Interrupted."))

    def test_of_code_whose_output_was_cut_is_no_good_one_though_its_child_says_so(self):
        self.writer.offer(1, b"x" * 2000)
        self.running.hear()
        self.running.flush_text()
        self.end()
        self.running.hear()
        self.assertEqual(self.running.outcome()[0], "outputLimit")
        self.assertEqual(sum(len(frame["message"]["content"]["text"]) for frame in self.sent), 1000)

    def test_of_code_that_caught_its_interrupt_is_a_good_one(self):
        self.running.interrupt("cancelled", "Cancelled.")
        self.end()
        self.running.hear()
        self.assertEqual(self.running.outcome()[0], "ok")


if __name__ == "__main__":
    unittest.main()
