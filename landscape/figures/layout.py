"""Figures of aligned square panels with one colorbar, laid out in points."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from landscape.figures.levels import DOUBLE, Levels, line_color
from landscape.figures.style import (
    CENTER_MARK,
    COLUMN,
    GREY,
    MINIMUM_MARK,
    SIZES,
    HouseFigure,
    text_width,
)

# In points. The left margin holds tick labels and the axis label, the lower one the same and a key.
_LEFT, _BOTTOM, _TOP, _GAP, _ROW_LABEL, _KEY = 35.0, 29.0, 4.0, 13.0, 13.0, 11.0
_HEADER = 13.0
_BAR, _BAR_GAP = 8.0, 9.0


@dataclass(frozen=True, kw_only=True)
class Frame:
    """An empty figure of panels.

    Args:
        figure: The figure.
        axes: Panels, `[row][column]`.
        bar: Where the colorbar goes.
        stacked: Whether titles need a line of their own above what is printed at the right.
    """

    figure: Figure
    axes: tuple[tuple[Axes, ...], ...]
    bar: Axes
    stacked: bool


@dataclass(frozen=True, kw_only=True)
class Captions:
    """The words around panels, which decide how much room there is for them.

    Args:
        rows: One for each row; empty strings take no room.
        columns: One for each column, above the first row.
        ticks: Labels of the colorbar.
        corner: The longest text at the upper right of a panel.
    """

    rows: Sequence[str]
    columns: Sequence[str]
    ticks: Sequence[str]
    corner: str


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
    left = _LEFT + (_ROW_LABEL if any(captions.rows) else 0.0)
    ticks = max(text_width(label, SIZES["tick"]) for label in captions.ticks)
    right = _BAR_GAP + _BAR + 7 + ticks + 16
    panel = (width * 72 - left - right - _GAP * (columns - 1)) / columns
    room = panel - text_width(captions.corner, SIZES["tick"]) - 8
    stacked = any(text_width(title, SIZES["title"]) > room for title in captions.columns)
    top = _TOP + _HEADER + (_HEADER - 2 if stacked and any(captions.columns) else 0.0)
    tall = panel * aspect
    body = rows * tall + (rows - 1) * (_HEADER + 4)
    height = top + body + _BOTTOM + _KEY
    figure = HouseFigure(figsize=(width, height / 72))

    def place(x: float, y: float, w: float, h: float) -> Axes:
        box = (x / (72 * width), 1 - (y + h) / height, w / (72 * width), h / height)
        return figure.add_axes(box)

    axes = tuple(
        tuple(
            place(left + j * (panel + _GAP), top + i * (tall + _HEADER + 4), panel, tall)
            for j in range(columns)
        )
        for i in range(rows)
    )
    length = min(body, 340.0)
    bar = place(width * 72 - right + _BAR_GAP, top + (body - length) / 2, _BAR, length)
    return Frame(figure=figure, axes=axes, bar=bar, stacked=stacked)


def draw_colorbar(levels: Levels, bar: Axes, *, bold: bool = True) -> Colorbar:
    """Draw the bands between levels, equally tall, with the doubling contour as a bold line.

    Args:
        levels: Of all panels.
        bar: Axes for the bar alone.
        bold: Mark where the loss doubles; only multiples of the center share that place.

    Returns:
        The colorbar.
    """
    figure = bar.get_figure(root=True)
    assert figure is not None
    colorbar = figure.colorbar(
        ScalarMappable(norm=levels.norm, cmap=levels.colormap),
        cax=bar,
        spacing="uniform",
        ticks=list(levels.values),
        extendfrac=0.05,
        drawedges=False,
    )
    colorbar.ax.set_yticklabels(levels.labels)
    colorbar.ax.tick_params(labelsize=SIZES["tick"], length=2.5, width=0.6)
    colorbar.ax.minorticks_off()
    colorbar.set_label(levels.title, size=SIZES["label"], labelpad=4)
    colorbar.outline.set_linewidth(0.6)
    if bold and levels.kind == "ratio" and DOUBLE in levels.values:
        colorbar.ax.axhline(DOUBLE, color=line_color(levels, DOUBLE), linewidth=1.6)
    return colorbar


def draw_key(figure: Figure, *, doubling: bool, remark: str = "") -> None:
    """Explain the marks in one line at the lower edge.

    Args:
        figure: With room for it.
        doubling: Whether a contour where the loss doubles was drawn.
        remark: Why levels are not multiples of the center.
    """
    handles = [Line2D([], [], **CENTER_MARK), Line2D([], [], **MINIMUM_MARK)]
    labels = [str(handle.get_label()) for handle in handles]
    wide = figure.get_size_inches()[0] > 1.2 * COLUMN
    texts = [remark] if remark else []
    if doubling and (wide or not remark):
        more = ", where the loss doubles" if wide else ""
        texts.append(rf"$r_{{2\times}}$ mean radius of the bold contour{more}")
    handles += [Line2D([], [], ls="") for _ in texts]
    labels += texts
    figure.legend(
        handles,
        labels,
        loc="lower left",
        bbox_to_anchor=(4 / (72 * figure.get_size_inches()[0]), 0.0),
        bbox_transform=figure.transFigure,
        ncols=len(handles),
        fontsize=SIZES["note"],
        labelcolor=GREY,
        frameon=False,
        borderpad=0.15,
        borderaxespad=0.0,
        handletextpad=0.15,
        handlelength=1.0,
        columnspacing=1.0,
    )


def draw_row_label(axes: Axes, text: str, *, left: float) -> None:
    """Write a row's label at the left edge of the figure, beside the middle of its panel.

    Args:
        axes: First panel of the row.
        text: The label.
        left: Where, in points from the edge of the figure.
    """
    figure = axes.get_figure(root=True)
    assert figure is not None
    box = axes.get_position()
    x = left / (72 * figure.get_size_inches()[0])
    figure.text(
        x,
        float(np.mean([box.y0, box.y1])),
        text,
        rotation=90,
        ha="left",
        va="center",
        fontsize=SIZES["title"],
    )
