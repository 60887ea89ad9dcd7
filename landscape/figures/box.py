"""What is inside one box of three dimensions: the surface, its contours, and the floor."""

import numpy as np
from matplotlib.artist import Artist
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FixedLocator
from mpl_toolkits.mplot3d import Axes3D
from mpl_toolkits.mplot3d.art3d import Line3DCollection, Poly3DCollection

from landscape.figures.coordinates import axis_label, coordinate_ticks
from landscape.figures.levels import Levels, line_color
from landscape.figures.panel import Panel
from landscape.figures.paths import path_colors
from landscape.figures.pieces import pieces, visible_parts
from landscape.figures.places import PLACE_MARK, inside
from landscape.figures.relief import Relief, height_ticks, lift, notes_on, side_ticks
from landscape.figures.style import (
    CENTER_MARK,
    INK,
    PAPER,
    SIZES,
    Drawing,
    inks_of,
    size_in_points,
)
from landscape.figures.text import AS_WRITTEN, labels_of
from landscape.figures.ticks import TickLabels
from landscape.measures.trajectory import paths_of
from landscape.surface.data import Array

_LIGHT = np.array([-0.45, 0.35, 0.82])  # from the upper left, as maps are lit
_ELEVATION, _AZIMUTH = 34.0, -58.0
_NAME = {"fontsize": SIZES["note"], "color": INK, **AS_WRITTEN}
_BOX = 1.0  # height of the box beside its width
_SIDE = 0.66  # of the room, where no label asks for more of it; seen at 0.9 of that, and at 0.71


def draw_box(panel: Panel, levels: Levels, relief: Relief, ax: Axes3D) -> Drawing:
    """Draw the surface, the floor and what belongs to them.

    Args:
        panel: The plane.
        levels: Of all planes.
        relief: Its geometry.
        ax: Where.

    Returns:
        The drawing.
    """
    ax.computed_zorder = False
    edges, extend = panel.bands(levels)
    _set_axes(ax, panel, relief, levels)
    artists: dict[str, Artist] = {
        "floor": ax.contourf(
            panel.alpha,
            panel.beta,
            np.ma.masked_invalid(panel.shown),
            levels=edges,
            norm=levels.norm,
            cmap=levels.colormap,
            extend=extend,
            zdir="z",
            offset=relief.floor,
            zorder=1,
        )
    }
    artists["shadows"] = _draw_lines(panel, levels, relief, ax, floor=True)
    artists["surface"] = _draw_relief(levels, relief, ax)
    artists["lines"] = _draw_lines(panel, levels, relief, ax, floor=False)
    if panel.center_inside:
        mark = {**CENTER_MARK, "ms": 4.0}
        (artists["center"],) = ax.plot([0], [0], [relief.floor], zorder=3, **mark)
    for name, points in paths_of(panel.points).items():
        (artists[f"path {name}"],) = ax.plot(
            [point.alpha for point in points],
            [point.beta for point in points],
            [relief.floor] * len(points),
            color=path_colors(panel.points, inks_of(ax))[name],
            lw=1.2,
            zorder=3,
        )
    for place in inside(panel):
        if place.path:
            continue
        (artists[f"place {place.label}"],) = ax.plot(
            [place.alpha], [place.beta], [relief.floor], zorder=3, **PLACE_MARK
        )
        name = ax.text(place.alpha, place.beta, relief.floor, f" {place.label}", zorder=3, **_NAME)
        name.set_path_effects([withStroke(linewidth=2.0, foreground=PAPER)])
    return Drawing(axes=ax, artists=artists, notes=notes_on(panel, levels, relief))


def heights_of(relief: Relief, levels: Levels) -> tuple[list[float], list[str]]:
    """Choose the ticks of the heights of a box.

    Args:
        relief: Its geometry.
        levels: In whose units they are.

    Returns:
        The heights and their labels, which stand at the right of the box.
    """
    limits = (relief.bottom, relief.ceiling)
    ticks = height_ticks(limits, log=relief.log, ratio=levels.kind == "ratio")
    values = [10.0**tick for tick in ticks] if relief.log else ticks
    return ticks, list(labels_of(values, levels.kind))


def _draw_relief(levels: Levels, relief: Relief, ax: Axes3D) -> Poly3DCollection:
    """Draw the polygons in the colours of their bands, gently lit."""
    light = _LIGHT / np.linalg.norm(_LIGHT)
    cut = pieces(relief, levels)
    shade = 0.86 + 0.15 * np.abs(cut.normals @ light)
    colors = levels.colormap(levels.norm(cut.values))
    colors[:, :3] = np.minimum(colors[:, :3] * shade[:, None], 1.0)
    collection = Poly3DCollection(
        cut.polygons, facecolors=colors, linewidths=0, antialiaseds=False, zorder=4
    )
    collection.set_rasterized(True)  # tens of thousands of pieces are too much for a vector file
    ax.add_collection3d(collection, autolim=False)
    return collection


def _draw_lines(
    panel: Panel, levels: Levels, relief: Relief, ax: Axes3D, *, floor: bool
) -> Line3DCollection:
    """Draw contours, on the floor or on the surface up to its top."""
    segments: list[Array] = []
    colors, widths = [], []
    toward = _toward_eye(panel, relief)
    for level, lines in relief.lines.items():
        height = float(lift(level, relief.log))
        if not floor and height > relief.top:
            continue
        bold = np.isclose(level, panel.doubling)
        for line in lines:
            z = np.full((len(line), 1), relief.floor if floor else height)
            whole = np.hstack([line, z])
            parts = [whole] if floor else visible_parts(whole, relief, toward)
            for color, width in _strokes(levels, level, bold=bool(bold)):
                segments += parts
                colors += [color] * len(parts)
                widths += [width] * len(parts)
    collection = Line3DCollection(
        segments, colors=colors, linewidths=widths, alpha=0.9, zorder=2 if floor else 5
    )
    ax.add_collection3d(collection, autolim=False)
    return collection


def _strokes(levels: Levels, level: float, *, bold: bool) -> list[tuple[str, float]]:
    """Return colours and widths of a contour: a bold one is cased as in `draw_contour`."""
    if not bold:
        return [(line_color(levels, level), 0.4)]
    if levels.kind == "ratio":
        return [(line_color(levels, level), 1.3)]
    return [(INK, 2.3), (PAPER, 1.3)]


def _toward_eye(panel: Panel, relief: Relief) -> Array:
    """Return a step from any point of the grid towards the eye, as long as the grid is wide."""
    elevation, azimuth = np.radians([_ELEVATION, _AZIMUTH])
    side = float(np.ptp(panel.alpha))
    other = float(np.ptp(panel.beta)) / panel.aspect
    height = relief.ceiling - relief.floor
    step = np.array([np.cos(azimuth), np.sin(azimuth), np.tan(elevation) / _BOX])
    toward: Array = 1.5 * step * [side, other, height]
    return toward


def _set_axes(ax: Axes3D, panel: Panel, relief: Relief, levels: Levels) -> None:
    """Set limits and a quiet box: no panes, no grid, few ticks."""
    ax.set(
        xlim=(panel.alpha[0], panel.alpha[-1]),
        ylim=(panel.beta[0], panel.beta[-1]),
        zlim=(relief.floor, relief.ceiling),
    )
    room = size_in_points(ax)[0]
    # Labels are as large in a small box as in a large one, and need the more of it.
    zoom = 0.97 * min(1.0, (1 - 45 / max(room, 90)) / (1 - 45 / 190))
    ax.set_box_aspect((1, panel.aspect, _BOX), zoom=zoom)
    ax.patch.set_visible(False)  # labels of a neighbour may lie there
    inks = inks_of(ax)
    ax.set_proj_type("ortho")
    ax.view_init(elev=_ELEVATION, azim=_AZIMUTH)
    ax.grid(False)
    for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
        axis.pane.set_visible(False)
        axis.line.set(color=inks.grey, linewidth=0.5)
        axis.set_tick_params(labelsize=SIZES["tick"], pad=-2.5)
    # In a small box only the tick far from the front corner, where labels would meet.
    for axis, side, far in ((ax.xaxis, panel.alpha, 0), (ax.yaxis, panel.beta, -1)):
        ticks = side_ticks(side)
        axis.set_major_locator(FixedLocator(ticks if room > 140 else [ticks[far]]))
        axis.set_major_formatter(coordinate_ticks())
    ticks, _ = heights_of(relief, levels)
    ticks = ticks[:: max(1, round(len(ticks) * 45 / room))]
    ax.zaxis.set_tick_params(pad=-4.5)
    ax.zaxis.set_major_locator(FixedLocator(ticks))
    ax.zaxis.set_major_formatter(TickLabels(levels.kind, log=relief.log))
    for tick in ax.zaxis.get_major_ticks():
        tick.label1.set_horizontalalignment("left")
    side = _SIDE * zoom * room
    for name, what, length, label in (
        ("α", panel.axes[0], 0.9 * side, ax.set_xlabel),
        ("β", panel.axes[1], 0.71 * side * panel.aspect, ax.set_ylabel),
    ):
        long = axis_label(name, what, length) if room > 170 else name
        label(long, labelpad=-4, fontsize=SIZES["label"], **AS_WRITTEN)
    ax.tick_params(colors=inks.ink)
