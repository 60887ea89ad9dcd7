"""Places on a plane that have a name, such as checkpoints: a mark and a label."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from landscape.figures.ladders import relate
from landscape.figures.panel import Panel
from landscape.figures.style import INK, PAPER, SIZES, inks_of
from landscape.figures.text import AS_WRITTEN, Kind
from landscape.surface.axes import PointOfInterest
from landscape.surface.data import Array, Surface

PLACE_MARK: Mapping[str, Any] = MappingProxyType(
    {"marker": "D", "ms": 4.0, "mfc": PAPER, "mec": INK, "mew": 0.8, "ls": ""}
)


def inside(panel: Panel) -> list[PointOfInterest]:
    """Return the places that lie on the grid of a panel."""
    (left, *_, right), (low, *_, high) = panel.alpha, panel.beta
    return [p for p in panel.points if left <= p.alpha <= right and low <= p.beta <= high]


def draw_places(panel: Panel, ax: Axes) -> dict[str, Artist]:
    """Mark the places of a panel with a diamond and their name.

    Args:
        panel: With places or without.
        ax: Where; its limits must be final.

    Returns:
        Marks by the names of the places.
    """
    marks: dict[str, Artist] = {}
    for place in inside(panel):
        if place.path:  # which is drawn as a line
            continue
        (marks[f"place {place.label}"],) = ax.plot(
            place.alpha, place.beta, zorder=5, clip_on=False, **PLACE_MARK
        )
        right = place.alpha > float(np.mean(ax.get_xlim()))  # its name goes to where there is room
        text = ax.annotate(
            place.label,
            (place.alpha, place.beta),
            xytext=(-5 if right else 5, 5),
            textcoords="offset points",
            ha="right" if right else "left",
            fontsize=SIZES["note"],
            color=INK,
            zorder=6,
            **AS_WRITTEN,
        )
        text.set_path_effects([withStroke(linewidth=2.0, foreground=PAPER)])
    return marks


def draw_places_on_line(
    surface: Surface, ax: Axes, *, metric: str, kind: Kind, curve: Array
) -> dict[str, Line2D]:
    """Mark the places of a line: at the value of the model itself, where that is known.

    Where buffers matter, as BatchNorm's do, that is not on the curve.

    Args:
        surface: A line, or a surface of which the row at beta = 0 is drawn.
        ax: Where.
        metric: What is drawn.
        kind: In which units.
        curve: What is drawn at each alpha, in these units.

    Returns:
        Marks by the names of the places.
    """
    marks: dict[str, Line2D] = {}
    alpha, inks = surface.alpha, inks_of(ax)
    for place in surface.points_of_interest:
        if place.beta or place.path or not alpha[0] <= place.alpha <= alpha[-1]:
            continue
        value = float(np.interp(place.alpha, alpha, curve))
        if metric in place.values:
            value = float(relate(np.array(place.values[metric]), surface.center[metric], kind))
        (marks[f"place {place.label}"],) = ax.plot(place.alpha, value, zorder=5, **PLACE_MARK)
        style = {
            "fontsize": SIZES["note"],
            "color": inks.ink,
            "textcoords": "offset points",
            **AS_WRITTEN,
        }
        text = ax.annotate(place.label, (place.alpha, value), xytext=(5, 5), zorder=6, **style)
        text.set_path_effects([withStroke(linewidth=2.0, foreground=inks.paper)])
    return marks
