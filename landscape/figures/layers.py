"""The sharpness of each layer as bars with intervals, in the order of the model."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from landscape.errors import LandscapeError
from landscape.figures.style import (
    COLUMN,
    GREY,
    INK,
    LINE_COLORS,
    PAPER,
    SIZES,
    Drawing,
    HouseFigure,
    house_style,
)
from landscape.figures.text import shortened, write_notes
from landscape.measures.layers import Layer
from landscape.measures.summary import Statistic

_ROW = 0.22  # inches for each layer
_NAME = 90.0  # points for a layer's name


def draw_layers(
    layers: Sequence[Layer],
    *,
    ax: Axes | None = None,
    statistic: str = "mean_excess",
    log: bool = False,
    width: float = COLUMN,
) -> Drawing:
    """Draw one statistic of each layer: a bar, its interval over planes, and each plane as a dot.

    Args:
        layers: Of one model, from `each_layer`.
        ax: Where; None makes a figure.
        statistic: Which one, by its key.
        log: Logarithmic axis.
        width: In inches, of a figure made here; a column of a paper.

    Returns:
        The drawing, with artists `bar 0` and so on, `intervals`, `planes` and `notes`.

    Raises:
        LandscapeError: If there is no layer, or no finite value, or log is asked for where values
            are not positive.
    """
    values = [layer.summary[statistic] for layer in layers]
    known = [one.value for one in values if np.isfinite(one.value)]
    if not known:
        raise LandscapeError(f"expected a finite {statistic} of some layer, got none")
    if log and min(known) <= 0:
        raise LandscapeError(
            f"expected positive values for a logarithmic axis, got {min(known):.4g}",
            hint="draw it without log",
        )
    if ax is not None:
        return _draw(layers, values, ax, log=log)
    with house_style():
        height = 0.7 + _ROW * len(layers)
        axes = HouseFigure(figsize=(width, height), layout="constrained").add_subplot()
        drawing = _draw(layers, values, axes, log=log)
    return Drawing(axes=axes, artists=drawing.artists, notes=drawing.notes, owned=True)


def _draw(layers: Sequence[Layer], values: Sequence[Statistic], ax: Axes, *, log: bool) -> Drawing:
    """Draw into axes."""
    rows = np.arange(len(layers))
    heights = np.array([one.value for one in values])
    limits = np.array([(one.low, one.high) for one in values])
    if log:
        ax.set_xscale("log")
    bars = ax.barh(rows, heights, height=0.62, color=LINE_COLORS[2], zorder=2)
    there = np.isfinite(limits).all(axis=1)
    intervals = ax.errorbar(
        heights[there],
        rows[there],
        xerr=np.abs(limits[there].T - heights[there]),
        ls="",
        color=INK,
        lw=1.0,
        capsize=2.0,
        zorder=4,
    )
    each = [(v, row) for row, one in enumerate(values) for v in one.per_plane if np.isfinite(v)]
    dots = np.array(each).reshape(-1, 2)
    planes = ax.scatter(dots[:, 0], dots[:, 1], s=6, fc=PAPER, ec=INK, lw=0.5, zorder=5)
    for row, one in zip(rows, values, strict=True):
        if one.is_bound:
            ax.annotate(
                "≥",
                (one.value, row),
                (3, 0),
                textcoords="offset points",
                va="center",
                fontsize=SIZES["note"],
                color=GREY,
            )
    ax.set_yticks(rows, [shortened(layer.name, SIZES["tick"], _NAME) for layer in layers])
    ax.tick_params(axis="y", length=0)
    ax.invert_yaxis()
    ax.spines[["top", "right"]].set_visible(False)
    one = values[0]
    within = f" within {one.settings['epsilon']:g}" if "epsilon" in one.settings else ""
    ax.set_xlabel(f"{one.name}{within} ({one.unit})")
    notes = [f"{layers[0].summary.confidence:.0%} intervals over planes"]
    if any(one.is_bound for one in values):
        notes.append("≥: not reached inside the grid")
    return Drawing(
        axes=ax,
        artists={
            **{f"bar {row}": bar for row, bar in enumerate(bars)},
            "intervals": intervals.lines[2][0],
            "planes": planes,
            **write_notes(notes, ax),
        },
        notes=tuple(notes),
    )
