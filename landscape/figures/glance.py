"""What a notebook shows of a surface: a picture, as it is seen where no script runs, too."""

import io

from PIL import Image

from landscape.errors import LandscapeError
from landscape.figures.contour import draw_contour
from landscape.figures.line import draw_line
from landscape.measures.text import number
from landscape.surface.data import Surface

_COLORS = 128  # as many as there are shades: a third of the bytes, and nothing to be seen of it


def glance(surface: Surface) -> bytes | None:
    """Draw the first plane of a surface, or a line, with its value at the center as headline.

    Args:
        surface: Also one that is still being computed.

    Returns:
        A PNG of some 20 kB; None where there is nothing to draw.
    """
    title = f"center {number(surface.center['loss'])}"
    try:
        if surface.is_line:
            drawing = draw_line(surface)
        else:
            planes = f", first of {surface.planes} planes" if surface.planes > 1 else ""
            drawing = draw_contour(surface, title=title + planes)
    except LandscapeError:  # nothing is finite, or there yet
        return None
    shown = drawing._repr_png_()
    assert shown is not None
    small = io.BytesIO()
    Image.open(io.BytesIO(shown)).convert("RGB").quantize(_COLORS).save(small, "png", optimize=True)
    return small.getvalue()
