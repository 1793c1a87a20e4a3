"""Plots as their computation wants them: pixels, or SVG whose data is pixels where as SVG it would be long; next: animations.py.

An SVG costs no more time than pixels do, is sharp at any density, and is what a reader can save.
"""

import base64
import contextlib
import io

import matplotlib.backend_bases
from matplotlib.backends.backend_svg import FigureCanvasSVG

from . import publish

DATA_BYTES = 150_000  # more than this of a plot's data, by a rough count, is drawn as pixels
PIXEL_DENSITY = 2  # of data that is pixels within an SVG
MARK_BYTES, POINT_BYTES, LETTER_BYTES = 150, 20, 60
NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))


def wants_svg():
    return publish.figure_format == "svg"


class Canvas(FigureCanvasSVG):
    """matplotlib's own, but for figures that are being shown."""

    shown = None  # while a figure is shown: a list for its size in CSS pixels

    def print_svg(self, filename, *, bbox_inches_restore=None, metadata=None, **_):
        if Canvas.shown is None:
            return super().print_svg(filename, bbox_inches_restore=bbox_inches_restore, metadata=metadata)
        figure = self.figure
        Canvas.shown[:] = [round(side * figure.dpi) for side in figure.get_size_inches()]
        with _long_data_as_pixels(figure):
            return super().print_svg(filename, bbox_inches_restore=bbox_inches_restore, metadata=NO_METADATA)


matplotlib.backend_bases.register_backend("svg", Canvas, "Scalable Vector Graphics")


@contextlib.contextmanager
def showing():
    """A figure that is saved as SVG within is one to be shown: its size in CSS pixels is then in the list."""
    before, Canvas.shown = Canvas.shown, []
    try:
        yield Canvas.shown
    finally:
        Canvas.shown = before


def metadata(size):
    """As Jupyter says how large a picture is to be shown."""
    return {"image/svg+xml": {"width": size[0], "height": size[1]}} if size else {}


def bundle(figure):
    """(data, metadata) of a figure of matplotlib."""
    stream = io.BytesIO()
    if not wants_svg():
        figure.savefig(stream, format="png", bbox_inches="tight")
        return {"image/png": base64.b64encode(stream.getvalue()).decode("ascii")}, {}
    with showing() as size:
        figure.savefig(stream, format="svg", bbox_inches="tight")
    return {"image/svg+xml": stream.getvalue().decode("utf-8")}, metadata(size)


@contextlib.contextmanager
def _long_data_as_pixels(figure):
    """Axes and their words stay lines in any case."""
    data = [artist for axes in figure.axes for artist in (*axes.collections, *axes.lines, *axes.patches, *axes.texts)]
    surfaces = any(axes.name == "3d" and axes.collections for axes in figure.axes)
    if not surfaces and sum(map(_svg_bytes, data)) <= DATA_BYTES:
        yield
        return
    before = [(artist, artist.get_rasterized()) for artist in data if getattr(artist.draw, "_supports_rasterization", False)]
    dpi = figure.dpi
    try:
        for artist, _ in before:
            artist.set_rasterized(True)
        figure.dpi = PIXEL_DENSITY * dpi
        yield
    finally:
        figure.dpi = dpi
        for artist, rasterized in before:
            artist.set_rasterized(rasterized)


def _svg_bytes(artist):
    """Roughly, and quickly. What cannot say it before it is drawn is short."""
    try:
        return _counted(artist)
    except Exception:
        return MARK_BYTES


def _counted(artist):
    if hasattr(artist, "get_offsets"):
        values = artist.get_array()
        marks = max(len(artist.get_offsets()), 0 if values is None else values.size)
        if marks * MARK_BYTES > DATA_BYTES:
            return marks * MARK_BYTES
        paths = artist.get_paths()
        return max(marks, len(paths)) * MARK_BYTES + sum(len(path) for path in paths) * POINT_BYTES
    if hasattr(artist, "get_marker"):
        points = len(artist.get_xdata(orig=False))
        return points * (POINT_BYTES if artist.get_marker() in (None, "None", "", " ") else MARK_BYTES)
    if hasattr(artist, "get_text"):
        return len(artist.get_text()) * LETTER_BYTES
    return MARK_BYTES + len(artist.get_path()) * POINT_BYTES
