"""What code prints: in order, while it goes on, and all of it; next: sessions_test.py."""

import time
import unittest

from shared import kernel


class Text(unittest.TestCase):
    def test_order_holds_between_prints_errors_displays_and_subprocesses(self):
        code = (
            "import sys, os\nfrom IPython.display import display\nprint('1')\nprint('2', file=sys.stderr)\ndisplay(3)\n"
            "os.system('echo 4');\nos.system('echo 5 >&2')\nprint('6')\ndisplay(7)\nprint('8')"
        )
        said = []
        for message in kernel().run(code).messages:
            content = message["content"]
            if message["msg_type"] == "stream":
                said += content["text"].split()
            elif message["msg_type"] == "display_data":
                said.append(content["data"]["text/plain"])
        self.assertEqual(said, list("12345678"))

    def test_lines_leave_while_the_code_goes_on(self):
        times = []
        computation = kernel().start("import time\nfor n in range(3):\n    print(n)\n    time.sleep(0.4)")
        kernel().finish(computation, on_message=lambda m: times.append((time.monotonic(), m["msg_type"])))
        streams = [at for at, kind in times if kind == "stream"]
        self.assertEqual(len(streams), 3)
        self.assertGreater(streams[2] - streams[0], 0.6)

    def test_a_million_small_prints_are_merged(self):
        result = kernel().run("for n in range(300000): print(7)", outputBytes=4 << 20, seconds=60)
        self.assertEqual(result.kind, "ok", result.done)
        self.assertEqual(result.text(), "7\n" * 300000)
        self.assertLess(len(result.messages), 200)

    def test_a_print_within_a_print_comes_after_it_and_nothing_is_lost(self):
        code = """
import signal
ticks = 0
def tick(*_):
    global ticks
    ticks += 1
    print('tick')
signal.signal(signal.SIGALRM, tick)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
for n in range(30000): print(n)
signal.setitimer(signal.ITIMER_REAL, 0)
print('ticks', ticks)"""
        result = kernel().run(code, language="python")
        self.assertEqual((result.kind, result.done["message"]), ("ok", ""))
        # A print is two writes, its words and the end of its line: another's may stand between.
        said, ticks = result.text().split("ticks ")
        self.assertGreater(int(ticks), 10)
        self.assertEqual(said.count("tick"), int(ticks))
        self.assertTrue(said.replace("tick", "").split() == [str(n) for n in range(30000)], "a number is lost or out of order")

    def test_a_new_process_writes_into_nobody_elses_text_from_its_first_moment_on(self):
        # Where a callback at a fork prints, or a signal ends a worker of a pool that has hardly begun.
        code = """
import logging, os
class Early:
    def _at_fork_reinit(self): print('early')
early = Early()
logging._at_fork_reinit_lock_weakset.add(early)
pid = os.fork()
if pid == 0: os._exit(0)
os.waitpid(pid, 0)
print('late')"""
        result = kernel().run(code, language="python")
        self.assertEqual((result.kind, result.done["message"], result.text()), ("ok", "", "early\nlate\n"))

    def test_broken_and_split_utf8_becomes_text(self):
        code = "import os, time\nos.write(1, b'\\xff\\xe2'); time.sleep(0.2); os.write(1, b'\\x82\\xac')"
        self.assertEqual(kernel().run(code).text(), "\ufffd\u20ac")
