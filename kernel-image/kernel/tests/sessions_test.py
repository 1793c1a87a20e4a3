"""What a session keeps and what it costs when something ends; next: limits_test.py."""

import time
import unittest

from shared import another


class Sessions(unittest.TestCase):
    def test_an_error_of_a_session_looks_through_no_modules_files(self):
        session = another()
        try:
            looked = "import inspect; print(len(inspect._filesbymodname))"
            before = session.run(looked, mode="session").text()
            self.assertEqual(session.run("1/0", mode="session").of("error")[0]["ename"], "ZeroDivisionError")
            self.assertEqual(session.run("if", mode="session").of("error")[0]["ename"], "SyntaxError")
            self.assertEqual(session.run(looked, mode="session").text(), before)
        finally:
            session.close()

    def test_a_session_keeps_its_variables_and_is_counted(self):
        session = another()
        try:
            self.assertEqual(session.run("a = 41; a", mode="session").reply["execution_count"], 1)
            second = session.run("a + 1", mode="session")
            self.assertEqual(second.of("execute_result")[0]["execution_count"], 2)
            self.assertEqual(second.data["text/plain"], "42")
            session.send({"type": "request", "id": 7, "msg_type": "complete_request", "content": {"code": "factor", "cursor_pos": 6}})
            self.assertIn("factorial", session.expect("reply", 20)["content"]["matches"])
            computation = session.start("while True: pass", mode="session")
            time.sleep(0.5)
            session.send({"type": "interrupt", "computation": computation})
            stopped = session.finish(computation, 20)
            self.assertEqual((stopped.kind, stopped.done["sessionClosed"]), ("cancelled", False))
            self.assertEqual(session.run("a", mode="session").data["text/plain"], "41")
            closed = session.run("import os; os._exit(1)", mode="session")
            self.assertEqual((closed.kind, closed.done["sessionClosed"]), ("error", True))
        finally:
            session.close()
