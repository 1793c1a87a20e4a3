"""Interacts as SageMathCell's clients know them; next: exercises_test.py (their relatives)."""

import unittest

from shared import another

MOVES = """
@interact
def f(proxy, n=ContinuousSlider((1, 5), stepsize=1), word=['red', 'blue']):
    print(n, word, proxy._changed)
    return n^2
"""
EVERY = """
@interact
def f(a=Checkbox(False), b=InputBox('x'), c=ExpressionBox('x^2'), d=InputGrid(2, 2, [[1, 2], [3, 4]], adapter=matrix),
      e=Selector([(1, 'one'), (2, 'two')], 2, 'radio'), g=DiscreteSlider([1, 4, 9], 4), h=ContinuousSlider((0, 1)),
      i=MultiSlider(2, slider_type='discrete', values=[[1, 2], [5, 6, 7]], default=[2, 6]), j=ColorSelector('red'),
      k=Button('go', 'no', 'yes'), l=ButtonBar([7, 8], 'none', ncols=1), m=HtmlBox('<b>x</b>'),
      o=DiscreteSlider([1..9], (2, 5), range_slider=True), p=MultiSlider(2, interval=[(0, 1), (0, 5)], stepsize=[1/2, 1])):
    print([a, b, diff(c), d.det(), e, g, h, i, j.html_color(), k, l, m, o, p])
"""
GUESSES = """
@interact
def f(a='text', b=True, c=[1], d=[1, 2], e=[1..9], g=(x^2 for x in [1..3]), h=(0, 10), i=(1, 2, 1/2), j=(1, 2, 3, 4),
      k=matrix([[1, 2]]), l=vector([1, 2]), m=Color('blue'), n=('label', 5), o=(2, (1, 2, 3, 4)), p=x^2, q=range(3)):
    print([a, b, c, d, e, g, h, i, j, k, l, m.html_color(), n, o, p, q])
"""


class Session(unittest.TestCase):
    """One kernel that is a session of a client of SageMathCell's."""

    interacts = "sagecell"

    number = 0

    @classmethod
    def setUpClass(cls):
        cls.kernel = another()
        cls.addClassCleanup(cls.kernel.close)

    def run_cell(self, code):
        result = self.kernel.run(code, mode="session", interacts=self.interacts)
        self.assertEqual((result.kind, result.of("error")), ("ok", []))
        return result

    def shown(self, result):
        return [content["data"]["application/sage-interact"] for content in result.of("display_data") if "application/sage-interact" in content["data"]]

    def update(self, interact, values, last=False):
        """(reply, messages)."""
        Session.number += 1
        content = {"interact_id": interact["new_interact_id"], "values": values, "update_last": last}
        self.kernel.send({"type": "request", "id": Session.number, "msg_type": "update_interact_request", "content": content})
        said = []
        while True:
            frame = self.kernel.next(20)
            if frame["type"] == "reply":
                return frame["content"], said
            said.append(frame["message"])

    def text(self, said, interact):
        """What is in the interact's own place."""
        marked = [message for message in said if message["metadata"].get("interact_id") == interact["new_interact_id"]]
        return "".join(message["content"]["text"] for message in marked if message["msg_type"] == "stream")

    def told(self, said, what):
        kind = "application/sage-interact-" + what
        return [message["content"]["data"][kind] for message in said if kind in message["content"].get("data", {})]


class Contract(Session):
    def test_its_output_is_marked_and_begins_anew_with_each_move(self):
        first = self.run_cell(MOVES)
        [interact] = self.shown(first)
        self.assertEqual(interact["layout"], [[["n", 12]], [["word", 12]], [["_output", 12]]])
        self.assertEqual(self.text(first.messages, interact), "1 red ['n', 'word']\n")
        reply, said = self.update(interact, {"n": 3})
        self.assertEqual(reply["status"], "ok")
        self.assertEqual(said[0]["content"]["data"]["application/sage-clear"], {"changed": ["n"]})
        self.assertEqual(self.text(said, interact), "3 red ['n']\n")
        self.assertEqual(said[-1]["content"]["data"]["text/plain"], "9")
        _, said = self.update(interact, {"n": 2, "word": 1}, last=True)
        self.assertEqual(self.text(said, interact), "2 blue ['n', 'word']\n")

    def test_every_control_is_described_and_gives_its_value(self):
        first = self.run_cell(EVERY)
        [interact] = self.shown(first)
        kinds = {name: control["control_type"] for name, control in interact["controls"].items()}
        self.assertEqual(
            list(kinds.values()),
            "checkbox input_box input_box input_grid selector slider slider multi_slider color_selector button button_bar html_box"
            " slider multi_slider".split(),
        )
        self.assertEqual(
            self.text(first.messages, interact),
            "[False, 'x', 2*x, -2, 2, 4, 0, [2, 6], '#ff0000', 'no', 'none', '<b>x</b>', (2, 5), [0, 0]]\n",
        )
        moved = {"a": True, "b": "y", "c": "x^3", "d": [["1", "0"], ["0", "5"]], "e": 0, "g": 2, "h": 0.5, "i": [0, 2]}
        moved.update(j="#00ff00", k=True, l=1, m="<i>", o=[3, 8], p=[0.5, 4])
        _, said = self.update(interact, moved)
        self.assertEqual(
            self.text(said, interact),
            "[True, 'y', 3*x^2, 5, 1, 9, 0.5, [1, 7], '#00ff00', 'yes', 8, '<i>', (4, 9), [0.5, 4]]\n",
        )
        _, said = self.update(interact, {"a": False})
        self.assertIn("'no', 'none'", self.text(said, interact))

    def test_a_default_value_is_a_control_by_its_kind(self):
        first = self.run_cell(GUESSES)
        [interact] = self.shown(first)
        controls = interact["controls"]
        found = [(control["control_type"], control.get("subtype", "")) for control in controls.values()]
        self.assertEqual(
            found,
            [
                ("input_box", "input"),
                ("checkbox", ""),
                ("button", ""),
                ("selector", "button"),
                ("selector", "list"),
                ("slider", "discrete"),
                ("slider", "continuous"),
                ("slider", "discrete"),
                ("slider", "discrete"),
                ("input_grid", ""),
                ("input_grid", ""),
                ("color_selector", ""),
                ("input_box", "input"),
                ("slider", "discrete"),
                ("input_box", "input"),
                ("selector", "button"),
            ],
        )
        self.assertEqual(controls["n"]["label"], "label")
        self.assertEqual(controls["i"]["values"], ["1", "3/2", "2"])
        self.assertEqual(controls["o"]["default"], 1)
        self.assertEqual(
            self.text(first.messages, interact),
            "['text', True, 1, 1, 1, 1, 0, 1, 1, [1 2], (1, 2), '#0000ff', 5, 2, x^2, 0]\n",
        )

    def test_controls_wait_for_a_button(self):
        [interact] = self.shown(self.run_cell("@interact\ndef f(n=(1..9), auto_update=False):\n    print(n)"))
        controls = interact["controls"]
        self.assertEqual((controls["n"]["update"], controls["auto_update"]["update"]), (False, True))
        self.assertEqual(self.update(interact, {"n": 4})[1], [])
        _, said = self.update(interact, {"auto_update": True})
        self.assertEqual(self.text(said, interact), "5\n")

    def test_a_rule_says_who_makes_it_run_and_what_is_taken_along(self):
        code = "@interact(update={'a': ['b'], 'go': '*'})\ndef f(a=(1..9), b=(1..9), c=(1..9), go=UpdateButton('Go')):\n    print(a, b, c)"
        [interact] = self.shown(self.run_cell(code))
        self.assertEqual(self.update(interact, {"b": 2, "c": 3})[1], [])
        self.assertEqual(self.text(self.update(interact, {"a": 1})[1], interact), "2 3 1\n")
        self.assertEqual(self.text(self.update(interact, {"go": True})[1], interact), "2 3 4\n")

    def test_the_proxy_moves_adds_and_removes_controls(self):
        code = "@interact\ndef f(p, n=(1..9), grid=InputGrid(1, 2)):\n    print([p.n, p.grid])"
        [interact] = self.shown(self.run_cell(code))
        said = self.run_cell("f.n = 3\nf.grid[0][1] = 7\nf.more = ['a', 'b']\ndel f.more\nprint(f.n, f._state())").messages
        self.assertEqual([told["value"] for told in self.told(said, "update")], [2, [["0", "7"]]])
        self.assertEqual(self.told(said, "new-control")[0]["control"]["control_type"], "selector")
        self.assertEqual(self.told(said, "del-control")[0]["name"], "more")
        self.assertIn("3 {'n': 2, 'grid': [['0', '7']]}\n", said[-2]["content"]["text"])
        said = self.run_cell("f._update()").messages
        self.assertEqual(self.text(said, interact), "[3, [[0, 7]]]\n")
        said = self.run_cell("f._bookmark('mine')\nf._set_bookmarks('[[\"other\", {\"n\": 0}]]')").messages
        self.assertEqual([(told["name"], told["values"]["n"]) for told in self.told(said, "bookmark")], [("mine", 2), ("other", 0)])

    def test_a_control_that_it_adds_itself_is_passed_only_to_a_function_that_takes_it(self):
        code = "@interact\ndef f(p, n=(1..9)%s):\n    p.more = n + 10\n    print(n, p.more, %s)"
        for argument, shown, expected in (("", "0", "3 13 0\n"), (", **named", "named", "3 13 {'more': 11}\n"), (", more=1", "more", "3 13 11\n")):
            [interact] = self.shown(self.run_cell(code % (argument, shown)))
            self.assertEqual(self.text(self.update(interact, {"n": 2})[1], interact), expected)

    def test_a_file_that_a_moved_control_writes_is_told_and_comes_with_the_next_cell(self):
        [interact] = self.shown(self.run_cell("@interact\ndef f(n=(1..3)):\n    if n == 2: open('two.txt', 'w').write('2')"))
        self.assertNotIn("newFiles", self.update(interact, {"n": 2})[0])
        self.assertTrue(self.update(interact, {"n": 1})[0]["newFiles"])
        self.assertEqual(list(self.run_cell("").files), ["two.txt"])
        self.assertNotIn("newFiles", self.update(interact, {"n": 0})[0])

    def test_layouts_and_places_of_the_page(self):
        code = "@interact(layout=[['a', ('b', 2)]], locations={'c': '#here'}, readonly=True)\ndef f(a=1, b=2, c=3):\n    pass"
        [interact] = self.shown(self.run_cell(code))
        self.assertEqual(interact["layout"], [[["a", 6], ["b", 2]], [["_output", 12]]])
        self.assertEqual((interact["locations"], interact["readonly"]), ({"c": "#here"}, True))
        [interact] = self.shown(self.run_cell("@interact(layout={'top': [['a', 'b']], 'left': [['c']]})\ndef f(a=1, b=2, c=3):\n    pass"))
        self.assertEqual(interact["layout"], [[["a", 6], ["b", 6]], [["c", 6], ["_output", 6]]])

    def test_an_interact_within_another_is_shown_in_its_output(self):
        code = "@interact\ndef f(n=(1..3)):\n    @interact\n    def g(m=(1..3)):\n        print('inner', n, m)"
        first = self.run_cell(code)
        outer, inner = self.shown(first)
        place = [message["metadata"] for message in first.messages if "application/sage-interact" in message["content"].get("data", {})]
        self.assertEqual(place, [{}, {"interact_id": outer["new_interact_id"]}])
        self.assertEqual(self.text(self.update(inner, {"m": 1})[1], inner), "inner 1 2\n")
        self.update(outer, {"n": 1})
        self.assertEqual(self.update(inner, {"m": 1})[0]["status"], "error")

    def test_an_error_belongs_to_its_output_and_what_no_control_can_be_is_refused(self):
        [interact] = self.shown(self.run_cell("@interact\ndef f(n=(0..3)):\n    print(1/n if n else 'none')\n    plot(x)\n    1/(n-2)"))
        _, said = self.update(interact, {"n": 2})
        error = [message for message in said if message["msg_type"] == "error"]
        self.assertEqual((error[0]["content"]["ename"], error[0]["metadata"]["interact_id"]), ("ZeroDivisionError", interact["new_interact_id"]))
        self.assertEqual(self.update(interact, {"n": 99})[0]["status"], "error")
        self.assertEqual(self.update({"new_interact_id": "nobody"}, {})[0]["status"], "error")

    def test_an_output_too_big_for_a_message_comes_in_pieces(self):
        [interact] = self.shown(self.run_cell("@interact\ndef f(n=(1..3)):\n    if n > 1: show(html('<b>' + 'x' * 300000))"))
        _, said = self.update(interact, {"n": 1})
        pieces = [message["content"]["data"] for message in said if message["msg_type"] == "comm_msg"]
        self.assertEqual([piece["piece"] for piece in pieces], list(range(1, pieces[0]["pieces"] + 1)))

    def test_what_a_moved_control_started_is_interrupted_and_the_session_goes_on(self):
        self.kernel.send({"type": "interruptRequests"})
        [interact] = self.shown(self.run_cell("@interact\ndef f(n=(0..9)):\n    print('at', n, flush=True)\n    while n == 5: pass"))
        Session.number += 1
        content = {"interact_id": interact["new_interact_id"], "values": {"n": 5}, "update_last": False}
        self.kernel.send({"type": "request", "id": Session.number, "msg_type": "update_interact_request", "content": content})
        self.assertIn("application/sage-clear", self.kernel.expect("sessionMessage", 20)["message"]["content"]["data"])
        self.kernel.send({"type": "interruptRequests"})
        self.assertEqual(self.kernel.expect("reply", 20)["content"]["ename"], "KeyboardInterrupt")
        self.assertEqual(self.text(self.update(interact, {"n": 2})[1], interact), "at 2\n")

    def test_the_older_functions_and_dynamic(self):
        code = "@interact(controls=[('n', slider(1, 5, 2)), ('w', selector([1, 2], buttons=True))])\ndef f(n, w, c=checkbox(False), i=input_box('x^2'), s=input_box('a', type=str)):\n    print(n, w, c, i, s)"
        first = self.run_cell(code)
        [interact] = self.shown(first)
        self.assertEqual(self.text(first.messages, interact), "1 1 False x^2 a\n")
        [interact] = self.shown(self.run_cell("dynamic(level=(1..5))"))
        self.update(interact, {"level": 3})
        self.assertEqual(self.run_cell("print(level)").text(), "4\n")


class Widgets(Session):
    """For front ends that show widgets."""

    interacts = "sage"

    def test_controls_that_only_sagemathcell_has_are_widgets(self):
        first = self.run_cell(EVERY)
        self.assertEqual(self.shown(first), [])
        opened = {content["comm_id"]: content["data"]["state"] for content in first.of("comm_open")}
        kinds = {state["_model_name"] for state in opened.values()}
        self.assertLessEqual({"SelectionSliderModel", "ButtonModel", "HTMLModel", "TextModel", "SelectionRangeSliderModel"}, kinds)
        for content in first.of("comm_msg"):
            opened[content["comm_id"]].update(content["data"].get("state", {}))
        [box] = [key for key, state in opened.items() if state.get("description") == "a"]
        update = {"method": "update", "state": {"value": True}, "buffer_paths": []}
        self.kernel.send({"type": "request", "id": 1, "msg_type": "comm_msg", "content": {"comm_id": box, "data": update}})
        outputs = []
        while (frame := self.kernel.next(20))["type"] != "reply":
            outputs += frame["message"]["content"]["data"].get("state", {}).get("outputs", [])
        self.assertTrue(outputs[-1]["text"].startswith("[True, 'x'"), outputs)

    def test_sages_own_interact_answers_where_nothing_else_is_asked_for(self):
        first = self.run_cell("@interact\ndef f(n=(0, 10)):\n    print(n)\nprint(type(f))")
        self.assertIn("<class 'function'>", first.text())


class Staying(Session):
    """A one-shot computation that may become a session."""

    def test_it_stays_with_an_interact_and_only_then(self):
        self.assertNotIn("stays", self.kernel.run("a = 7", stay=True).done)
        self.assertEqual(self.kernel.run("a", stay=True).of("error")[0]["ename"], "NameError")
        self.assertNotIn("stays", self.kernel.run("@interact\ndef f(n=(0, 1)):\n    pass").done)
        result = self.kernel.run("a = 8\n@interact\ndef f(n=(1..5)):\n    print(n + a)", stay=True, interacts=self.interacts)
        self.assertEqual((result.kind, result.done["stays"], result.done["sessionClosed"]), ("ok", True, False))
        [interact] = self.shown(result)
        self.assertEqual(self.text(self.update(interact, {"n": 4})[1], interact), "13\n")
        self.assertEqual(self.run_cell("a + 1").data["text/plain"], "9")
        cpu = self.run_cell("import time\nt = time.process_time()\nwhile time.process_time() < t + 0.2: pass\nprint('done')")
        self.assertEqual(cpu.text(), "done\n")
