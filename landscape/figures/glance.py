"""What a notebook shows of a surface: a picture, as it is seen where no script runs, too."""

from landscape.errors import LandscapeError
from landscape.figures.contour import draw_contour
from landscape.figures.line import draw_line
from landscape.measures.text import number
from landscape.surface.data import Surface


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
    return drawing._repr_png_()
