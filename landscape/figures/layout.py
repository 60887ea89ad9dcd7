"""Figures of aligned square panels with one colorbar and a key, laid out in points."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.figure import Figure

from landscape.errors import LandscapeError
from landscape.figures.key import LINE, Entry, draw_key, flow
from landscape.figures.levels import DOUBLE, Levels, line_color
from landscape.figures.presets import Preset
from landscape.figures.style import SIZES, figure_of
from landscape.figures.text import (
    AS_WRITTEN,
    scale_title,
    shortened,
    text_width,
    titles_within,
)

# In points. The left margin holds the axis label, and the widest tick label beside it.
_LEFT, _BESIDE, _BOTTOM, _TOP, _ROW_LABEL = 35.0, 19.0, 29.0, 4.0, 13.0
_GAP, _TICKS = 18.0, 14.0  # between panels; more where each has tick labels of its own
_HEADER = 13.0
_BAR, _BAR_GAP = 8.0, 9.0
_LEAST = 36.0  # side of a panel in which anything can be seen


@dataclass(frozen=True, kw_only=True)
class Frame:
    """An empty figure of panels.

    Args:
        figure: The figure.
        axes: Panels, `[row][column]`.
        bar: Where the colorbar goes.
        other_bar: Where that of a column set apart goes; None where there is none.
        edge: Left of all, in points.
        titles: Of the columns, as far as there is room for them.
        stacked: Whether titles need a line of their own above what is printed at the right.
    """

    figure: Figure
    axes: tuple[tuple[Axes, ...], ...]
    bar: Axes
    other_bar: Axes | None
    edge: float
    titles: tuple[str, ...]
    stacked: bool


@dataclass(frozen=True, kw_only=True)
class Captions:
    """The words around panels, which decide how much room there is for them.

    Args:
        rows: One for each row; empty strings take no room.
        columns: One for each column, above the first row.
        ticks: Labels of the colorbar.
        corner: The longest text at the upper right of a panel.
        key: What is explained below.
        alike: Whether all panels cover the same area and share the labels of ticks.
        side: Width of the widest label of a tick, in points.
        apart: Labels of a second colorbar, of the last column, which is set apart from the others
            by the first one; empty where there is none.
    """

    rows: Sequence[str]
    columns: Sequence[str]
    ticks: Sequence[str]
    corner: str
    key: Sequence[Entry] = ()
    alike: bool = True
    side: float = 0.0
    apart: Sequence[str] = ()


def make_frame(captions: Captions, size: Preset, *, aspect: float = 1.0) -> Frame:
    """Lay out panels so that they fill the width of a paper.

    Args:
        captions: Row and column labels tell how many panels there are.
        size: Of the figure.
        aspect: Height of a panel divided by its width.

    Returns:
        The frame; panels are as large as the width allows, and the height where it is given.

    Raises:
        LandscapeError: If there is no room for panels.
    """
    wide = 72 * size.wide
    rows, columns = len(captions.rows), len(captions.columns)
    left = max(_LEFT, _BESIDE + captions.side) + (_ROW_LABEL if any(captions.rows) else 0.0)
    right = _room_of_bar(captions.apart or captions.ticks)
    gap = max(_GAP, captions.side + 4)  # where labels below end beyond their panels
    if not captions.alike:
        gap = max(_GAP + _TICKS, captions.side + 14)
    # Between a column set apart and the one before it stands the colorbar of the others.
    more = _room_of_bar(captions.ticks) + 8 - gap if captions.apart else 0.0
    lines = flow(captions.key, wide - 8)
    below = _BOTTOM + LINE * len(lines) + 3
    between = _HEADER + 4 + (0.0 if captions.alike else _TICKS)
    panel = (wide - left - right - gap * (columns - 1) - more) / columns
    edge = 0.0
    if size.high:  # as if titles were stacked
        most = 72 * size.high - _TOP - 2 * _HEADER - below - (rows - 1) * between
        panel = min(panel, most / rows / aspect)
        edge = (wide - left - right - gap * (columns - 1) - more - columns * panel) / 2
        left += edge
    if panel < _LEAST:
        raise LandscapeError(
            f"expected room for panels of {_LEAST / 72:.1f} inches, got {max(panel, 0) / 72:.1f} "
            f"for each of {rows} x {columns} on {size.wide:.4g} inches",
            hint="make the figure wider, or draw fewer panels",
        )
    room = panel - text_width(captions.corner, SIZES["tick"], math=True) - 8
    stacked = any(text_width(title, SIZES["title"]) > room for title in captions.columns)
    head = panel + gap - 5 if stacked else room
    top = _TOP + _HEADER + (_HEADER - 2 if stacked and any(captions.columns) else 0.0)
    tall = panel * aspect
    body = rows * tall + (rows - 1) * between
    figure = size.figure((top + body + below) / 72)
    height = 72 * figure.get_size_inches()[1]
    top += (height - top - body - below) / 2

    def place(x: float, y: float, w: float, h: float) -> Axes:
        return figure.add_axes((x / wide, 1 - (y + h) / height, w / wide, h / height))

    axes = tuple(
        tuple(
            place(x, top + i * (tall + between), panel, tall)
            for x in [left + j * (panel + gap) + more * (j == columns - 1) for j in range(columns)]
        )
        for i in range(rows)
    )
    length = min(body, 340.0)
    ends = [left + columns * panel + gap * (columns - 1) + more]
    if captions.apart:
        ends.insert(0, left + (columns - 1) * panel + (columns - 2) * gap)
    bar, *others = (place(end + _BAR_GAP, top + (body - length) / 2, _BAR, length) for end in ends)
    draw_key(figure, lines)
    titles = titles_within(captions.columns, SIZES["title"], head)
    return Frame(
        figure=figure,
        axes=axes,
        bar=bar,
        other_bar=others[0] if others else None,
        edge=edge,
        titles=titles,
        stacked=stacked,
    )


def _room_of_bar(labels: Sequence[str]) -> float:
    """Return the width of a colorbar with its labels and title, in points."""
    return _BAR_GAP + _BAR + 7 + max(text_width(label, SIZES["tick"]) for label in labels) + 16


def draw_colorbar(levels: Levels, bar: Axes, *, title: str = "") -> Colorbar:
    """Draw the bands between levels, equally tall, with the doubling contour as a bold line.

    Args:
        levels: Of all panels.
        bar: Axes for the bar alone.
        title: What it shows; default what the levels say.

    Returns:
        The colorbar.
    """
    figure = figure_of(bar)
    size = figure.get_size_inches()[1] * 72
    length = bar.get_position().height * size
    step = max(1, int(np.ceil(9 * len(levels.values) / length)))  # labels must not touch
    colorbar = figure.colorbar(
        ScalarMappable(norm=levels.norm, cmap=levels.colormap),
        cax=bar,
        spacing="uniform",
        ticks=list(levels.values[::step]),
        extendfrac=0.05,
        drawedges=False,
    )
    colorbar.ax.set_yticklabels(levels.labels[::step])
    colorbar.ax.tick_params(labelsize=SIZES["tick"], length=2.5, width=0.6)
    colorbar.ax.minorticks_off()
    if not title and text_width(levels.title, SIZES["label"]) > min(1.3 * length, size - 8):
        title = shortened(
            scale_title(levels.metric, levels.kind, short=True), SIZES["label"], size - 8
        )
    colorbar.set_label(title or levels.title, size=SIZES["label"], labelpad=4, **AS_WRITTEN)
    colorbar.outline.set_linewidth(0.6)
    if levels.kind == "ratio" and not levels.higher_is_better and DOUBLE in levels.values:
        colorbar.ax.axhline(DOUBLE, color=line_color(levels, DOUBLE), linewidth=1.6)
    return colorbar


def draw_row_label(frame: Frame, row: int, text: str) -> None:
    """Write a row's label at the left edge, beside the middle of its panel.

    Args:
        frame: With room for it.
        row: Which.
        text: The label.
    """
    axes = frame.axes[row][0]
    figure = figure_of(axes)
    box = axes.get_position()
    wide, high = figure.get_size_inches() * 72
    figure.text(
        (frame.edge + 3.0) / wide,
        float(np.mean([box.y0, box.y1])),
        shortened(text, SIZES["title"], box.height * high + _HEADER),
        rotation=90,
        ha="left",
        va="center",
        fontsize=SIZES["title"],
        **AS_WRITTEN,
    )
