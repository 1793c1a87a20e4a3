"""matplotlib's back end in a kernel: figures are drawn by Agg, and show() displays them; next: lean.py."""

from matplotlib.backends.backend_agg import FigureCanvasAgg as FigureCanvas
from matplotlib.backends.backend_agg import FigureManagerBase as FigureManager  # noqa: F401

from .pictures import show_open_figures

__all__ = ["FigureCanvas", "FigureManager", "show"]


def show(*args, **kwds):
    """plt.show()."""
    show_open_figures()
