"""Figures of surfaces: for papers (matplotlib) and for the mouse (plotly).

Names load when they are first used: only `draw_interactive` needs plotly.
"""

import contextlib
import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from landscape.figures.animation import animate_trajectory
    from landscape.figures.barrier import draw_barrier, draw_barriers
    from landscape.figures.captions import caption
    from landscape.figures.comparison import draw_comparison
    from landscape.figures.contour import draw_contour
    from landscape.figures.difference import draw_difference
    from landscape.figures.explorer import Explorer, explore
    from landscape.figures.interactive import draw_interactive, write_html
    from landscape.figures.layers import draw_layers
    from landscape.figures.levels import Levels, levels_for
    from landscape.figures.line import draw_line
    from landscape.figures.matrix import draw_contours
    from landscape.figures.save import save_figure
    from landscape.figures.style import Drawing, HouseFigure, house_style
    from landscape.figures.surface3d import draw_surface, draw_surfaces
    from landscape.figures.trajectory import draw_trajectory

__all__ = [
    # planes and lines, for papers
    "draw_contour",
    "draw_contours",
    "draw_surface",
    "draw_surfaces",
    "draw_line",
    "draw_layers",
    "draw_trajectory",
    "animate_trajectory",
    "draw_barrier",
    "draw_barriers",
    "draw_comparison",
    "draw_difference",
    "Drawing",
    "save_figure",
    "caption",
    # what panels share
    "Levels",
    "levels_for",
    "house_style",
    "HouseFigure",
    # to turn and to read with the mouse
    "explore",
    "Explorer",
    "draw_interactive",
    "write_html",
]

_ROOMS = {
    "animation": ("animate_trajectory",),
    "barrier": ("draw_barrier", "draw_barriers"),
    "captions": ("caption",),
    "comparison": ("draw_comparison",),
    "contour": ("draw_contour",),
    "difference": ("draw_difference",),
    "explorer": ("Explorer", "explore"),
    "interactive": ("draw_interactive", "write_html"),
    "layers": ("draw_layers",),
    "levels": ("Levels", "levels_for"),
    "line": ("draw_line",),
    "matrix": ("draw_contours",),
    "save": ("save_figure",),
    "style": ("Drawing", "HouseFigure", "house_style"),
    "surface3d": ("draw_surface", "draw_surfaces"),
    "trajectory": ("draw_trajectory",),
}
_HOME = {name: room for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> Any:
    """Load a public name from its room."""
    if name not in _HOME:
        raise AttributeError(f"module 'landscape.figures' has no attribute {name!r}")
    return getattr(importlib.import_module(f"landscape.figures.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)


def _import_matplotlib() -> None:
    """Import matplotlib, also where MPLBACKEND names a backend that does not exist.

    Figures are drawn without windows and need none; matplotlib by itself refuses to start.
    """
    backend = os.environ.pop("MPLBACKEND")
    try:
        matplotlib = importlib.import_module("matplotlib")
    finally:
        os.environ["MPLBACKEND"] = backend
    with contextlib.suppress(ValueError):
        matplotlib.rcParams["backend"] = backend  # as matplotlib does


if "MPLBACKEND" in os.environ and "matplotlib" not in sys.modules:
    _import_matplotlib()
