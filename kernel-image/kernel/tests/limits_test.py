"""Every limit has its outcome and its words, and the next computation is unharmed; next: attack_test.py."""

import time
import unittest

from shared import kernel


class Limits(unittest.TestCase):
    def tearDown(self):
        after = kernel().run("1+1")
        self.assertEqual(after.data["text/plain"], "2")

    def verdict(self, code, kind, words="", **limits):
        result = kernel().run(code, **limits)
        self.assertEqual(result.kind, kind, result.done)
        self.assertIn(words, result.done["message"])
        return result

    def test_wall_clock(self):
        for code in ("import time; time.sleep(60)", "while True: pass", "import signal\nfor s in (2, 15, 24): signal.signal(s, signal.SIG_IGN)\nwhile True: pass"):
            self.verdict(code, "timeout", "time limit of 1 s", wallMs=1000)

    def test_cpu_time(self):
        self.verdict("while True: pass", "timeout", "CPU", cpuSeconds=1, wallMs=20000)

    def test_code_that_holds_on_in_c(self):
        self.verdict("factorial(10^9)", "timeout", "time limit", wallMs=1500)

    def test_address_space(self):
        self.verdict("x = bytearray(3 << 30)", "memory", addressSpaceBytes=1 << 30)
        self.verdict("l = []\nwhile True: l.append(bytearray(1 << 16))", "memory", addressSpaceBytes=1 << 29)

    def test_processes(self):
        code = "import os, time\nn = 0\ntry:\n    while n < 1000:\n        if os.fork() == 0:\n            time.sleep(100)\n        n += 1\nexcept OSError as e:\n    print(type(e).__name__, n < 500)"
        self.assertIn("BlockingIOError True", kernel().run(code, processes=20).text())

    def test_a_fork_bomb(self):
        self.verdict("import os\nwhile True:\n    try: os.fork()\n    except OSError: pass", "timeout", wallMs=2000, processes=20)

    def test_threads(self):
        code = "import threading, time\nn = 0\ntry:\n    while n < 1000:\n        threading.Thread(target=time.sleep, args=(100,), daemon=True).start(); n += 1\nexcept RuntimeError as e:\n    print(n < 500)"
        self.assertIn("True", kernel().run(code, processes=20).text())

    def test_one_files_size(self):
        code = "f = open('big', 'wb')\ntry:\n    for n in range(100): f.write(bytes(1 << 20)); f.flush()\nexcept OSError as e: print(e.errno)"
        self.assertEqual(kernel().run(code, fileBytes=2 << 20).text(), "27\n")

    def test_temporary_space(self):
        code = "n = 0\ntry:\n    while True:\n        open('f%d' % n, 'wb').write(bytes(1 << 20)); n += 1\nexcept OSError as e: print(e.errno, n < 40)"
        self.assertEqual(kernel().run(code, workspaceBytes=16 << 20, uploadFiles=1).text(), "28 True\n")

    def test_number_of_files(self):
        code = "n = 0\ntry:\n    while n < 5000:\n        open('f%d' % n, 'w').close(); n += 1\nexcept OSError as e: print(e.errno)\nprint(n < 200)"
        self.assertIn("True", kernel().run(code, workspaceFiles=150, uploadFiles=1).text())

    def test_output_bytes(self):
        for code in ("while True: print('x' * 1000)", "import os\nos.system('yes')", "print('x' * 10^8)", "import os\nwhile True: os.write(2, b'y' * 10000)"):
            result = self.verdict(code, "outputLimit", "output", outputBytes=200000)
            total = len(result.text()) + len(result.text("stderr"))
            self.assertTrue(0 < total <= 200000, total)

    def test_output_messages(self):
        code = "from IPython.display import display\nwhile True: display(1)"
        result = self.verdict(code, "outputLimit", "messages", outputMessages=50)
        self.assertLessEqual(len(result.messages), 51)

    def test_cancel_before_and_during(self):
        for code in ("while True: pass", "import signal\nsignal.signal(2, signal.SIG_IGN)\nwhile True: pass"):
            computation = kernel().start(code)
            time.sleep(0.4)
            kernel().send({"type": "cancel", "computation": computation})
            self.assertEqual(kernel().finish(computation, 20).kind, "cancelled")

    def test_infinite_recursion_and_open_files(self):
        self.assertEqual(kernel().run("def f(): return f()\nf()").of("error")[0]["ename"], "RecursionError")
        self.assertEqual(kernel().run("l = []\nwhile True: l.append(open('/dev/null'))").of("error")[0]["ename"], "OSError")
