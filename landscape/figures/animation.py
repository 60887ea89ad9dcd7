"""The path of an optimizer as it grows, step by step, in a GIF."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from PIL import Image

from landscape.arguments import checked
from landscape.errors import check_suffix
from landscape.figures.save import known_of, provenance_text
from landscape.figures.style import Drawing
from landscape.files import write_whole
from landscape.measures.trajectory import paths_of
from landscape.surface.data import Surface

_FRAMES = 40  # at most: each takes about as long as a figure
_DPI = 120
_LAST = 2000  # milliseconds that the whole path stays
_LINES = ("path", "own", "projected", "off")


@checked
def animate_trajectory(
    drawing: Drawing,
    surface: Surface,
    path: str | Path,
    *,
    seconds: float = 5.0,
    metadata: Mapping[str, Any] | None = None,
) -> Path:
    """Write a GIF in which the paths of a drawing grow.

    Args:
        drawing: Of `draw_trajectory`; its paths are whole again afterwards.
        surface: What it is of.
        path: Ends in .gif.
        seconds: Until the paths are whole.
        metadata: How it came to be, as of `save_figure`; written as JSON to the file's comment.

    Returns:
        The path.

    Raises:
        LandscapeError: If the file name ends otherwise, or the file cannot be written.
    """
    path = Path(path)
    check_suffix(path, (".gif",), hint="figures that do not move go to save_figure")
    paths = paths_of(surface.points_of_interest)
    steps = np.unique([point.step for points in paths.values() for point in points])
    chosen = steps[np.unique(np.linspace(0, steps.size - 1, _FRAMES).round().astype(int))]
    for axes in drawing.figure.axes:  # so that nothing jumps
        axes.set(xlim=axes.get_xlim(), ylim=axes.get_ylim())
    whole = {name: _data(artist) for name, artist in drawing.artists.items()}
    pictures = []
    for step in chosen:
        for name, points in paths.items():
            count = sum(point.step <= step for point in points)
            for kind in (*_LINES, "dots"):
                _cut(drawing.artists[f"{kind} {name}"], whole[f"{kind} {name}"], count)
            if f"end {name}" in drawing.artists:  # its name is where it ends
                drawing.artists[f"end {name}"].set_visible(count == len(points))
        pictures.append(_picture(drawing.figure))
    palette = pictures[-1].quantize(dither=Image.Dither.NONE)  # one for all: colours do not flicker
    first, *rest = (p.quantize(palette=palette, dither=Image.Dither.NONE) for p in pictures)
    buffer = io.BytesIO()
    first.save(
        buffer,
        format="GIF",
        save_all=True,
        append_images=rest,
        duration=[round(1000 * seconds / len(pictures))] * len(rest) + [_LAST],
        loop=0,
        comment=provenance_text(known_of(drawing, metadata)).encode(),
    )
    return write_whole(path, buffer.getvalue())


def _data(artist: Artist) -> Any:
    """Return the points of a line or of dots."""
    if isinstance(artist, Line2D):
        return np.column_stack([artist.get_xdata(), artist.get_ydata()])
    return np.asarray(artist.get_offsets()) if isinstance(artist, PathCollection) else None


def _cut(artist: Artist, points: Any, count: int) -> None:
    """Show the first points of a line or of dots."""
    if isinstance(artist, Line2D):
        artist.set_data(points[:count, 0], points[:count, 1])
    elif isinstance(artist, PathCollection):
        artist.set_offsets(points[:count])


def _picture(figure: Figure) -> Image.Image:
    """Draw a figure as an image."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI)
    return Image.open(buffer).convert("RGB")
