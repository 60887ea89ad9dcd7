"""The sharpness of each layer as bars with intervals, in the order of the model."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from landscape.arguments import checked
from landscape.errors import LandscapeError
from landscape.figures.glyphs import drawable
from landscape.figures.notes import write_notes
from landscape.figures.presets import PresetName, preset_for
from landscape.figures.style import (
    COLUMN,
    SIZES,
    Drawing,
    inks_of,
)
from landscape.figures.text import AS_WRITTEN, titles_within
from landscape.figures.ticks import TickLabels, set_log_ticks
from landscape.keywords import meant
from landscape.measures.layers import Layer
from landscape.measures.summary import Statistic

_ROW = 0.22  # inches for each layer
_NAME = 90.0  # points for a layer's name
_MEANS, _ENDS = 10.0, 30.0  # largest by smallest mean, or limit of an interval, for a linear axis


@checked
def draw_layers(
    layers: Sequence[Layer],
    *,
    ax: Axes | None = None,
    statistic: str = "mean_excess",
    log: bool | None = None,
    preset: PresetName | None = None,
    width: float | None = None,
) -> Drawing:
    """Draw one statistic of each layer: its mean, its interval over planes, and each plane.

    Means are bars; on a logarithmic axis, which has no zero for bars to begin at, diamonds. Planes
    are dots.

    Args:
        layers: Of one model, from `each_layer`.
        ax: Where; None makes a figure.
        statistic: Which one, by its key.
        log: Logarithmic axis; None takes one where all values are positive and either they or their
            intervals range over so much that a linear one would hide most of them.
        preset: `column` or `page` of a paper, `slide`, 16:9 with larger text, or `dark` for a dark
            notebook.
        width: In inches; None takes that of the preset, or else a column of a paper.

    Returns:
        The drawing, with artists `bar 0` and so on or `means`, `intervals`, `planes` and `notes`.

    Raises:
        LandscapeError: If there is no layer, no such statistic or no finite value, or log is asked
            for where values are not positive.
    """
    keys = dict.fromkeys(one.key for layer in layers for one in layer.summary.statistics)
    if keys and statistic not in keys:
        raise LandscapeError(f"no statistic {statistic!r}", hint=meant(statistic, keys))
    values = [layer.summary[statistic] for layer in layers]
    known = [one.value for one in values if np.isfinite(one.value)]
    if not known:
        raise LandscapeError(f"expected a finite {statistic} of some layer, got none")
    if log and min(known) <= 0:
        raise LandscapeError(
            f"expected positive values for a logarithmic axis, got {min(known):.4g}",
            hint="draw it without log",
        )
    if log is None:
        log = _spans_decades(values)
    if ax is not None:
        return _draw(layers, values, ax, log=log)
    size = preset_for(preset, width, COLUMN)
    with size.style():
        axes = size.figure(0.7 + _ROW * len(layers), layout="constrained").add_subplot()
        drawing = _draw(layers, values, axes, log=log)
    return replace(drawing, owned=True)


def _spans_decades(values: Sequence[Statistic]) -> bool:
    """Tell whether values are positive and too different for a linear axis."""
    means = np.array([one.value for one in values])
    ends = np.array([(one.value, one.low, one.high) for one in values])
    means, ends = means[np.isfinite(means)], ends[np.isfinite(ends)]
    if ends.min() <= 0:
        return False
    return bool(means.max() > _MEANS * means.min() or ends.max() > _ENDS * ends.min())


def _draw(layers: Sequence[Layer], values: Sequence[Statistic], ax: Axes, *, log: bool) -> Drawing:
    """Draw into axes."""
    rows, inks = np.arange(len(layers)), inks_of(ax)
    artists: dict[str, Artist] = {}
    means = np.array([one.value for one in values])
    if log:
        ax.set_xscale("log")
        artists["means"] = ax.scatter(means, rows, s=34, marker="D", fc=inks.lines[2], zorder=4)
    else:
        bars = ax.barh(rows, means, height=0.62, color=inks.lines[2], zorder=2)
        artists |= {f"bar {row}": bar for row, bar in enumerate(bars)}
    artists |= _draw_spread(values, ax)
    for row, one in zip(rows, values, strict=True):
        if one.is_bound:
            style: dict[str, Any] = {"va": "center", "fontsize": SIZES["note"], "color": inks.grey}
            style |= {"xytext": (4, 5), "textcoords": "offset points"}
            ax.annotate("≥", (one.value, row), **style)
    _set_axes(layers, values, ax, log=log)
    notes = [f"{layers[0].summary.confidence:.0%} intervals over planes"]
    if any(one.is_bound for one in values):
        notes.append("≥: not reached inside the grid")
    return Drawing(
        axes=ax,
        artists={**artists, **write_notes(notes, ax)},
        notes=tuple(notes),
        caption=". ".join([f"{ax.get_xlabel().capitalize()} of each layer", *notes, ""]).strip(),
        provenance={"layers": [one.to_dict() for one in values]},
    )


def _draw_spread(values: Sequence[Statistic], ax: Axes) -> dict[str, Artist]:
    """Draw intervals as lines, and planes as dots on them."""
    rows, inks = np.arange(len(values)), inks_of(ax)
    means = np.array([one.value for one in values])
    limits = np.array([(one.low, one.high) for one in values])
    there = np.isfinite(limits).all(axis=1)
    intervals = ax.errorbar(
        means[there],
        rows[there],
        xerr=np.abs(limits[there].T - means[there]),
        ls="",
        color=inks.ink,
        lw=1.0,
        capsize=2.0,
        zorder=3,
    )
    each = [(v, row) for row, one in enumerate(values) for v in one.per_plane if np.isfinite(v)]
    dots = np.array(each).reshape(-1, 2)
    planes = ax.scatter(dots[:, 0], dots[:, 1], s=6, fc=inks.paper, ec=inks.ink, lw=0.5, zorder=5)
    return {"intervals": intervals.lines[2][0], "planes": planes}


def _set_axes(layers: Sequence[Layer], values: Sequence[Statistic], ax: Axes, *, log: bool) -> None:
    """Name layers and what is measured, and set ticks."""
    names = titles_within([_name(layer) for layer in layers], SIZES["tick"], _NAME)
    ax.set_yticks(np.arange(len(layers)), [drawable(name) for name in names], **AS_WRITTEN)
    ax.set_ylim(len(layers) - 0.5, -0.5)  # the first is at the top
    ax.tick_params(axis="y", length=0)
    ax.spines[["top", "right"]].set_visible(False)
    if log:
        low, high = ax.get_xlim()
        set_log_ticks(ax.xaxis, high / low)
    else:
        ax.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
        ax.xaxis.set_major_formatter(TickLabels())
    one = values[0]
    within = f" within {one.settings['epsilon']:g}" if "epsilon" in one.settings else ""
    unit = f"{one.unit}, log scale" if log else one.unit
    ax.set_xlabel(f"{one.name}{within} ({unit})", **AS_WRITTEN)


def _name(layer: Layer) -> str:
    """Name a layer; with its type where its name is a number, as in a sequence."""
    return f"{layer.name} {layer.kind}" if layer.name.rpartition(".")[2].isdigit() else layer.name
