"""animate() as a GIF by Pillow: Sage itself wants ImageMagick or ffmpeg, which the image does not have; next: publish.py."""

import os

FRAMES_MAX = 500


def install():
    """Once, before the fork."""
    from sage.plot.animate import Animation

    Animation.gif = _gif


def _gif(animation, delay=20, savefile=None, iterations=0, show_path=False, use_ffmpeg=False):
    """As Sage documents it: `delay` in hundredths of a second, `iterations` 0 for without end. Raises ValueError for no frame or
    too many."""
    from PIL import Image
    from sage.misc.temporary_file import tmp_filename

    directory = animation.png()
    names = sorted(name for name in os.listdir(directory) if name.endswith(".png"))
    if not 0 < len(names) <= FRAMES_MAX:
        raise ValueError("an animation has from 1 to %d frames, not %d" % (FRAMES_MAX, len(names)))
    frames = []
    for name in names:
        with Image.open(os.path.join(directory, name)) as frame:
            frames.append(frame.convert("RGB").quantize())
    savefile = savefile or tmp_filename(ext=".gif")
    if not savefile.endswith(".gif"):
        savefile += ".gif"
    frames[0].save(savefile, save_all=True, append_images=frames[1:], duration=int(delay) * 10, loop=int(iterations))
    if show_path:
        print("Animation saved to file %s." % savefile)
