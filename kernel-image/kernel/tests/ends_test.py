"""How computations end when clocks, files and interrupts meet; next: limits_test.py."""

import unittest

from shared import another, kernel


class Ends(unittest.TestCase):
    def tearDown(self):
        self.assertEqual(kernel().run("1+1").data["text/plain"], "2")

    def test_what_an_interrupted_cell_prints_while_it_cleans_up_is_kept(self):
        code = "print('on')\ntry:\n    while True: pass\nexcept KeyboardInterrupt:\n    print('cleaned up')\n    raise"
        computation = kernel().start(code)
        started = []

        def interrupt(message):
            if not started:
                started.append(message)
                kernel().send({"type": "interrupt", "computation": computation})

        result = kernel().finish(computation, on_message=interrupt)
        self.assertEqual(result.kind, "cancelled", result.done)
        self.assertEqual(result.text(), "on\ncleaned up\n")

    def test_a_cell_that_catches_its_interrupt_and_goes_on_is_ok(self):
        code = "print('on')\ntry:\n    while True: pass\nexcept KeyboardInterrupt: pass\n'went on'"
        computation = kernel().start(code, language="python")
        result = kernel().finish(
            computation, on_message=lambda m: m["msg_type"] == "stream" and kernel().send({"type": "interrupt", "computation": computation})
        )
        self.assertEqual(result.kind, "ok", result.done)
        self.assertEqual(result.data["text/plain"], "'went on'")

    def test_files_have_their_own_time_when_an_agent_takes_them_slowly(self):
        import time

        computation = kernel().start("open('a', 'w').write('x'); open('b', 'w').write('y'); None", wallMs=2500)
        announced = []
        while True:
            frame = kernel().next(30)
            if frame["type"] == "file":
                announced.append(frame)
            elif frame["type"] == "piece":
                time.sleep(3)  # the agent's upload: longer than the whole time limit
                kernel().send({"type": "fileTaken", "computation": computation, "number": announced[-1]["number"]})
            elif frame["type"] == "done":
                break
        self.assertEqual((frame["kind"], [entry["path"] for entry in announced]), ("ok", ["a", "b"]))

    def test_a_killed_computation_is_answered_all_the_same(self):
        result = kernel().run("while True: pass", wallMs=500)
        self.assertEqual((result.kind, result.reply["status"], result.reply["ename"]), ("timeout", "error", "TimeLimitExceeded"))
        self.assertEqual(result.messages[-1]["msg_type"], "execute_reply")


    def test_an_alarm_is_the_exception_that_sage_promises(self):
        result = kernel().run("try:\n    alarm(0.3); pari('for(i=1,10^13,i)')\nexcept AlarmInterrupt: print('rang')")
        self.assertEqual((result.kind, result.text()), ("ok", "rang\n"), result.done)


    def test_a_process_that_is_told_to_end_while_it_begins_ends(self):
        code = """
import logging, os, signal
class Early:
    def _at_fork_reinit(self): os.kill(os.getpid(), signal.SIGTERM); [None for _ in range(1000)]
early = Early()
logging._at_fork_reinit_lock_weakset.add(early)
pid = os.fork()
if pid == 0: os._exit(7)
print(os.WTERMSIG(os.waitpid(pid, 0)[1]))"""
        result = kernel().run(code, language="python")
        self.assertEqual((result.kind, result.text(), result.text("stderr")), ("ok", "15\n", ""))

    def test_processes_of_the_code_end_quietly(self):
        code = "from multiprocessing import Pool\nwith Pool(2) as pool: print(pool.map(abs, [-1, -2]))\n@parallel(2)\ndef f(n): return n^2\nprint(len(list(f([1, 2, 3]))))"
        result = kernel().run(code)
        self.assertEqual((result.kind, result.text(), result.text("stderr")), ("ok", "[1, 2]\n3\n", ""))


class Sessions(unittest.TestCase):
    def test_an_interrupt_reaches_a_library_at_work_and_the_session_goes_on(self):
        session = another()
        try:
            session.run("a = 41", mode="session")
            for code in ("pari('for(i=1,10^13,i)')", "factor(2^1021-1)", "while True: pass"):
                computation = session.start("print('on')\n" + code, mode="session")
                result = session.finish(
                    computation,
                    on_message=lambda m: m["msg_type"] == "stream" and session.send({"type": "interrupt", "computation": computation}),
                )
                self.assertEqual((result.kind, result.done["sessionClosed"]), ("cancelled", False), (code, result.done))
            self.assertEqual(session.run("a + 1", mode="session").data["text/plain"], "42")
        finally:
            session.close()


class ClosedSessions(unittest.TestCase):
    def test_a_session_that_lost_its_child_stays_closed(self):
        session = another()
        try:
            session.run("a = 1", mode="session")
            self.assertTrue(session.run("import os; os._exit(3)", mode="session").done["sessionClosed"])
            after = session.run("a", mode="session")
            self.assertEqual((after.kind, after.done["sessionClosed"], after.reply["evalue"]), ("error", True, "The session is closed."))
        finally:
            session.close()
