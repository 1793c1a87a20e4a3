"""Comms, widgets and interacts; next: limits_test.py."""

import json
import unittest

from shared import another, kernel

INTERACT = "@interact\ndef f(n=slider(1, 5)):\n    print('n is', n)\n    if n == 4: 1/0\n    return n^2"


class OneShot(unittest.TestCase):
    def test_an_interact_shows_its_first_result_where_nobody_can_move_it(self):
        result = kernel().run(INTERACT)
        self.assertEqual(result.kind, "ok", result.of("error"))
        self.assertEqual(result.text(), "n is 1\n")
        self.assertIn("application/vnd.jupyter.widget-view+json", result.of("display_data")[-1]["data"])

    def test_a_comm_carries_numbers_of_sages_and_refuses_what_is_no_json(self):
        result = kernel().run("import comm\nc = comm.create_comm(target_name='t', data={'a': 5, 'b': [1/2, 0.5]})\nc.send({'x': x})")
        self.assertEqual(result.of("comm_open")[0]["data"], {"a": 5, "b": [0.5, 0.5]})
        self.assertEqual(result.of("error")[0]["evalue"], "a comm carries JSON, and Expression is none")

    def test_a_colour_can_be_chosen(self):
        result = kernel().run("@interact\ndef f(c=color_selector('teal'), d=Color('red')):\n    print(c, d)")
        self.assertEqual(result.kind, "ok", result.of("error"))
        self.assertIn("RGB color (0.0, 0.50", result.text())


class Sessions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.session = another()
        cls.first = cls.session.run(INTERACT, mode="session")
        cls.opened = {content["comm_id"]: content["data"]["state"] for content in cls.first.of("comm_open")}
        cls.slider = next(key for key, state in cls.opened.items() if state["_model_name"] == "IntSliderModel")

    @classmethod
    def tearDownClass(cls):
        cls.session.close()

    def ask(self, number, msg_type, content):
        """The reply, and what the session said before it."""
        said = []
        self.session.send({"type": "request", "id": number, "msg_type": msg_type, "content": content})
        while True:
            frame = self.session.next(20)
            if frame["type"] == "reply":
                self.assertEqual(frame["id"], number)
                return frame["content"], said
            said.append(frame["message"]["content"])

    def move(self, value):
        update = {"method": "update", "state": {"value": value}, "buffer_paths": []}
        reply, said = self.ask(value, "comm_msg", {"comm_id": self.slider, "data": update})
        self.assertEqual(reply["status"], "ok")
        return [content["data"]["state"]["outputs"] for content in said if "outputs" in content["data"].get("state", {})][-1]

    def test_a_moved_slider_runs_its_function_and_its_output_is_the_widgets(self):
        self.assertEqual(self.first.text(), "")
        outputs = self.move(3)
        self.assertEqual(outputs[0], {"output_type": "stream", "name": "stdout", "text": "n is 3\n"})
        self.assertEqual(outputs[1]["data"]["text/plain"], "9")

    def test_an_error_of_the_function_is_output_of_the_widget(self):
        outputs = self.move(4)
        self.assertEqual([output["output_type"] for output in outputs], ["stream", "error"])
        self.assertEqual(outputs[1]["ename"], "ZeroDivisionError")

    def test_open_comms_are_told_and_unknown_ones_refused(self):
        reply, _ = self.ask(100, "comm_info_request", {"target_name": "jupyter.widget"})
        self.assertIn(self.slider, reply["comms"])
        reply, _ = self.ask(101, "comm_msg", {"comm_id": "nobody", "data": {}})
        self.assertEqual(reply["status"], "error")


class Big(unittest.TestCase):
    def test_an_output_too_big_for_one_message_comes_in_pieces(self):
        session = another()
        try:
            code = "@interact\ndef f(n=slider(1, 5)):\n    show(html('<b>\"' * 100000))"
            first = session.run(code, mode="session")
            self.assertEqual(first.kind, "ok", first.of("error"))
            pieces = [content["data"] for content in first.of("comm_msg") if content["data"]["method"] == "piece"]
            self.assertEqual([piece["piece"] for piece in pieces], list(range(1, pieces[0]["pieces"] + 1)))
            whole = json.loads("".join(piece["text"] for piece in pieces))
            self.assertIn('<b>"<b>"', whole["state"]["outputs"][0]["data"]["text/html"])
        finally:
            session.close()


class Talkers(unittest.TestCase):
    def test_a_session_that_never_stops_speaking_is_ended(self):
        session = another()
        try:
            code = "import threading\ndef talk():\n    while True: print('x' * 10000)\nthreading.Thread(target=talk, daemon=True).start()"
            first = session.run(code, mode="session", outputBytes=1 << 30, outputMessages=10**6, language="python")
            self.assertEqual(first.kind, "ok", first.done)
            said = 0
            session.send({"type": "ping", "id": 1})
            while said < 40 << 20:
                try:
                    frame = session.next(3)
                except Exception:
                    break
                said += len(frame["message"]["content"]["text"]) if frame["type"] == "sessionMessage" else 0
            self.assertGreater(said, 1 << 20)
            self.assertLess(said, 12 << 20)
        finally:
            session.close()
