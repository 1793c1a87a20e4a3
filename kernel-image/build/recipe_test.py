"""Tests of the recipe that need no build: python3 -m unittest recipe_test (recipe.test.ts runs it)."""

import hashlib
import json
import os
import tempfile
import unittest
from pathlib import Path

import image
import recipe
import root
import slim


class Recipe(unittest.TestCase):
    def test_every_package_is_pinned_and_hashed(self):
        blocks = recipe.LOCK.read_text().split("\n    --hash")
        self.assertGreater(recipe.locked_count(), 100)
        self.assertGreater(len(blocks), recipe.locked_count())
        self.assertIn("passagemath-standard==10.8.13 ", recipe.locked(("passagemath-standard",)))

    def test_a_locked_excerpt_holds_the_named_packages_only(self):
        lines = recipe.locked(recipe.BUILD_BACKEND).splitlines()
        self.assertEqual([line.split("==")[0] for line in lines if "==" in line], list(recipe.BUILD_BACKEND))
        self.assertTrue(all(line.startswith("    --hash=sha256:") for line in lines if "==" not in line))

    def test_the_hash_names_all_files_that_make_the_root(self):
        scripts = {path.name for path in recipe.HERE.glob("*.py")} - {"build.py", "image.py", "node_image.py", "recipe_test.py"}
        self.assertEqual(scripts | {"fionread.c", "requirements.lock"}, set(recipe.ROOT_FILES))

    def test_the_dockerfile_says_the_same(self):
        dockerfile = (recipe.HERE.parent / "Dockerfile").read_text()
        process = json.loads((recipe.HERE.parent / "process.json").read_text())
        wanted = [*recipe.RUNTIME_PACKAGES, *recipe.BUILD_PACKAGES, *(f"build/{name}" for name in recipe.ROOT_FILES), recipe.BUILT_FROM_SOURCE]
        wanted += [f"{name}={value}" for name, value in {**process["env"], **root.ALIKE}.items()]
        wanted += [f"FROM debian:{recipe.SUITE}-slim", f"SOURCE_DATE_EPOCH={recipe.SOURCE_DATE_EPOCH}", f"ENTRYPOINT {json.dumps(process['args'])}"]
        wanted += [f"USER {process['uid']}:{process['gid']}", f"WORKDIR {process['cwd']}"]
        self.assertEqual([words for words in wanted if words not in dockerfile], [])


class Tree(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.top = Path(self.folder.name, "root")
        (self.top / "etc").mkdir(parents=True)

    def test_the_root_has_two_users_no_secrets_and_nothing_set_user_id(self):
        program = self.top / "program"
        program.write_text("x")
        program.chmod(0o4711)
        (self.top / "etc/shadow").write_text("root:secret")
        private = self.top / "private"
        private.mkdir(0o700)
        root.settle(self.top)
        self.assertEqual(program.stat().st_mode & 0o7777, 0o755)
        self.assertEqual(private.stat().st_mode & 0o7777, 0o755)
        self.assertFalse((self.top / "etc/shadow").exists())
        self.assertEqual([line.split(":")[0] for line in (self.top / "etc/passwd").read_text().split()], ["root", "nobody"])

    def test_the_same_tree_packs_to_the_same_bytes(self):
        digests = []
        for number in (1, 2):
            tree = Path(self.folder.name, f"tree{number}")
            for name in ("b", "a") if number == 1 else ("a", "b"):
                (tree / name).mkdir(parents=True)
                (tree / name / "file").write_text(name)
                os.utime(tree / name / "file", (number, number))
            os.link(tree / "a/file", tree / "b/link")
            blobs = Path(self.folder.name, f"blobs{number}")
            blobs.mkdir()
            layer, _ = image.write_layer(blobs, [image.Tree(tree, ".")])
            digests.append(layer["digest"])
            content = (blobs / layer["digest"].removeprefix("sha256:")).read_bytes()
            self.assertEqual("sha256:" + hashlib.sha256(content).hexdigest(), layer["digest"])
        self.assertEqual(*digests)

    def test_big_files_with_the_same_content_become_one_and_others_stay(self):
        for name, content in (("one", b"a"), ("two", b"a"), ("three", b"b")):
            (self.top / name).write_bytes(content * slim.SAME_FROM_BYTES)
        self.assertEqual(slim.link_same(self.top), slim.SAME_FROM_BYTES)
        self.assertTrue((self.top / "one").samefile(self.top / "two"))
        self.assertFalse((self.top / "one").samefile(self.top / "three"))


if __name__ == "__main__":
    unittest.main()
