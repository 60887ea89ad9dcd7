"""Paths of optimizers: where they go on the plane, and what it does not show of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from landscape.arguments import checked
from landscape.errors import LandscapeError
from landscape.figures.captions import captioned
from landscape.figures.contour import draw_panel
from landscape.figures.key import Entry, draw_key, flow, key_of
from landscape.figures.layout import draw_colorbar
from landscape.figures.levels import Levels, chosen_levels
from landscape.figures.notes import merged
from landscape.figures.panel import Panel, make_panel
from landscape.figures.paths import path_colors
from landscape.figures.presets import Preset, PresetName, preset_for
from landscape.figures.style import (
    PAGE,
    SIZES,
    Drawing,
    figure_of,
    inks_of,
    size_in_points,
)
from landscape.figures.text import AS_WRITTEN, scale_title, shortened, text_width
from landscape.figures.ticks import TickLabels, set_log_ticks
from landscape.measures.trajectory import OFF, about_paths, paths_of, shares_off
from landscape.surface.axes import PointOfInterest
from landscape.surface.data import Array, Surface

# In points.
_LEFT, _TOP, _BOTTOM, _LINE = 38.0, 17.0, 30.0, 9.5
_BAR, _BAR_GAP, _BETWEEN, _RIGHT = 8.0, 8.0, 46.0, 7.0
_LOWEST = 118.0  # height of the panels beside the map
_STACKED = 5.0  # inches below which the panels are under the map
_HANDLE = 2.2  # length of a line in the legend, in sizes of its letters
_LOG = 20.0  # ratio of values from which on the axis is logarithmic

_DASHED = (0, (3, 1.5))

Paths = dict[str, list[PointOfInterest]]


@checked
def draw_trajectory(
    surface: Surface,
    *,
    plane: int = 0,
    metric: str = "loss",
    levels: Levels | Sequence[float] | None = None,
    log: bool = False,
    title: str = "",
    preset: PresetName | None = None,
    width: float | None = None,
) -> Drawing:
    """Draw paths on their plane, beside them their true values and how far off the plane they are.

    On the map a line goes through the projections of the checkpoints to the center; dots are hollow
    where a checkpoint is off the plane by more than a tenth of the extent of its path. At the upper
    right, or below the map where the figure is narrow, stand, over the steps, the checkpoints' own
    values and those at their projections, which are what the map shows; below, the distance from
    the plane as a share of the extent of the path, which is its largest distance to the center.

    Args:
        surface: Of `along="pca:..."`.
        plane: Which one; there is one.
        metric: What to draw.
        levels: As in `draw_contour`.
        log: Absolute levels with equal ratios.
        title: Above the map.
        preset: `column` or `page` of a paper, `slide`, 16:9 with larger text, or `dark` for a dark
            notebook.
        width: In inches; None takes that of the preset, or else two columns of a paper.

    Returns:
        The drawing; its axes are those of the map. Artists of the other panels are `own NAME`,
        `projected NAME` and `off NAME` for each path.

    Raises:
        LandscapeError: If there is no path on the surface, only places of an imported one, or no
            finite value.
    """
    paths = paths_of(surface.points_of_interest)
    if not paths or surface.trajectory is None:
        got = "places of an imported one" if paths else "none"
        raise LandscapeError(
            f"expected the path of an optimizer on the surface, got {got}",
            hint="compute it along='pca:FOLDER' (--along pca:FOLDER), where ls.Tracker(FOLDER) "
            "writes while training",
        )
    levels = chosen_levels(levels, surface, metric=metric, log=log)
    panel = make_panel(surface, levels, plane=plane)
    notes = merged([panel.notes])
    size = preset_for(preset, width, PAGE)
    with size.style():
        axes, bar, values, off = _lay_out(panel, levels, notes, _chance(surface), size, paths)
        drawing = draw_panel(panel, levels, axes, title=title, notes=())
        draw_colorbar(levels, bar)
        artists = {
            **drawing.artists,
            **_draw_values(paths, metric, values),
            **_draw_off(paths, off),
        }
    notes = tuple(about_paths(surface, metric))
    whole = Drawing(axes=axes, artists=artists, notes=notes, owned=True)
    return captioned(whole, [surface], metric=metric, plane=plane, levels=levels)


def _chance(surface: Surface) -> list[str]:
    """Say what a random walk would explain."""
    walk = surface.trajectory.walk if surface.trajectory else None
    if walk is None:
        return []
    return [f"a random walk has {100 * walk[0]:.3g} % and {100 * walk[1]:.3g} % in its components"]


def _lay_out(
    panel: Panel,
    levels: Levels,
    notes: tuple[str, ...],
    chance: list[str],
    size: Preset,
    paths: Paths,
) -> tuple[Axes, Axes, Axes, Axes]:
    """Make a figure with a map, its colorbar, and two panels over steps beside it or below it."""
    wide = 72 * size.wide
    ticks = max(text_width(label, SIZES["tick"]) for label in levels.labels)
    beside = _BAR_GAP + _BAR + ticks + 22
    entries = [
        *key_of(levels, notes, panels=[panel], width=size.wide),
        *map(Entry, chance),
        Entry("off plane: % of the extent of a path, its largest distance to the center"),
    ]
    lines = flow(entries, wide - 8)
    below = _BOTTOM + _LINE * len(lines) + 3
    if size.wide < _STACKED:
        edge = left = _LEFT + 5
        side = _LOWEST
        across = wide - left - beside
        high = across * panel.aspect
        legend = _LINE * -(-(len(paths) + 1) // _columns(_names(paths), wide - left - _RIGHT))
        top = _TOP + high + _BOTTOM + legend + 6
        body = top - _TOP + side
    else:
        edge = _LEFT
        across = 0.56 * (wide - _LEFT - beside - _BETWEEN - _RIGHT)
        if size.high:
            across = min(across, (72 * size.high - _TOP - below) / panel.aspect)
        high = across * panel.aspect
        left, top = _LEFT + across + beside + _BETWEEN, _TOP
        side = body = max(high, _LOWEST)
    figure = size.figure((_TOP + body + below) / 72)
    tall = 72 * figure.get_size_inches()[1]
    lower = (tall - _TOP - body - below) / 2  # in the middle of a slide

    def place(x: float, y: float, w: float, h: float, above: Axes | None = None) -> Axes:
        box = (x / wide, 1 - (lower + y + h) / tall, w / wide, h / tall)
        return figure.add_axes(box, sharex=above)

    axes = place(edge, _TOP, across, high)
    bar = place(edge + across + _BAR_GAP, _TOP, _BAR, high)
    upper = 0.6 * (side - 10)
    values = place(left, top, wide - left - _RIGHT, upper)
    off = place(left, top + upper + 10, wide - left - _RIGHT, side - 10 - upper, values)
    draw_key(figure, lines)
    return axes, bar, values, off


def _draw_values(paths: Paths, metric: str, ax: Axes) -> dict[str, Artist]:
    """Draw the checkpoints' own values and those at their projections."""
    artists: dict[str, Artist] = {}
    colors = _colors(paths, ax)
    drawn: list[Array] = []
    for name, points in paths.items():
        steps = [point.step for point in points]
        own, projected = (
            np.array([getattr(point, kind).get(metric, np.nan) for point in points])
            for kind in ("values", "projected")
        )
        style: dict[str, Any] = {"color": colors[name], "lw": 1.3}
        (artists[f"own {name}"],) = ax.plot(steps, own, **style)
        (artists[f"projected {name}"],) = ax.plot(steps, projected, ls=_DASHED, **style)
        drawn += [own, projected]
    _scale(ax, np.concatenate(drawn))
    ax.tick_params(labelbottom=False)
    ax.set_ylabel(scale_title(metric, "absolute"), **AS_WRITTEN)
    _finish(ax)
    _draw_legend(_handles(paths, ax), ax)
    return artists


def _colors(paths: Paths, ax: Axes) -> dict[str, str]:
    """Return the colours that paths have on the map, too."""
    return path_colors([point for path in paths.values() for point in path], inks_of(ax))


def _names(paths: Paths) -> list[str]:
    """Name the lines of the legend."""
    return [*(paths if len(paths) > 1 else ["checkpoints"]), "projected"]


def _handles(paths: Paths, ax: Axes) -> list[Line2D]:
    """Make the lines of the legend: each path, and what is dashed."""
    colors = list(_colors(paths, ax).values())
    styles: list[dict[str, Any]] = [{"color": color} for color in colors]
    styles.append({"color": inks_of(ax).grey if len(paths) > 1 else colors[0], "ls": _DASHED})
    names = zip(_names(paths), styles, strict=True)
    return [Line2D([], [], lw=1.3, label=name, **style) for name, style in names]


def _columns(names: list[str], room: float) -> int:
    """Count the columns of a legend that has so much room, in points."""
    size = SIZES["note"]
    widths = [text_width(name, size) + size * (_HANDLE + 2.0) for name in names]
    if sum(widths) < room:
        return len(names)
    return min(len(names), max(1, int(room / max(widths))))


def _draw_legend(handles: list[Line2D], ax: Axes) -> None:
    """Name lines in rows above the panel, or inside where one row of a wide figure is too long."""
    size, wide = SIZES["note"], float(size_in_points(ax)[0])
    stacked = figure_of(ax).get_size_inches()[0] < _STACKED
    names = [str(line.get_label()) for line in handles]
    columns = _columns(names, wide + (0 if stacked else _BETWEEN / 2))
    style: dict[str, Any] = {"fontsize": size, "handlelength": _HANDLE, "borderpad": 0.1}
    for line in handles:
        line.set_label(shortened(str(line.get_label()), size, wide - size * (_HANDLE + 2)))
    if stacked or columns == len(handles):
        place = {"loc": "lower right", "bbox_to_anchor": (1.0, 1.0), "ncols": columns}
        style |= {**place, "columnspacing": 1.2, "handletextpad": 0.6, "borderaxespad": 0.2}
    legend = ax.legend(handles=handles, labelspacing=0.25, **style)
    for text in legend.get_texts():
        text.set(**AS_WRITTEN)


def _draw_off(paths: Paths, ax: Axes) -> dict[str, Artist]:
    """Draw how far checkpoints are off the plane, as a share of the extent of their path."""
    artists: dict[str, Artist] = {}
    colors = _colors(paths, ax)
    ax.axhline(100 * OFF, color=inks_of(ax).grey, lw=0.5, ls=":", zorder=1)
    for name, points in paths.items():
        shares = 100 * np.array(shares_off(points))
        steps = [point.step for point in points]
        style: dict[str, Any] = {"color": colors[name], "lw": 1.3, "marker": "o", "ms": 2.0}
        (artists[f"off {name}"],) = ax.plot(steps, shares, **style)
    ax.set_ylim(bottom=0)
    ax.yaxis.set_major_locator(MaxNLocator(nbins=3, steps=[1, 2, 5, 10], integer=True))
    ax.set_ylabel("off plane, %")
    ax.set_xlabel("step")
    _finish(ax)
    return artists


def _scale(ax: Axes, values: Array) -> None:
    """Take a logarithmic axis where values range over more than it can show."""
    values = values[np.isfinite(values)]
    span = values.max() / values.min() if values.size and values.min() > 0 else 1.0
    if span > _LOG:
        ax.set_yscale("log")
        set_log_ticks(ax.yaxis, span)
        return
    ax.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]))
    ax.yaxis.set_major_formatter(TickLabels("absolute"))


def _finish(ax: Axes) -> None:
    """Set what both panels over steps share."""
    most = text_width(f"{ax.get_xlim()[1]:.0f}", SIZES["tick"]) + 9
    bins = int(np.clip(size_in_points(ax)[0] / most, 1, 5))
    ax.xaxis.set_major_locator(MaxNLocator(nbins=bins, steps=[1, 2, 5, 10], integer=True))
    ax.tick_params(labelsize=SIZES["tick"])
    ax.spines[["top", "right"]].set_visible(False)
    ax.yaxis.set_label_coords(-30 / size_in_points(ax)[0], 0.5)  # that of both, below each other
