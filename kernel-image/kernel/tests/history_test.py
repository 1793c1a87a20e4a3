"""What a session remembers of its cells; next: limits_test.py."""

import unittest

from shared import another


class History(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.session = another()
        cls.session.run("a = 41; a", mode="session")
        cls.session.run("a + 1", mode="session")

    @classmethod
    def tearDownClass(cls):
        cls.session.close()

    def ask(self, **content):
        self.session.send({"type": "request", "id": 1, "msg_type": "history_request", "content": content})
        reply = self.session.expect("reply", 20)["content"]
        self.assertEqual(reply["status"], "ok", reply)
        return reply["history"]

    def test_a_quiet_cell_has_no_number_and_is_not_in_it(self):
        self.assertEqual(self.session.run("b = 7", mode="session", store_history=False).reply["execution_count"], 3)
        self.assertEqual(self.ask(hist_access_type="tail", n=1), [[0, 2, "a + 1"]])

    def test_it_gives_the_last_cells_a_range_of_them_or_those_that_match(self):
        first, second = [0, 1, "a = 41; a"], [0, 2, "a + 1"]
        self.assertEqual(self.ask(hist_access_type="tail", n=10), [first, second])
        self.assertEqual(self.ask(hist_access_type="range", session=0, start=1, stop=2), [first])
        self.assertEqual(self.ask(hist_access_type="range", session=-1, start=1, stop=2), [])
        self.assertEqual(self.ask(hist_access_type="search", pattern="a +*", n=5, unique=True), [second])
        self.assertEqual(self.ask(hist_access_type="nonsense"), [])

    def test_it_gives_what_came_out_where_that_is_asked(self):
        self.assertEqual(self.ask(hist_access_type="tail", n=1, output=True), [[0, 2, ["a + 1", "42"]]])
