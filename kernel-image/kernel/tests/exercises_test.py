"""`dynamic`, `dynamic_expression` and `exercise`, in both faces; next: widgets_test.py."""

from interacts_test import Session

SUM = '''exercise("""
title = "Add"
v = [2, 40]
question = "What is $2 + 40$?"
answer = sum(v)
hints = ["Count.", "The answer is %s." % answer]
def check(attempt):
    c = Integer(attempt) - answer
    if c == 0:
        return True
    return False, "too high" if c > 0 else "too low"
""")'''
EVERY_KIND = """
questions = ["answer = matrix([[1, 2]])", "answer = vector(QQ, [1/2, 3])", "answer = x^2 + x", "R.<t> = QQ[]; answer = (t + 1)^2",
             "answer = 'red'", "answer = (3, [2, 3, 4])", "answer = (5, ContinuousSlider((0, 9), stepsize=1))"]
for question in questions: exercise(question)
"""


class Messages(Session):
    """As clients of SageMathCell's see them."""

    def shown_now(self, said):
        return [data["application/sage-interact"] for data in self.data(said) if "application/sage-interact" in data]

    def data(self, said):
        return [message["content"]["data"] for message in said if "data" in message["content"]]

    def values(self, said, interact):
        marked = [message for message in said if message["metadata"].get("interact_id") == interact["new_interact_id"]]
        return [data["text/plain"] for data in self.data(marked) if "application/sage-clear" not in data]

    def attempt(self, question, wire):
        """What is said to this answer."""
        self.update(question, {"attempt": wire})
        said = self.update(question, {"submit": True})[1]
        return self.text(said, question) or "".join(self.values(said, question))

    def test_a_variable_and_its_control_follow_each_other(self):
        [interact] = self.shown(self.run_cell("level = 3\ndynamic(level=(1..5), fresh=['a', 'b'])"))
        self.assertEqual((interact["controls"]["level"]["default"], interact["layout"]), (2, [[["level", 12]], [["fresh", 12]]]))
        self.assertEqual(self.run_cell("print(level, fresh)").text(), "3 a\n")
        self.update(interact, {"fresh": 1})
        self.assertEqual(self.run_cell("print(level, fresh)").text(), "3 b\n")
        said = self.run_cell("level = 5").messages
        self.assertEqual([(told["control"], told["value"]) for told in self.told(said, "update")], [("level", 4)])
        # No place of the control is this: the variable keeps it, and the control of another does not take it away.
        self.assertEqual(self.told(self.run_cell("level = 'high'").messages, "update"), [])
        self.update(interact, {"fresh": 0})
        self.assertEqual(self.run_cell("print(level, fresh)").text(), "high a\n")

    def test_a_variable_is_given_by_its_name_or_as_it_is(self):
        shown = self.shown(self.run_cell("height = 7/2\ndynamic(height)\ndynamic('nobody')"))
        self.assertEqual([(name, control["default"]) for one in shown for name, control in one["controls"].items()], [("height", "7/2"), ("nobody", "0")])
        self.update(shown[0], {"height": "height^2"})
        self.assertEqual(self.run_cell("print(height + nobody)").text(), "49/4\n")
        self.assertEqual(self.kernel.run("dynamic(x + 1)", mode="session", interacts="sagecell").of("error")[0]["ename"], "ValueError")

    def test_an_expression_is_shown_anew_when_its_variables_change(self):
        first = self.run_cell("width = 2\ndynamic(width=(1..9))\ndynamic_expression('width^2')\ndynamic_expression('str(width)', 'width')")
        control, square, text = self.shown(first)
        self.assertEqual((square["controls"], square["layout"], square["readonly"]), ({}, [[["_output", 12]]], True))
        self.assertEqual([self.values(first.messages, one) for one in (square, text)], [["4"], ["'2'"]])
        said = self.update(control, {"width": 4})[1]
        self.assertEqual([self.values(said, one) for one in (square, text)], [["25"], ["'5'"]])
        said = self.run_cell("width = 8; area = 1").messages
        self.assertEqual(([told["value"] for told in self.told(said, "update")], self.values(said, square)), ([7], ["64"]))
        self.assertEqual(self.values(self.run_cell("area = 2").messages, square), [])
        said = self.run_cell("@interact\ndef f(n=(3, (1..9))):\n    global width\n    width = n").messages
        self.assertEqual(self.values(said, square), ["9"])

    def test_an_expression_that_changes_its_own_variable_comes_to_rest(self):
        first = self.run_cell("import itertools\nticks = itertools.count()\ndef tick():\n    global turn\n    turn = next(ticks)\n    return turn\nturn = 0\ndynamic_expression('tick() + 0*turn')")
        [interact] = self.shown(first)
        self.assertLess(len(self.values(first.messages, interact)), 20)

    def test_an_exercise_checks_answers_gives_hints_and_asks_again(self):
        first = self.run_cell(SUM)
        outer, question = self.shown(first)
        self.assertEqual(outer["layout"], [[["_output", 12]], [["another", 12]]])
        self.assertEqual({name: control["control_type"] for name, control in question["controls"].items()}, {"attempt": "input_box", "submit": "button"})
        asked = [data["text/html"] for data in self.data(first.messages) if "text/html" in data]
        self.assertIn("<h3>Add</h3>", asked[0])
        self.assertIn("\\(2 + 40\\)", asked[0])
        self.assertEqual(self.attempt(question, "50"), "Not correct. too high Count.\n")
        self.assertEqual(self.attempt(question, "2"), "Not correct. too low The answer is 42.\n")
        self.assertEqual(self.attempt(question, "2"), "Not correct. too low The answer is 42.\n")
        self.assertIn("cannot be checked: TypeError", self.attempt(question, "many"))
        self.assertEqual(self.attempt(question, " 42 "), "Correct.\n")
        [again] = self.shown_now(self.update(outer, {"another": True})[1])
        self.assertEqual(self.attempt(again, "1"), "Not correct. too low Count.\n")
        self.assertEqual(self.update(question, {"attempt": "42"})[0]["status"], "error")
        self.assertIn("NameError", self.run_cell("try: v\nexcept NameError: print('NameError')").text())

    def test_an_exercise_compares_by_the_kind_of_its_answer(self):
        questions = self.shown(self.run_cell(EVERY_KIND))[1::2]
        right = [[["1", "1+1"]], [["1/2", "3"]], "x*(x + 1)", "t^2 + 2*t + 1", " red", 1, 5]
        wrong = [[["1", "1"]], [["1/2", "2"]], "x*(x + 2)", "answer", "blue", 0, 4]
        for question, yes, no in zip(questions, right, wrong, strict=True):
            self.assertNotEqual(self.attempt(question, no), "Correct.\n")
            self.assertEqual(self.attempt(question, yes), "Correct.\n")
        for _ in range(3):
            told = self.attempt(questions[2], "7")
        self.assertIn("x^{2} + x", told)

    def test_an_error_of_an_exercise_is_shown_in_its_place(self):
        first = self.kernel.run('exercise("answer = 1/0")', mode="session", interacts="sagecell")
        [outer] = self.shown(first)
        [error] = [message for message in first.messages if message["msg_type"] == "error"]
        self.assertEqual((error["content"]["ename"], error["metadata"]["interact_id"]), ("ZeroDivisionError", outer["new_interact_id"]))
        self.assertIn("answer = 1/0", "".join(error["content"]["traceback"]))


class Widgets(Session):
    """As `<sage-cell>` and Jupyter show them."""

    interacts = "sage"

    def run_cell(self, code):
        result = super().run_cell(code)
        self.take(("comm_open", content) for content in result.of("comm_open"))
        self.take(("comm_msg", content) for content in result.of("comm_msg"))
        return result

    def setUp(self):
        self.models = {}

    def take(self, messages):
        for msg_type, content in messages:
            if msg_type == "comm_open":
                self.models[content["comm_id"]] = dict(content["data"]["state"])
            elif msg_type == "comm_msg" and "state" in content["data"]:
                self.models[content["comm_id"]].update(content["data"]["state"])

    def model(self, description):
        return next(key for key, state in reversed(self.models.items()) if state.get("description") == description)

    def tell(self, description, data):
        """A reader moved the widget."""
        Session.number += 1
        content = {"comm_id": self.model(description), "data": data}
        self.kernel.send({"type": "request", "id": Session.number, "msg_type": "comm_msg", "content": content})
        while (frame := self.kernel.next(20))["type"] != "reply":
            self.take([(frame["message"]["msg_type"], frame["message"]["content"])])

    def move(self, description, **state):
        self.tell(description, {"method": "update", "state": state, "buffer_paths": []})

    def outputs(self):
        """Text of all places for output, as it is now."""
        found = [output for state in self.models.values() for output in state.get("outputs", ())]
        return [output.get("text") or output["data"]["text/plain"] for output in found]

    def test_a_variable_its_widget_and_its_expression_follow_each_other(self):
        self.run_cell("width = 2\ndynamic(width=(1, 9), name=x + 1)\ndynamic_expression('width^2')")
        self.assertEqual((self.models[self.model("width")]["value"], self.outputs()), (2, ["4"]))
        self.move("width", value=5)
        self.assertEqual(self.outputs(), ["25"])
        self.run_cell("width = 7\nname = x^2")
        self.assertEqual((self.models[self.model("width")]["value"], self.models[self.model("name")]["value"], self.outputs()), (7, "x^2", ["49"]))

    def test_an_exercise_is_answered_in_widgets(self):
        self.run_cell('exercise("question = \'2 + 40?\'; answer = 42")')
        self.assertEqual(self.outputs()[0], "2 + 40?\n")
        self.move("Answer", value="41")
        self.tell("Check", {"method": "custom", "content": {"event": "click"}})
        self.assertIn("Not correct.\n", self.outputs())
        self.move("Answer", value="40 + 2")
        self.tell("Check", {"method": "custom", "content": {"event": "click"}})
        self.assertIn("Correct.\n", self.outputs())
