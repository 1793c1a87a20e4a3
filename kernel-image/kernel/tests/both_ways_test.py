"""The same cells by both ways through the kernel, the lean one and the full shell, with the same messages; next: limits_test.py."""

import re
import unittest

from cells import CELLS
from shared import kernel

# A word that sends a cell to the shell, out of sight of an error's lines.
TO_SHELL = "\n\n\n\n# await"
BIG = ("image/", "text/html")


def plain(content):
    """What must agree of one message: words without colours and addresses, pictures and scenes by their kind."""
    content = dict(content)
    for name in ("execution_count", "payload", "transient"):
        content.pop(name, None)
    if "data" in content:
        content["data"] = {
            mime: bool(value) if mime.startswith(BIG) and len(value) > 200 else re.sub("0x[0-9a-f]+", "0x", value)
            for mime, value in content["data"].items()
        }
    if "traceback" in content:
        lines = re.sub("\x1b\\[[0-9;]*m", "", "\n".join(content["traceback"])).splitlines()
        content["traceback"] = [line.rstrip() for line in lines if not re.fullmatch(r"[\s\d]*|\s*\d+ # await", line)]
    return content


def said(result):
    """Messages, with neighbouring text of one name joined."""
    messages = []
    for message in result.messages:
        kind, content = message["msg_type"], plain(message["content"])
        if kind == "stream" and messages and messages[-1][0] == kind and messages[-1][1]["name"] == content["name"]:
            messages[-1][1]["text"] += content["text"]
        else:
            messages.append((kind, content))
    return messages


class BothWays(unittest.TestCase):
    maxDiff = None

    def test_cells_give_the_same_by_the_lean_way_and_by_the_full_shell(self):
        self.assertGreaterEqual(len(CELLS), 60)
        for code, text in CELLS:
            with self.subTest(code):
                lean, shell = kernel().run(code), kernel().run(code + TO_SHELL)
                self.assertEqual(lean.kind, shell.kind)
                self.assertEqual(said(lean), said(shell))
                self.assertEqual({**lean.files}.keys(), {**shell.files}.keys())
                if text is not None:
                    last = [m["content"] for m in lean.messages if "data" in m["content"]][-1]
                    self.assertEqual(last["data"]["text/plain"], text)
