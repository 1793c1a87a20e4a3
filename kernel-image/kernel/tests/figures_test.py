"""Plots as their computation wants them: pixels or SVG; next: text_test.py."""

import re
import unittest

from shared import kernel

PYPLOT = "import matplotlib.pyplot as plt\n"


def size_of(svg):
    """In points."""
    return [float(re.search(r'<svg [^>]*\b%s="([\d.]+)pt"' % side, svg)[1]) for side in ("width", "height")]


class Figures(unittest.TestCase):
    def svg(self, code):
        """The one picture of this code, be it a file, and what is told of it."""
        result = kernel().run(code, figures="svg")
        [shown] = result.of("display_data") + result.of("execute_result")
        self.assertEqual([mime for mime in shown["data"] if mime not in ("image/svg+xml", "text/plain")], [])
        [whole] = [data.decode() for path, data in result.files.items()] or [shown["data"]["image/svg+xml"]]
        return whole, shown["metadata"]

    def test_a_plot_is_svg_for_who_asks_for_it_and_as_large_as_its_pixels_were(self):
        svg, metadata = self.svg("plot(sin, (0, 6), title='wave')")
        self.assertIn("<svg", svg)
        self.assertNotIn("<image", svg)
        size = metadata["image/svg+xml"]
        self.assertEqual([size["width"], size["height"]], [round(points / 72 * 100) for points in size_of(svg)])
        self.assertEqual(metadata["title"], "wave")

    def test_dpi_makes_it_larger_as_it_makes_pixels(self):
        small, large = (self.svg("show(plot(sin, (0, 6)), dpi=%d)" % dpi)[1]["image/svg+xml"]["width"] for dpi in (100, 200))
        self.assertAlmostEqual(large / small, 2, delta=0.02)

    def test_so_are_rows_of_plots_and_figures_of_matplotlib(self):
        for code in ("graphics_array([plot(sin, (0, 6)), plot(cos, (0, 6))])", PYPLOT + "plt.plot([1, 2]); plt.show()", "from matplotlib.figure import Figure\nFigure().subplots().figure"):
            svg, metadata = self.svg(code)
            self.assertGreater(metadata["image/svg+xml"]["width"], 300)
            self.assertIn("<svg", svg)

    def test_data_that_would_be_long_is_pixels_of_twice_the_density_within_lines(self):
        for code in (
            "list_plot([i % 97 for i in range(2000)])",
            "sum(point((i, i)) for i in range(1100))",
            PYPLOT + "plt.pcolormesh([[i * j for i in range(100)] for j in range(100)]); plt.show()",
            PYPLOT + "plt.subplot(projection='3d').bar3d(range(9), range(9), 0, 1, 1, 1); plt.show()",
        ):
            svg, _ = self.svg(code)
            [pixels] = re.findall(r'<image [^>]*\bwidth="([\d.]+)"', svg)
            self.assertLess(float(pixels), size_of(svg)[0])
            self.assertIn("DejaVuSans", svg)

    def test_who_wants_pixels_by_sages_own_way_has_them(self):
        code = "from sage.repl.rich_output import get_display_manager\nget_display_manager().preferences.graphics = 'raster'\nplot(sin, (0, 1))"
        self.assertIn("image/png", kernel().run(code, figures="svg").data)

    def test_files_that_the_code_saves_are_its_own_matter(self):
        code = PYPLOT + "f, a = plt.subplots(); a.scatter(range(3000), range(3000)); f.savefig('a.svg'); f.savefig('a.png'); plt.close()\nplot(sin, (0, 6)).save('b.png')"
        files = kernel().run(code, figures="svg").files
        self.assertNotIn(b"<image", files["a.svg"])
        self.assertTrue(files["a.png"].startswith(b"\x89PNG") and files["b.png"].startswith(b"\x89PNG"))

    def test_a_plot_that_fails_leaves_no_other_kind_of_picture_behind(self):
        code = PYPLOT + "try:\n    show(plot(sin, (0, 1)), figsize=-1)\nexcept Exception:\n    pass\nf, a = plt.subplots(); a.scatter(range(3000), range(3000)); f.savefig('a.svg'); plt.close()"
        self.assertNotIn(b"<image", kernel().run(code, figures="svg").files["a.svg"])
