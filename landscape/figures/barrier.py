"""A metric between two checkpoints, its chord, and the barrier above it."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from landscape.arguments import checked
from landscape.errors import LandscapeError
from landscape.figures.coordinates import coordinate_ticks
from landscape.figures.glyphs import make_drawable
from landscape.figures.metrics import NO_NAME, shared_name
from landscape.figures.notes import write_notes
from landscape.figures.presets import PresetName, preset_for
from landscape.figures.style import (
    COLUMN,
    PAGE,
    SIZES,
    Drawing,
    inks_of,
    size_in_points,
    together,
)
from landscape.figures.text import AS_WRITTEN, scale_title, text_width, titles_within
from landscape.figures.ticks import TickLabels
from landscape.measures.barrier import Barrier
from landscape.measures.connection import Connection
from landscape.measures.text import number
from landscape.surface.data import Array

_LEGEND = 11.0  # points of each row, above the axes
_MARGIN = 34.0  # points beside the axes, for labels
_ALIKE = 6.0  # times the range of a panel that an axis may show in all
_STACKED = 5.0  # inches below which panels are under each other
_ONE_LINE = 0.01  # of the height of a figure, about as wide as a line


@checked
def draw_barrier(
    connection: Connection,
    *,
    ax: Axes | None = None,
    metric: str = "loss",
    preset: PresetName | None = None,
    width: float | None = None,
) -> Drawing:
    """Draw a metric between two checkpoints: a line for each policy of BatchNorm, and a curve's.

    The chord is dashed; the barrier, where there is any, a bold bar from the chord to a dot on the
    line. The band is that of the heights above the chord at all points at once, drawn about the
    line.

    Args:
        connection: From `barrier`.
        ax: Where; None makes a figure.
        metric: Which metric.
        preset: `column` or `page` of a paper, `slide`, 16:9 with larger text, or `dark` for a dark
            notebook.
        width: In inches; None takes that of the preset, or else a column of a paper.

    Returns:
        The drawing, with artists `line`, `band`, `chord` and `barrier`, each followed by the policy
        or the name of the curve where there are several.

    Raises:
        LandscapeError: If there is no such metric, or it has no finite values between the ends.
    """
    barriers = _barriers(connection, metric)
    if ax is not None:
        drawing = _draw(connection, barriers, ax)
        make_drawable(ax)
        return _captioned(drawing, connection, [metric])
    size = preset_for(preset, width, COLUMN)
    with size.style():
        axes = size.figure(0.7 * size.wide, layout="constrained").add_subplot()
        drawing = _draw(connection, barriers, axes, room=72 * size.wide - 6)
    return _captioned(replace(drawing, owned=True), connection, [metric])


@checked
def draw_barriers(
    connection: Connection,
    metrics: Sequence[str],
    *,
    preset: PresetName | None = None,
    width: float | None = None,
) -> Drawing:
    """Draw several metrics on the line between two checkpoints, such as those of splits.

    Args:
        connection: From `barrier`.
        metrics: Two in a row, where a column has room for one; those of a row on one scale where
            they are of one thing, as `loss` and `test_loss`, and of a similar range.
        preset: `column` or `page` of a paper, `slide`, 16:9 with larger text, or `dark` for a dark
            notebook.
        width: In inches; None takes that of the preset, or else two columns of a paper.

    Returns:
        The drawing, with its `figure` and `panels`.

    Raises:
        LandscapeError: If there is no metric, or else as `draw_barrier`.
    """
    if not metrics:
        raise LandscapeError("expected at least one metric, got none")
    size = preset_for(preset, width, PAGE)
    beside = 1 if size.wide < _STACKED else 2
    rows = [metrics[start : start + beside] for start in range(0, len(metrics), beside)]
    found = [[_barriers(connection, metric) for metric in row] for row in rows]
    drawn = []
    panel = size.wide / beside
    with size.style():
        figure = size.figure(len(rows) * max(0.7 * panel, 1.8), layout="constrained")
        grid = figure.add_gridspec(len(rows), min(len(metrics), beside))
        for index, row in enumerate(found):
            first: Axes | None = None
            one_scale = shared_name(rows[index]) != NO_NAME and _on_one_scale(row)
            for column, barriers in enumerate(row):
                ax = figure.add_subplot(grid[index, column], sharey=first if one_scale else None)
                drawn.append(_draw(connection, barriers, ax, room=72 * panel - _MARGIN))
                first = first or ax
    return _captioned(together(drawn), connection, metrics)


def _captioned(drawing: Drawing, connection: Connection, metrics: Sequence[str]) -> Drawing:
    """Give a drawing its caption and its provenance."""
    about = connection.to_dict()
    said = [one.sentence() for one in connection.barriers if one.curve.metric in metrics]
    ends = f"From {connection.ends[0]} (t = 0) to {connection.ends[1]} (t = 1)"
    return replace(drawing, caption=". ".join([ends, *said, ""]).strip(), provenance=about)


def _barriers(connection: Connection, metric: str) -> list[Barrier]:
    """Find what can be drawn of a metric: a barrier for each policy of BatchNorm, and a curve."""
    connection.find(metric)
    barriers = [one for one in connection.barriers if one.curve.metric == metric]
    if not any(np.isfinite(one.curve.values[1:-1]).any() for one in barriers):
        raise LandscapeError(f"expected a finite {metric} between the ends, got none")
    return barriers


def _draw(
    connection: Connection, barriers: list[Barrier], ax: Axes, *, room: float | None = None
) -> Drawing:
    """Draw all policies, name the axes, and say what the band is.

    Room are the points that a line above our own axes may take; above a user's may be a title.
    """
    artists: dict[str, Artist] = {}
    several, lines = len(barriers) > 1, inks_of(ax).lines
    for index, one in enumerate(barriers):
        policy = f" {one.curve.name}" if several else ""
        # Earlier lines are wider, and those upon them dashed: of two that are one, both are seen.
        wider = 0.4 * (len(barriers) - 1 - index)
        drawn = _draw_one(one, ax, lines[index % len(lines)], wider, named=several)
        if any(_coincide(one, other) for other in barriers[:index]):
            drawn["line"].set_linestyle((0, (3, 2)))
        artists |= {f"{name}{policy}": artist for name, artist in drawn.items()}
    _set_axes(connection, barriers[0].curve.metric, ax, room)
    below = barriers[0].curve.higher_is_better  # where there is something to see
    rows = _draw_legend(ax, room, below=below) if several else 0
    notes = _notes(connection, barriers)
    written = write_notes(notes, ax, above=rows * _LEGEND, room=room)
    return Drawing(axes=ax, artists=artists | written, notes=notes)


def _coincide(one: Barrier, other: Barrier) -> bool:
    """Tell whether two lines lie upon each other in a figure."""
    both = np.stack([one.curve.values, other.curve.values])
    both = both[:, np.isfinite(both).all(axis=0)]
    return bool(both.size and np.abs(both[0] - both[1]).max() <= _ONE_LINE * np.ptp(both))


def _draw_legend(ax: Axes, room: float | None, *, below: bool) -> int:
    """Name the lines where none is, above our own axes, and return in how many rows."""
    handles, names = ax.get_legend_handles_labels()
    size = SIZES["tick"]
    if room is None:
        style: dict[str, Any] = {"loc": "lower center" if below else "upper center"}
        ax.legend(**style, fontsize=size, handlelength=1.4, frameon=False, borderaxespad=0.1)
        _make_room(ax, 1.45 * size * len(names) + 4, below=below)
        return 0
    wide = [text_width(name, size) + 3.2 * size for name in names]
    half = -(-len(names) // 2)
    two = max(wide[:half]) + max(wide[half:])
    columns = len(names) if sum(wide) < room + size else 2 if two < room + size else 1
    ax.legend(
        handles,
        names,
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=columns,
        fontsize=size,
        handlelength=1.4,
        handletextpad=0.5,
        columnspacing=1.2,
        borderpad=0.1,
        borderaxespad=0.1,
    )
    return -(-len(names) // columns)


def _make_room(ax: Axes, points: float, *, below: bool) -> None:
    """Lengthen the vertical axis at its upper end or its lower one, without ticks there."""
    low, high = ax.get_ylim()
    ticks = [tick for tick in ax.get_yticks() if low <= tick <= high]
    share = min(1.3 * points / float(size_in_points(ax)[1]), 0.6)  # layouts shrink axes later
    more = (high - low) * share / (1 - share)
    ax.set_ylim(low - more * below, high + more * (not below))
    ax.set_yticks(ticks)


def _draw_one(one: Barrier, ax: Axes, color: str, wider: float, *, named: bool) -> dict[str, Any]:
    """Draw one curve with its band, its chord and its barrier."""
    curve, artists = one.curve, dict[str, Any]()
    if np.isfinite(one.band_low).any():
        band = _band(one)
        artists["band"] = ax.fill_between(curve.t, *band, color=color, alpha=0.18, lw=0)
    (artists["chord"],) = ax.plot(
        curve.t[[0, -1]], curve.values[[0, -1]], color=color, lw=0.8, ls=(0, (4, 3)), zorder=2
    )
    label = f"{curve.name}: {number(one.height)}" if named else None
    values = np.where(np.isfinite(curve.values), curve.values, np.nan)
    style: dict[str, Any] = {"color": color, "lw": 1.2 + wider, "label": label}
    (artists["line"],) = ax.plot(curve.t, values, zorder=3, **style)
    if 0 < one.height < np.inf:
        best = int(np.abs(curve.t - one.at).argmin())
        ends = (float(curve.chord[best]), float(curve.values[best]))
        (artists["barrier"],) = ax.plot(
            [one.at, one.at], ends, color=color, lw=2.2 + wider, solid_capstyle="butt", zorder=4
        )
        ax.plot(one.at, ends[1], "o", ms=4.6, mfc=inks_of(ax).paper, mec=color, mew=1.2, zorder=5)
    return artists


def _band(one: Barrier) -> Array:
    """Put the band of heights about the line, within what the metric can be, shape (2, T)."""
    curve = one.curve
    least = curve.low
    if not curve.higher_is_better and np.nanmin(curve.values) >= 0:
        least = max(least, 0.0)  # most losses have no values below, and do not say so
    sign = -1.0 if curve.higher_is_better else 1.0
    ends = curve.chord + sign * np.stack([one.band_low, one.band_high])
    return np.clip(ends, least, curve.high)


def _on_one_scale(row: Sequence[list[Barrier]]) -> bool:
    """Tell whether panels can share an axis without that one of them becomes flat."""
    drawn = [
        np.concatenate(
            [part.ravel() for one in barriers for part in (one.curve.values, _band(one))]
        )
        for barriers in row
    ]
    ranges = np.array([(v.min(), v.max()) for v in (each[np.isfinite(each)] for each in drawn)])
    return bool(np.ptp(ranges) <= _ALIKE * np.ptp(ranges, axis=1).min())


def _set_axes(connection: Connection, metric: str, ax: Axes, room: float | None) -> None:
    """Set limits, ticks and labels."""
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]))
    ax.xaxis.set_major_formatter(coordinate_ticks())
    ax.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
    ax.yaxis.set_major_formatter(TickLabels("absolute"))
    ax.tick_params(labelsize=SIZES["tick"])
    ax.spines[["top", "right"]].set_visible(False)
    room = float(size_in_points(ax)[0]) + _MARGIN if room is None else room
    left = room - _MARGIN - text_width("t, from  (0) to  (1)", SIZES["label"])
    a, b = titles_within(connection.ends, SIZES["label"], left / 2)
    ax.set_xlabel(f"t, from {a} (0) to {b} (1)", fontsize=SIZES["label"], **AS_WRITTEN)
    ax.set_ylabel(scale_title(metric, "absolute"), fontsize=SIZES["label"], **AS_WRITTEN)


def _notes(connection: Connection, barriers: list[Barrier]) -> tuple[str, ...]:
    """Say how high the barrier is, and what the band is."""
    notes = []
    if len(barriers) == 1:
        one = barriers[0]
        between = "" if np.isnan(one.low) else f" [{number(one.low)}, {number(one.high)}]"
        notes.append(f"barrier {number(one.height)}{between}")
    else:
        notes.append("numbers are heights of barriers")
    if connection.aligned:
        notes.append("units aligned")
    notes += [
        f"{one.curve.name} and {other.curve.name} coincide"
        for one, other in itertools.combinations(barriers, 2)
        if _coincide(one, other)
    ]
    if any(np.isfinite(one.band_low).any() for one in barriers):
        notes.append(f"{barriers[0].confidence:.0%} band of the heights, all points at once")
    if any(np.isinf(one.height) for one in barriers):
        notes.append("gaps: not finite")
    return tuple(notes)
