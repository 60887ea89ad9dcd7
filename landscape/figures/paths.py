"""Paths of optimizers on a plane: a line through the projections of their checkpoints."""

from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from landscape.figures.panel import Panel
from landscape.figures.style import INK, PAPER, SIZES, Inks, inks_of, size_in_points
from landscape.figures.text import AS_WRITTEN, text_width
from landscape.measures.trajectory import OFF, paths_of, shares_off
from landscape.surface.axes import PointOfInterest
from landscape.surface.data import Array

_ORDER = (1, 3, 5, 0, 4)
"""Of the colours of lines; the first stands out most from the map of levels."""

_DOT = 13.0  # square points
_APART = 8.0  # pixels from which on two paths begin at different places


def path_colors(points: Sequence[PointOfInterest], inks: Inks) -> dict[str, str]:
    """Give each path a colour, the same in all panels.

    Args:
        points: Of a surface.
        inks: What reads on the background of the panels.

    Returns:
        Colours by the names of the paths.
    """
    names = enumerate(paths_of(points))
    return {name: inks.lines[_ORDER[i % len(_ORDER)]] for i, name in names}


def draw_paths(panel: Panel, ax: Axes) -> dict[str, Artist]:
    """Draw each path as a line with a dot for each checkpoint.

    Dots are filled where checkpoints are near the plane, and hollow where they are further off it
    than a share of the extent of their path: what the map shows there is not their own loss.

    Args:
        panel: With paths or without.
        ax: Where; its limits must be final.

    Returns:
        Lines and dots by the names of the paths.
    """
    artists: dict[str, Artist] = {}
    paper = inks_of(ax).paper
    colors = path_colors(panel.points, inks_of(ax))
    for name, points in paths_of(panel.points).items():
        alpha, beta = (np.array([getattr(p, side) for p in points]) for side in ("alpha", "beta"))
        off = np.array(shares_off(points)) > OFF
        casing = [withStroke(linewidth=2.6, foreground=paper)]
        (artists[f"path {name}"],) = ax.plot(
            alpha, beta, color=colors[name], lw=1.2, zorder=4.4, path_effects=casing
        )
        artists[f"dots {name}"] = ax.scatter(
            alpha,
            beta,
            s=_DOT,
            facecolors=[paper if hollow else colors[name] for hollow in off],
            edgecolors=[colors[name] if hollow else paper for hollow in off],
            linewidths=[0.9 if hollow else 0.5 for hollow in off],
            zorder=4.5,
        )
    return artists | _draw_names(panel.points, ax)


def _draw_names(points: Sequence[PointOfInterest], ax: Axes) -> dict[str, Artist]:
    """Name the first step of paths where they begin, and several paths where they end.

    A first step has its name on the other side where it would lie on another name, or has none.
    """
    artists: dict[str, Artist] = {}
    written: list[Bbox] = []
    paths = paths_of(points)
    begun: list[Array] = []
    places = {
        name: ax.transData.transform([(point.alpha, point.beta) for point in path])
        for name, path in paths.items()
    }
    for name, path in paths.items() if len(paths) > 1 else ():
        outward = places[name][-1] - places[name][len(path) // 2]
        artists[f"end {name}"] = end = _write(name, path[-1], outward, ax)
        written.append(end.get_window_extent())
    for name, path in paths.items():
        first = places[name][0]
        if any(np.linalg.norm(first - other) <= _APART for other in begun):
            continue
        begun.append(first)
        outward = first - places[name][min(1, len(path) - 1)]
        for side in (outward, -outward):
            text = _write(f"step {path[0].step}", path[0], side, ax)
            box = text.get_window_extent()
            if not any(box.overlaps(other) for other in written):
                artists[f"start {name}"] = text
                written.append(box)
                break
            text.remove()
    return artists


def _write(text: str, point: PointOfInterest, outward: Array, ax: Axes) -> Annotation:
    """Write the name of a place beside it, away from where its path is."""
    x, y = 7 * outward / max(float(np.linalg.norm(outward)), 1e-9)
    start = x - (0 if x > 3 else 1 if x < -3 else 0.5) * text_width(text, SIZES["note"])
    here = ax.transAxes.inverted().transform(ax.transData.transform((point.alpha, point.beta)))
    left = here[0] * size_in_points(ax)[0]
    room = size_in_points(ax)[0] - text_width(text, SIZES["note"]) - 2
    shifted = abs(float(np.clip(left + start, 2, room)) - left - start) > 3
    if shifted and abs(y) < 5:  # the edge of the map pushes it over the place itself
        y = 5.0 if y >= 0 else -5.0
    written = ax.annotate(
        text,
        (point.alpha, point.beta),
        xytext=(float(np.clip(left + start, 2, room)) - left, y),
        textcoords="offset points",
        ha="left",
        va="center" if abs(y) < 3 else "bottom" if y > 0 else "top",
        fontsize=SIZES["note"],
        color=INK,
        zorder=6,
        **AS_WRITTEN,
    )
    written.set_path_effects([withStroke(linewidth=2.0, foreground=PAPER)])
    return written
