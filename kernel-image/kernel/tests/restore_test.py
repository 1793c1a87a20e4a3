"""A kernel that is written to disk while it waits goes on where it is restored, with new pipes and new seeds; next: run.py."""

import os
import queue
import subprocess
import threading
import unittest

from drive import Kernel

CHILDREN_KEPT_READY = 6
DRAW = "(random(), ZZ.random_element(10^30), libgap.Random(1, 10^9), pari('random(10^30)'))"


class Restored(Kernel):
    """The checkpoint in `image` of a kernel that is stopped by now, running again."""

    def __init__(self, stopped, image, name):
        self.directory, self.base, self.name = stopped.directory, stopped.base, name
        self.log = open(self.directory + "/log-" + name, "w+")
        self.process = self.launch(self.base + ["restore", "-image-path", image, "-bundle", self.directory, name])
        self.frames, self.count = queue.Queue(), 0
        threading.Thread(target=self._read, daemon=True).start()


class Restore(unittest.TestCase):
    def test_a_kernel_greets_with_no_child_under_way_whose_time_would_run_on_in_a_checkpoint(self):
        kernel = Kernel()
        try:
            kernel.send({"type": "ping", "id": 1})
            self.assertEqual(kernel.expect("pong", 5)["spares"], CHILDREN_KEPT_READY)
        finally:
            kernel.close()

    def test_restored_kernels_answer_keep_time_and_draw_differently(self):
        kernel = Kernel()
        drawn = []
        try:
            self.assertEqual(kernel.run("1+1").data["text/plain"], "2")
            image = kernel.directory + "/image"
            os.mkdir(image)
            subprocess.run(kernel.base + ["checkpoint", "-image-path", image, "--compression=none", kernel.name], check=True, capture_output=True)
            kernel.process.wait(20)
            subprocess.run(kernel.base + ["delete", "-force", kernel.name], capture_output=True)
            for number in range(2):
                restored = Restored(kernel, image, "%s-%d" % (kernel.name, number))
                try:
                    drawn.append(restored.run(DRAW).data["text/plain"].strip("()").split(", "))
                    self.assertEqual(restored.run("1+1").data["text/plain"], "2")
                    stopped = restored.run("while True: pass", wallMs=1000)
                    self.assertEqual(stopped.kind, "timeout")
                    self.assertLess(stopped.done["usage"]["wallMs"], 5000)
                finally:
                    restored.stop()
        finally:
            kernel.close()
        for first, second in zip(*drawn):
            self.assertNotEqual(first, second)
