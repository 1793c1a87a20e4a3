"""Fonts from memory: FreeType asks a file for each glyph anew, some hundred system calls for a plot. Next: pictures.py."""

import functools
import io

ENDINGS = (".ttf", ".otf", ".ttc")
_open = io.open


class _Font(io.BytesIO):
    """`name`: of the file; who puts fonts into a document asks for it."""

    name = ""


def _open_font(path, mode="r", *rest, **options):
    if mode != "rb" or not str(path).endswith(ENDINGS):
        return _open(path, mode, *rest, **options)
    with _open(path, mode) as file:
        font = _Font(file.read())
    font.name = path
    return font


def keep_in_memory():
    """From now on, what matplotlib opens as a font."""
    from matplotlib import font_manager

    load = font_manager._get_font.__wrapped__

    @functools.lru_cache(64)
    def get_font(*paths, **options):
        # It takes an open file as well, and then knows no name: so it has to open this one by itself.
        io.open = _open_font
        try:
            return load(*paths, **options)
        finally:
            io.open = _open

    font_manager._get_font = get_font
