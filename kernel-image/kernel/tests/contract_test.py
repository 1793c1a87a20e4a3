"""What a cell gives back, by both ways through the kernel: the lean one and the full shell; next: figures_test.py."""

import base64
import json
import os
import re
import unittest

from shared import kernel

EXAMPLES = os.path.join(os.path.dirname(__file__), "../../../protocol/examples")
# (name, code, what text/plain must be or None, must there be LaTeX?)
VALUES = (
    ("an integer", "1+1", "2", True),
    ("a fraction", "1/3", "1/3", True),
    ("an integral", "integrate(x^2, x)", "1/3*x^3", True),
    ("a matrix", "matrix(QQ, 2, [1, 2, 3, 4])", "[1 2]\n[3 4]", True),
    ("a factorisation", "factor(2^64-1)", "3 * 5 * 17 * 257 * 641 * 65537 * 6700417", True),
    ("a list of numbers", "[1, 2/3]", "[1, 2/3]", True),
    ("a string", "'a'", "'a'", False),
    ("a dictionary", "{'a': 1}", "{'a': 1}", False),
    ("a polynomial ring by its sugar", "R.<t> = QQ[]; (t^2-1).factor()", "(t - 1) * (t + 1)", True),
    ("a function by its sugar", "f(y) = y^2; f(3)", "9", True),
    ("an ellipsis range", "[1..4]", "[1, 2, 3, 4]", True),
    ("solutions", "solve(x^2 == 2, x)", "[x == -sqrt(2), x == sqrt(2)]", True),
    ("a group", "SymmetricGroup(3)", None, True),
    ("an elliptic curve", "EllipticCurve('37a').rank()", "1", True),
    ("a symbolic function", "function('g')(x)", "g(x)", True),
    ("a Groebner basis", "P.<a,b> = QQ[]; ideal(a^2+b^2-1, a*b).groebner_basis()", "[b^3 - b, a^2 + b^2 - 1, a*b]", True),
    ("GAP", "libgap(6).Factorial()", "720", False),
    ("PARI", "pari('nextprime(100)')", "101", False),
)


class Values(unittest.TestCase):
    def test_text_and_latex_of_values_are_the_same_both_ways(self):
        for name, code, plain, has_latex in VALUES:
            with self.subTest(name):
                lean = kernel().run(code)
                shell = kernel().run("%xmode Plain\n" + code)
                self.assertEqual(lean.kind, "ok", lean.done)
                if plain is not None:
                    self.assertEqual(lean.data["text/plain"], plain)
                if has_latex:
                    self.assertIn("text/latex", lean.data)
                self.assertEqual(lean.data, shell.data)

    def test_sages_numbers_make_a_cell_sleep_by_either_name(self):
        for code in ("sleep(0.01)", "import time; time.sleep(0.01)", "from time import sleep; sleep(1/100)"):
            self.assertEqual(kernel().run(code).kind, "ok", code)

    def test_view_typesets_without_an_installed_latex(self):
        shown = kernel().run("view([x^2, 1/2])").of("display_data")
        self.assertEqual([one["data"]["text/plain"] for one in shown], ["x^2", "1/2"])
        self.assertTrue(all("text/latex" in one["data"] for one in shown))

    def test_a_semicolon_and_None_show_nothing(self):
        for code in ("1+1;", "None", "a = 3", ""):
            self.assertEqual(kernel().run(code).of("execute_result"), [], code)

    def test_python_is_not_preparsed(self):
        self.assertEqual(kernel().run("2^3", language="python").data["text/plain"], "1")
        self.assertEqual(kernel().run("2^3").data["text/plain"], "8")

    def test_reply_is_last_and_carries_expressions(self):
        result = kernel().run("a = 6", expressions={"six": "a", "bad": "1/0"})
        self.assertEqual(result.messages[-1]["msg_type"], "execute_reply")
        self.assertEqual(result.reply["user_expressions"]["six"]["data"]["text/plain"], "6")
        self.assertEqual(result.reply["user_expressions"]["bad"]["ename"], "ZeroDivisionError")


class Pictures(unittest.TestCase):
    def test_a_plot_is_a_picture_and_no_file(self):
        result = kernel().run("plot(sin(x), (x, 0, 6))")
        self.assertTrue(result.data["image/png"].startswith("iVBOR"))
        self.assertEqual([path for path, shown in result.shown.items() if not shown], [])

    def test_matplotlib_figures_are_shown_once(self):
        code = "import matplotlib.pyplot as plt\nplt.plot([1,2]); plt.show()\nplt.plot([2,1]);"
        shown = kernel().run(code).of("display_data")
        self.assertEqual([sorted(c["data"]) for c in shown], [["image/png", "text/plain"]] * 2)

    def test_a_picture_with_a_title_says_it(self):
        code = "show(plot(x), title='shown')\nimport matplotlib.pyplot as plt\nplt.plot([1,2]); plt.title('figure'); plt.show()\nplot(x, title='value')"
        result = kernel().run(code)
        pictures = [*result.of("display_data"), *result.of("execute_result")]
        self.assertEqual([picture["metadata"] for picture in pictures], [{"title": "shown"}, {"title": "figure"}, {"title": "value"}])

    def test_a_plots_letters_come_from_no_file_and_go_into_a_document_all_the_same(self):
        code = (
            "import os\nfrom matplotlib import font_manager\nplot(sin, (0, 6)).save('plot.pdf')\n"
            "print(os.path.basename(font_manager.get_font(font_manager.findfont('DejaVu Sans')).fname))\n"
            "print([at for at in map(os.path.realpath, ('/proc/self/fd/%d' % n for n in range(100))) if at.endswith('.ttf')])"
        )
        result = kernel().run(code)
        self.assertEqual(result.text(), "DejaVuSans.ttf\n[]\n")
        self.assertIn(b"DejaVuSans", result.files["plot.pdf"])

    def test_a_scene_is_html_that_takes_three_js_from_the_pages_own_frame(self):
        result = kernel().run("var('y'); plot3d(x*y, (x,-1,1), (y,-1,1))")
        html = result.data.get("text/html")
        if html is None:
            html = result.files[result.messages[0]["metadata"]["links"]["text/html"]["path"]].decode()
        self.assertIn("/threejs/three.min.js", html)
        self.assertNotIn("cdn.", html)

    def test_a_large_payload_leaves_as_a_file_that_is_shown(self):
        code = "from IPython.display import HTML, display\ndisplay(HTML('<p>' + 'x' * 400000 + '</p>'))"
        result = kernel().run(code)
        [message] = [m for m in result.messages if m["msg_type"] == "display_data"]
        link = message["metadata"]["links"]["text/html"]
        self.assertEqual(len(result.files[link["path"]]), link["size"])
        self.assertTrue(result.shown[link["path"]])

    def test_display_update_and_clear(self):
        code = (
            "from IPython.display import display, clear_output, HTML\n"
            "h = display(HTML('<b>1</b>'), display_id=True)\nh.update(HTML('<b>2</b>'))\nclear_output(wait=True)"
        )
        result = kernel().run(code)
        [first] = result.of("display_data")
        [second] = result.of("update_display_data")
        self.assertEqual(first["transient"]["display_id"], second["transient"]["display_id"])
        self.assertEqual(result.of("clear_output"), [{"wait": True}])

    def test_an_animation_is_a_gif(self):
        data = kernel().run("animate([sin(x + k) for k in range(3)], xmin=0, xmax=6)").data
        self.assertTrue(base64.b64decode(data["image/gif"]).startswith(b"GIF89a"))
        self.assertIn("a.gif", kernel().run("animate([sin(x), cos(x)], xmin=0, xmax=6).save('a.gif')").files)

    def test_a_plot_is_drawn_as_svg_where_the_cell_prefers_it(self):
        data = kernel().run("from sage.repl.rich_output import get_display_manager\nget_display_manager().preferences.graphics = 'vector'\nplot(sin, (0, 1))").data
        self.assertIn("<svg", data["image/svg+xml"])

    def test_show_displays_mathematics(self):
        [shown] = kernel().run("show(x^2)").of("display_data")
        self.assertIn("text/latex", shown["data"])
        self.assertIn("text/plain", shown["data"])


class Errors(unittest.TestCase):
    def test_a_traceback_shows_the_users_own_lines(self):
        result = kernel().run("def f(n):\n    return 1/(n - 2^3)\n\nf(8)")
        [error] = result.of("error")
        self.assertEqual((result.kind, error["ename"]), ("error", "ZeroDivisionError"))
        text = re.sub("\x1b\\[[0-9;]*m", "", "\n".join(error["traceback"]))
        self.assertIn("return 1/(n - 2^3)", text)
        self.assertIn("line 2", text)
        self.assertNotIn("Integer(", text)

    def test_a_syntax_error_names_its_line(self):
        [error] = kernel().run("1+1\ndef f(:").of("error")
        self.assertEqual(error["ename"], "SyntaxError")
        self.assertIn("def f(:", "\n".join(error["traceback"]))

    def test_an_error_whose_words_raise_is_still_an_error(self):
        code = "class E(Exception):\n    def __str__(self): raise ValueError()\nraise E()"
        result = kernel().run(code)
        self.assertEqual((result.kind, result.of("error")[0]["ename"]), ("error", "E"))

    def test_a_cell_that_leaves_says_so_once(self):
        for code in ("exit()", "quit", "raise SystemExit(3)"):
            result = kernel().run(code)
            self.assertEqual(([e["ename"] for e in result.of("error")], result.text("stderr")), (["SystemExit"], ""), code)

    def test_code_that_ends_its_process_is_told_in_words(self):
        for code, words in (
            ("import os; os._exit(3)", "exit code 3"),
            ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", None),
            ("import ctypes; ctypes.string_at(0)", None),
        ):
            result = kernel().run(code)
            self.assertEqual(result.kind, "error", code)
            self.assertTrue(result.done["message"])
            if words:
                self.assertIn(words, result.done["message"])
            self.assertEqual(result.reply["status"], "error")


class Files(unittest.TestCase):
    def test_files_go_in_and_come_out(self):
        result = kernel().run(
            "t = open('a.txt').read()\nimport os\nos.mkdir('d')\nopen('d/b.csv', 'w').write(t.upper());",
            files=[("a.txt", b"abc"), ("sub/c.txt", b"")],
        )
        self.assertEqual(result.files, {"d/b.csv": b"ABC"})

    def test_only_regular_files_with_proper_names_come_out(self):
        code = (
            "import os\nos.symlink('/etc/passwd', 'l')\nos.mkfifo('f')\nopen('n\\nl', 'w').write('x')\n"
            "open('ok', 'w').write('y')\nos.link('ok', 'hard')\nos.symlink('.', 'loop')\nopen('fine', 'w').write('z');"
        )
        self.assertEqual(kernel().run(code).files, {"fine": b"z"})

    def test_more_files_than_allowed_are_left_out(self):
        result = kernel().run("for n in range(30): open(f'f{n:02}', 'w').write('x')", uploadFiles=5)
        self.assertEqual(len(result.files), 5)
        self.assertIn("New files left out: 25. At most 5 files", result.text("stderr"))

    def test_files_too_big_together_are_left_out(self):
        result = kernel().run("for n in range(3): open(f'f{n}', 'w').write('x' * 1000)", uploadBytes=2500)
        self.assertEqual(sorted(result.files), ["f0", "f1"])
        self.assertIn("New files left out: 1.", result.text("stderr"))

    def test_files_of_a_failed_cell_come_out_too(self):
        self.assertEqual(kernel().run("open('a', 'w').write('x')\n1/0").files, {"a": b"x"})


class Input(unittest.TestCase):
    def test_input_asks_and_gets_its_answer(self):
        computation = kernel().start("print(input('name? '))", allow_input=True)

        def answer(message):
            if message["msg_type"] == "input_request":
                self.assertEqual(message["content"], {"prompt": "name? ", "password": False})
                kernel().send({"type": "input", "computation": computation, "value": "Ada"})

        self.assertEqual(kernel().finish(computation, on_message=answer).text(), "Ada\n")

    def test_input_that_nobody_can_answer_fails_at_once(self):
        [error] = kernel().run("input()").of("error")
        self.assertEqual(error["ename"], "StdinNotImplementedError")


class Magics(unittest.TestCase):
    def test_magics_help_and_commands_work_in_one_shot_cells(self):
        self.assertIn("Wall time", kernel().run("%time 1+1").text())
        self.assertEqual(kernel().run("!echo hi").text(), "hi\n")
        [page] = kernel().run("factor?").reply["payload"]
        self.assertIn("factor", page["data"]["text/plain"])


class Formatting(unittest.TestCase):
    def test_streams_and_nested_tables_are_formatting_messages(self):
        code = (
            "s = new_stream('text')\ns.write('hello')\nt = new_stream('table')\nr = t.row()\nc = r.cell()\nc.write('in')\n"
            "inner = c.new_stream('html')\ninner.write('<b>x</b>')"
        )
        result = kernel().run(code)
        contents = result.of("extension")
        self.assertEqual(result.kind, "ok", result.of("error"))
        self.assertTrue(contents)
        self.assertEqual({content["extension"] for content in contents}, {"formatting"})
        with open(os.path.join(EXAMPLES, "formatting.json")) as file:
            golden = json.load(file)
        self.assertEqual(contents, golden)


class Randomness(unittest.TestCase):
    def test_no_two_children_draw_the_same(self):
        code = (
            "import random, numpy\n(random.random(), numpy.random.random(), ZZ.random_element(10^30), "
            "pari('random(10^30)'), libgap.Random(1, 10^9), set_random_seed.__name__)"
        )
        drawn = [kernel().run(code).data["text/plain"] for _ in range(3)]
        for column in zip(*(text.strip("()").split(", ")[:5] for text in drawn)):
            self.assertEqual(len(set(column)), 3, column)


class Start(unittest.TestCase):
    def test_what_a_kernel_imports_comes_from_one_file_and_what_users_import_from_their_own(self):
        code = """
import inspect, sys
specs = [module.__spec__ for module in list(sys.modules.values()) if getattr(module, '__spec__', None)]
sage = [spec for spec in specs if spec.name.startswith('sage.') and (spec.origin or '').endswith('.py')]
packed = [spec for spec in sage if type(spec.loader).__module__ == 'sandcell_kernel.modules']
print(len(packed) > 900, len(packed) > 0.9 * len(sage), any('sandcell' in type(finder).__module__ for finder in sys.meta_path))
from sage.misc import functional
print('def ' in inspect.getsource(functional), functional.__spec__.loader.get_code(functional.__name__).co_filename == functional.__file__)
open('sphinx_of_mine.py', 'w').write('here = 1')
import sphinx_of_mine
print(sphinx_of_mine.here)"""
        self.assertEqual(kernel().run(code, language="python").text(), "True True False\nTrue True\n1\n")

    def test_children_count_no_references_to_what_lived_before_them_and_make_no_gap_of_their_own(self):
        code = (
            "import os, sys\nimport sage.all\n"
            "old = (os.path.join, os.path.join.__code__.co_consts, sage.all.factor, sage.all.ZZ, os.environ)\n"
            "print([sys.getrefcount(one) > 1 << 30 for one in old], sys.getrefcount([]) < 9, os.path.exists('/tmp/.sage/gap'))"
        )
        self.assertEqual(kernel().run(code, language="python").text(), "[True, True, True, True, True] True False\n")

    def test_calls_as_deep_as_python_allows_take_no_memory_from_the_system(self):
        code = """
def pages(): return int(open('/proc/self/statm').read().split()[0])
def deep(calls): return deep(calls - 1) if calls else pages()
deep(10)
print(deep(900) - deep(10))"""
        self.assertEqual(kernel().run(code, language="python").text(), "0\n")
