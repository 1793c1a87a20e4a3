"""The golden messages of protocol/examples: their code, run by a real kernel, gives them back word by word; next: limits_test.py."""

import glob
import json
import os
import unittest

from shared import kernel

EXAMPLES = os.path.join(os.path.dirname(__file__), "../../../protocol/examples")


def messages_of(example):
    how = {"language": example["language"]} if "language" in example else {}
    computation = kernel().start(example["code"], expressions=example.get("expressions"), allow_input="input" in example, **how)

    def answer(message):
        if message["msg_type"] == "input_request":
            kernel().send({"type": "input", "computation": computation, "value": example["input"]})

    return kernel().finish(computation, on_message=answer).messages


class Golden(unittest.TestCase):
    maxDiff = None

    def test_the_code_of_every_example_gives_its_messages_back(self):
        paths = [path for path in sorted(glob.glob(EXAMPLES + "/*.json")) if os.path.basename(path) != "formatting.json"]
        self.assertTrue(paths)
        for path in paths:
            with self.subTest(os.path.basename(path)), open(path) as file:
                example = json.load(file)
                self.assertEqual(messages_of(example), example["messages"])
