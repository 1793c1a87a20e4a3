"""Sage's rich output, figures of matplotlib and PIL pictures as MIME bundles; next: figures.py.

Sage asks a "backend" what the page can show and hands it containers; this is ours. Three.js is not inside a scene: the page
serves it at THREEJS_SCRIPT, an address relative to its own origin.
"""

import base64
import io
import sys

from sage.repl.rich_output.backend_base import BackendBase
from sage.repl.rich_output.output_catalog import (
    OutputAsciiArt,
    OutputHtml,
    OutputImageGif,
    OutputImageJpg,
    OutputImagePdf,
    OutputImagePng,
    OutputImageSvg,
    OutputLatex,
    OutputPlainText,
    OutputSceneThreejs,
    OutputUnicodeArt,
)

from . import figures, publish

THREEJS_SCRIPT = "/threejs/three.min.js"
TITLE_CHARS = 500
_texts = {OutputPlainText: "text", OutputAsciiArt: "ascii_art", OutputUnicodeArt: "unicode_art"}
_images = {
    OutputImagePng: ("png", "image/png"),
    OutputImageGif: ("gif", "image/gif"),
    OutputImageJpg: ("jpg", "image/jpeg"),
    OutputImagePdf: ("pdf", "application/pdf"),
}


class PageBackend(BackendBase):
    def _repr_(self):
        return "web page"

    def install(self, **kwds):
        pass

    def supported_output(self):
        return {*_texts, *_images, OutputImageSvg, OutputLatex, OutputHtml, OutputSceneThreejs}

    def is_in_terminal(self):
        return False

    def max_width(self):
        return 79

    def set_underscore_variable(self, obj):
        pass

    def threejs_offline_scripts(self):
        return '<script src="%s"></script>' % THREEJS_SCRIPT

    def displayhook(self, plain_text, rich_output):
        """(data, metadata), ready to be sent."""
        kind = type(rich_output)
        if kind in _texts:
            return {"text/plain": getattr(rich_output, _texts[kind]).get_str()}, {}
        data = {"text/plain": plain_text.text.get_str()}
        if kind in _images:
            name, mime = _images[kind]
            data[mime] = base64.b64encode(getattr(rich_output, name).get()).decode("ascii")
        elif kind is OutputImageSvg:
            data["image/svg+xml"] = rich_output.svg.get_str()
        elif kind is OutputLatex:
            data["text/latex"] = rich_output.latex.get_str()
        elif kind is OutputHtml:
            data["text/html"] = rich_output.html.get_str()
            if rich_output.latex:
                data["text/latex"] = rich_output.latex.get_str()
        elif kind is OutputSceneThreejs:
            data["text/html"] = rich_output.html.get_str()
        else:
            raise TypeError("an output that a page cannot show: %s" % kind.__name__)
        return data, {}


def install_backend():
    from sage.repl.rich_output.display_manager import get_display_manager

    manager = get_display_manager()
    manager.switch_backend(PageBackend())
    # Sage's own shows a backend not the value, which alone knows its title.
    manager.display_immediately = _display
    _let_plots_be_svg()


def _let_plots_be_svg():
    """Where the computation wants it; of which the user says what it shall be, by Sage's own preference, is that."""
    from sage.plot.graphics import Graphics
    from sage.plot.multigraphics import MultiGraphics

    for kind in (Graphics, MultiGraphics):
        kind._rich_repr_ = _svg_where_wanted(kind._rich_repr_)


def _svg_where_wanted(otherwise):
    def _rich_repr_(self, display_manager, **options):
        if not figures.wants_svg() or display_manager.preferences.graphics is not None:
            return otherwise(self, display_manager, **options)
        return display_manager.graphics_from_save(self.save, options, ".svg", OutputImageSvg)

    return _rich_repr_


def _display(value, **options):
    _, data, metadata = _made(value, options)
    publish.display_data(data, metadata)


def rich_bundle(value, formatter):
    """The bundle of a value with a rich form of its own; None if it turns out to have only text."""
    rich, data, metadata = _made(value, {})
    return None if type(rich) is OutputPlainText else (data, metadata)


def _made(value, options):
    from sage.repl.rich_output.display_manager import get_display_manager

    manager = get_display_manager()
    with figures.showing() as size:
        plain, rich = manager._rich_output_formatter(value, options)
    data, metadata = manager._backend.displayhook(plain, rich)
    return rich, data, {**metadata, **figures.metadata(size), **_titled(options.get("title") or getattr(value, "_extra_kwds", {}).get("title"))}


def _titled(*titles):
    """Metadata: what a picture is called, for those who do not see it."""
    words = ", ".join(title for title in titles if isinstance(title, str) and title)
    return {"title": words[:TITLE_CHARS]} if words else {}


def figure_title(figure):
    return _titled(figure.get_suptitle(), *(axes.get_title() for axes in figure.axes))


def add_figure(value, data, metadata):
    """Figures of matplotlib and PIL pictures say no MIME type themselves, or only when asked by IPython's own kernel."""
    module = type(value).__module__
    if module.startswith("matplotlib.figure"):
        shown, size = figures.bundle(value)
        data.update(shown)
        metadata.update(size, **figure_title(value))
    elif module.startswith("PIL.") and hasattr(value, "save"):
        stream = io.BytesIO()
        value.save(stream, "PNG")
        data["image/png"] = base64.b64encode(stream.getvalue()).decode("ascii")


def show_open_figures(*_args, **_kwds):
    """plt.show(), and the end of a cell: every open figure is displayed once."""
    helpers = sys.modules.get("matplotlib._pylab_helpers")
    if helpers is None or not helpers.Gcf.figs:
        return
    try:
        for manager in helpers.Gcf.get_all_fig_managers():
            figure = manager.canvas.figure
            data, size = figures.bundle(figure)
            publish.display_data({**data, "text/plain": repr(figure)}, {**size, **figure_title(figure)})
    finally:
        helpers.Gcf.destroy_all()
