"""Figures of aligned square panels with one colorbar and a key, laid out in points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from landscape.figures.levels import DOUBLE, Levels, line_color
from landscape.figures.panel import Panel
from landscape.figures.style import (
    BEST_MARK,
    CENTER_MARK,
    COLUMN,
    GREY,
    SIZES,
    HouseFigure,
    figure_of,
)
from landscape.figures.text import (
    AS_WRITTEN,
    MATH,
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
_LINE, _SPACE, _MARK = 9.5, 9.0, 10.0  # of the key: height of a line, between entries, for a mark


@dataclass(frozen=True)
class Entry:
    """A part of the key below a figure.

    Args:
        text: What it says.
        mark: A mark before it.
        math: Whether there is mathematics in the text.
    """

    text: str
    mark: Mapping[str, Any] | None = None
    math: bool = False

    @property
    def width(self) -> float:
        """In points."""
        return text_width(self.text, SIZES["note"], math=self.math) + _MARK * (
            self.mark is not None
        )


@dataclass(frozen=True, kw_only=True)
class Frame:
    """An empty figure of panels.

    Args:
        figure: The figure.
        axes: Panels, `[row][column]`.
        bar: Where the colorbar goes.
        titles: Of the columns, as far as there is room for them.
        stacked: Whether titles need a line of their own above what is printed at the right.
    """

    figure: Figure
    axes: tuple[tuple[Axes, ...], ...]
    bar: Axes
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
    """

    rows: Sequence[str]
    columns: Sequence[str]
    ticks: Sequence[str]
    corner: str
    key: Sequence[Entry] = ()
    alike: bool = True
    side: float = 0.0


def make_frame(captions: Captions, *, width: float, aspect: float = 1.0) -> Frame:
    """Lay out panels so that they fill the width of a paper.

    Args:
        captions: Row and column labels tell how many panels there are.
        width: Of the figure, in inches.
        aspect: Height of a panel divided by its width.

    Returns:
        The frame; panels are as large as the width allows.
    """
    rows, columns = len(captions.rows), len(captions.columns)
    left = max(_LEFT, _BESIDE + captions.side) + (_ROW_LABEL if any(captions.rows) else 0.0)
    ticks = max(text_width(label, SIZES["tick"]) for label in captions.ticks)
    right = _BAR_GAP + _BAR + 7 + ticks + 16
    gap = max(_GAP, captions.side + 4)  # where labels below end beyond their panels
    if not captions.alike:
        gap = max(_GAP + _TICKS, captions.side + 14)
    panel = (width * 72 - left - right - gap * (columns - 1)) / columns
    room = panel - text_width(captions.corner, SIZES["tick"], math=True) - 8
    stacked = any(text_width(title, SIZES["title"]) > room for title in captions.columns)
    head = panel + gap - 5 if stacked else room
    top = _TOP + _HEADER + (_HEADER - 2 if stacked and any(captions.columns) else 0.0)
    tall = panel * aspect
    between = _HEADER + 4 + (0.0 if captions.alike else _TICKS)
    body = rows * tall + (rows - 1) * between
    lines = flow(captions.key, width * 72 - 8)
    height = top + body + _BOTTOM + _LINE * len(lines) + 3
    figure = HouseFigure(figsize=(width, height / 72))

    def place(x: float, y: float, w: float, h: float) -> Axes:
        box = (x / (72 * width), 1 - (y + h) / height, w / (72 * width), h / height)
        return figure.add_axes(box)

    axes = tuple(
        tuple(
            place(left + j * (panel + gap), top + i * (tall + between), panel, tall)
            for j in range(columns)
        )
        for i in range(rows)
    )
    length = min(body, 340.0)
    bar = place(width * 72 - right + _BAR_GAP, top + (body - length) / 2, _BAR, length)
    draw_key(figure, lines)
    titles = titles_within(captions.columns, SIZES["title"], head)
    return Frame(figure=figure, axes=axes, bar=bar, titles=titles, stacked=stacked)


def draw_colorbar(levels: Levels, bar: Axes) -> Colorbar:
    """Draw the bands between levels, equally tall, with the doubling contour as a bold line.

    Args:
        levels: Of all panels.
        bar: Axes for the bar alone.

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
    title = levels.title
    if text_width(title, SIZES["label"]) > min(1.3 * length, size - 8):
        title = shortened(
            scale_title(levels.metric, levels.kind, short=True), SIZES["label"], size - 8
        )
    colorbar.set_label(title, size=SIZES["label"], labelpad=4, **AS_WRITTEN)
    colorbar.outline.set_linewidth(0.6)
    if levels.kind == "ratio" and not levels.higher_is_better and DOUBLE in levels.values:
        colorbar.ax.axhline(DOUBLE, color=line_color(levels, DOUBLE), linewidth=1.6)
    return colorbar


def key_of(
    levels: Levels, notes: Sequence[str], *, panels: Sequence[Panel], width: float
) -> list[Entry]:
    """Collect what is explained below a figure of contours.

    Args:
        levels: Of all panels.
        notes: What must be known of the panels.
        panels: All of them; the contour where the loss doubles may have a mean radius.
        width: Of the figure, in inches.

    Returns:
        The entries of the key.
    """
    best = "grid best" if levels.higher_is_better else "grid minimum"
    entries = [Entry("center", CENTER_MARK), Entry(best, BEST_MARK)]
    if any(panel.doubles and panel.radius for panel in panels):
        more = ", where the loss doubles" if width > 1.2 * COLUMN else ""
        entries.append(Entry(rf"$r_{{2\times}}$ mean radius of the bold contour{more}", math=True))
    elif any(panel.doubles for panel in panels):
        entries.append(Entry("bold: the loss doubles"))
    return entries + [Entry(text) for text in (levels.remark, *notes) if text]


def flow(entries: Sequence[Entry], room: float) -> list[list[Entry]]:
    """Break entries into lines.

    Args:
        entries: Of the key.
        room: Width of a line, in points.

    Returns:
        Entries of each line.
    """
    lines: list[list[Entry]] = []
    used = np.inf
    for entry in entries:
        if used + entry.width > room:
            lines.append([])
            used = 0.0
        lines[-1].append(entry)
        used += entry.width + _SPACE
    return lines


def draw_key(figure: Figure, lines: Sequence[Sequence[Entry]]) -> None:
    """Explain the marks at the lower edge.

    Args:
        figure: With room for it.
        lines: Entries of each line.
    """
    wide, high = figure.get_size_inches() * 72
    for number, line in enumerate(reversed(lines)):
        x, y = 4.0, 4.0 + _LINE * number
        for entry in line:
            if entry.mark is not None:
                figure.add_artist(
                    Line2D(
                        [(x + 4) / wide],
                        [(y + 2.3) / high],
                        transform=figure.transFigure,
                        **entry.mark,
                    )
                )
            start = x + _MARK * (entry.mark is not None)
            figure.text(
                *(start / wide, y / high, entry.text),
                va="baseline",
                fontsize=SIZES["note"],
                color=GREY,
                **(MATH if entry.math else AS_WRITTEN),
            )
            x += entry.width + _SPACE


def draw_row_label(axes: Axes, text: str) -> None:
    """Write a row's label at the left edge of the figure, beside the middle of its panel.

    Args:
        axes: First panel of the row.
        text: The label.
    """
    figure = figure_of(axes)
    box = axes.get_position()
    wide, high = figure.get_size_inches() * 72
    figure.text(
        3.0 / wide,
        float(np.mean([box.y0, box.y1])),
        shortened(text, SIZES["title"], box.height * high + _HEADER),
        rotation=90,
        ha="left",
        va="center",
        fontsize=SIZES["title"],
        **AS_WRITTEN,
    )
