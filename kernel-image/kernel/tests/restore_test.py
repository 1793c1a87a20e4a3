"""A kernel that is written to disk while it waits goes on where it is restored, with new pipes and new seeds; next: run.py."""

import unittest

from drive import Checkpoint, Restored
from shared import kernel

CHILDREN_KEPT_READY = 6
DRAW = "(random(), ZZ.random_element(10^30), libgap.Random(1, 10^9), pari('random(10^30)'))"


class Restore(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.used = kernel().run("1+1")
        cls.checkpoint = Checkpoint(kernel())

    def test_a_kernel_greets_with_no_child_under_way_whose_time_would_run_on_in_a_checkpoint(self):
        self.assertEqual(kernel().greeted["spares"], CHILDREN_KEPT_READY)

    def test_restored_kernels_answer_keep_time_and_draw_differently(self):
        self.assertEqual(self.used.data["text/plain"], "2")
        drawn = []
        for _ in range(2):
            restored = Restored(self.checkpoint)
            try:
                drawn.append(restored.run(DRAW).data["text/plain"].strip("()").split(", "))
                self.assertEqual(restored.run("1+1").data["text/plain"], "2")
                stopped = restored.run("while True: pass", wallMs=1000)
                self.assertEqual(stopped.kind, "timeout")
                self.assertLess(stopped.done["usage"]["wallMs"], 5000)
            finally:
                restored.close()
        for first, second in zip(*drawn):
            self.assertNotEqual(first, second)
