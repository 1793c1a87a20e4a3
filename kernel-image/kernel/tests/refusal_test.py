"""A sandbox in which children cannot be walled in makes a broken kernel, never a ready one; next: run.py."""

import json
import unittest

from drive import Kernel


class Lax(Kernel):
    """A bundle that forgot no_new_privs."""

    def configure(self):
        path = self.directory + "/config.json"
        with open(path) as file:
            config = json.load(file)
        config["process"]["noNewPrivileges"] = False
        with open(path, "w") as file:
            json.dump(config, file)

    def expect(self, kind, seconds):
        try:
            return super().expect(kind, seconds)
        except AssertionError as refused:
            return str(refused)


class Refusal(unittest.TestCase):
    def test_a_kernel_without_no_new_privs_is_broken(self):
        kernel = Lax()
        try:
            self.assertIn("cannot be filtered", str(kernel.ready))
        finally:
            kernel.close()
