"""Languages beside Sage's and Python's; next: widgets_test.py."""

import unittest

CELLS = {
    "gap": ("f := function(n)\n  return 2 * n;\nend;\nf(21);", "42"),
    "gp": ("f(n) = {\n  my(s = 0);\n  for(i = 1, n, s += i);\n  s\n}\nf(10)", "55"),
    "maxima": ("x: 3;\nfactor(t^2 - 1);", "(t-1)*(t+1)"),
    "singular": ("ring r = 0,(x,y),dp;\nideal i = x2+y,xy;\ngroebner(i);", "_[3]=x2+y"),
}
MISSING = {"r": "R", "octave": "Octave", "macaulay2": "Macaulay2"}


class Languages(unittest.TestCase):
    def run_in(self, language, code):
        from shared import kernel

        return kernel().run(code, language=language)

    def test_code_runs_and_prints_what_each_of_its_statements_says(self):
        for language, (code, last) in CELLS.items():
            with self.subTest(language):
                result = self.run_in(language, code)
                self.assertEqual(result.kind, "ok", result.of("error"))
                self.assertEqual(result.text().rstrip().split("\n")[-1], last)

    def test_an_error_in_it_is_the_cells_error(self):
        error = self.run_in("gap", "1/0;").of("error")[0]
        self.assertIn("must not be zero", error["evalue"])
        result = self.run_in("gap", "x := 6;; x * 7;\nfoo(;\n8;")
        self.assertEqual((result.text(), result.of("error")[0]["ename"]), ("42\n", "GapError"))
        self.assertEqual(self.run_in("gap", "Print(1, \"\\n\"); Factorial(5)").text(), "1\n120\n")
        self.assertEqual(self.run_in("gap", "Group([(1,2)]);").text(), "Group([ (1,2) ])\n")

    def test_gap_is_another_one_each_time(self):
        said = {self.run_in("gap", "Random([1 .. 10^12]);").text() for _ in range(3)}
        self.assertEqual(len(said), 3)

    def test_what_is_not_installed_says_so(self):
        for language, name in MISSING.items():
            with self.subTest(language):
                error = self.run_in(language, "1+1").of("error")[0]
                self.assertEqual((error["ename"], error["evalue"]), ("LanguageMissing", "%s is not installed on this server" % name))

    def test_html_is_shown(self):
        self.assertEqual(self.run_in("html", "<b>x</b>").of("display_data")[0]["data"]["text/html"], "<b>x</b>")


if __name__ == "__main__":
    unittest.main()
