"""The difference between two surfaces as a map, hatched where it is within its error."""

from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, LinearSegmentedColormap, ListedColormap

from landscape.arguments import checked
from landscape.errors import LandscapeError
from landscape.figures.contour import write_above
from landscape.figures.coordinates import (
    aspect_of,
    axis_label,
    coordinate_ticks,
    set_axes,
    tick_locator,
    widest_tick,
)
from landscape.figures.difference_words import (
    SIGNS,
    captioned,
    corner_of,
    notes_of,
    scale_of,
    title_of,
)
from landscape.figures.glyphs import make_drawable
from landscape.figures.key import Entry
from landscape.figures.layout import Captions, draw_colorbar, make_frame
from landscape.figures.levels import Levels
from landscape.figures.notes import write_notes
from landscape.figures.presets import Preset, PresetName, preset_for
from landscape.figures.style import (
    CENTER_MARK,
    COLUMN,
    SIZES,
    Drawing,
    inks_of,
    size_in_points,
)
from landscape.figures.text import AS_WRITTEN, label_of, titles_within
from landscape.figures.ticks import TickLabels, set_log_ticks
from landscape.measures.difference import DifferenceMap
from landscape.measures.interpolate import refine
from landscape.measures.plane import PER_SPACING
from landscape.surface.data import Array

_LADDER = (1.01, 1.02, 1.05, 1.1, 1.2, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0, 1e3, 1e4, 1e6)
_MOST = 4  # levels to either side
_LOW, _MIDDLE, _HIGH = ("#0b2a55", "#6f9cc4"), "#f6f5f1", ("#dd9a58", "#7f3408")
_NOTHING, _HATCHING = "#d9d9d6", "#858d99"


@checked
def draw_difference(
    difference: DifferenceMap,
    ax: Axes | None = None,
    *,
    preset: PresetName | None = None,
    width: float | None = None,
) -> Drawing:
    """Draw where one surface is higher than another, and where that is within its error.

    Orange is where the first is higher, blue where the second is; hatching lies where the
    difference is within its error, and grey where there is none, as a value is unknown. A line has
    its difference as a curve, with a band of what would be within the error.

    Args:
        difference: From `difference_map`.
        ax: Where; it gets no colorbar. None makes a figure with one.
        preset: `column` or `page` of a paper, `slide`, 16:9 with larger text, or `dark` for a dark
            notebook.
        width: In inches; None takes that of the preset, or else a column of a paper.

    Returns:
        The drawing, with artists `filled`, `hatching`, `center`, of a line `line` and `band`.

    Raises:
        LandscapeError: If nothing is known.
    """
    if not difference.known.any():
        raise LandscapeError("expected a point where both surfaces are known and finite, got none")
    notes = notes_of(difference)
    size = preset_for(preset, width, COLUMN)
    if difference.beta.size == 1:
        return captioned(_line(difference, ax, notes, size), difference)
    levels = difference_levels([difference])
    if ax is not None:
        drawing = draw_map(difference, levels, ax, title=title_of(difference))
        make_drawable(ax)
        return captioned(drawing, difference)
    captions = Captions(
        rows=[""],
        columns=[title_of(difference)],
        ticks=levels.labels,
        corner=corner_of(difference),
        key=[Entry("center", CENTER_MARK), *map(Entry, notes)],
        side=widest_tick(*difference.beta[[0, -1]]),
    )
    with size.style():
        aspect = aspect_of(difference.alpha, difference.beta)
        frame = make_frame(captions, size, aspect=aspect)
        ((axes,),) = frame.axes
        title = frame.titles[0]
        drawing = draw_map(difference, levels, axes, title=title, stacked=frame.stacked)
        draw_colorbar(levels, frame.bar, title=scale_of(difference))
    return captioned(replace(drawing, notes=notes, owned=True), difference)


def draw_map(
    difference: DifferenceMap, levels: Levels, ax: Axes, *, title: str, stacked: bool = False
) -> Drawing:
    """Draw a map into axes.

    Args:
        difference: Of a plane.
        levels: Of all maps beside it.
        ax: Where.
        title: At the upper left.
        stacked: Put it above the text at the upper right instead of beside it.

    Returns:
        The drawing.
    """
    set_axes(ax, difference.alpha, difference.beta, difference.axes)
    ax.set_facecolor(_NOTHING)
    alpha, beta, value = _finer(difference, difference.value)
    _, _, margin = _finer(difference, np.abs(difference.value) - difference.half)
    artists: dict[str, Artist] = {
        "filled": ax.contourf(
            *(alpha, beta, np.ma.masked_invalid(value)),
            levels=levels.values,
            norm=levels.norm,
            cmap=levels.colormap,
            extend="both",
            zorder=1,
        )
    }
    # What is outside of its error at the points of the grid shows nothing of the hatching there.
    if difference.within.any():
        hatching = ax.contourf(
            *(alpha, beta, np.ma.masked_invalid(margin)),
            levels=[min(float(np.nanmin(margin)), 0.0) - 1.0, 0.0],
            colors="none",
            hatches=["/////"],
            zorder=2,
        )
        hatching.set_edgecolor(_HATCHING)
        hatching.set_linewidth(0.0)
        artists["hatching"] = hatching
    if alpha[0] <= 0 <= alpha[-1] and beta[0] <= 0 <= beta[-1]:
        (artists["center"],) = ax.plot(0, 0, zorder=5, clip_on=False, **CENTER_MARK)
    artists |= write_above(ax, title=title, corner=corner_of(difference), stacked=stacked)
    return Drawing(axes=ax, artists=artists, notes=notes_of(difference))


def difference_levels(differences: list[DifferenceMap]) -> Levels:
    """Choose levels for maps, the same to either side of no difference.

    Args:
        differences: All that stand beside each other, of one kind.

    Returns:
        The levels, in units of `DifferenceMap.value`.
    """
    ratio = differences[0].kind == "ratio"
    known = np.concatenate([np.abs(one.value[one.known]) for one in differences])
    top = float(known.max())
    if ratio:
        rungs = np.log(_LADDER)
    else:
        decade = 10.0 ** np.floor(np.log10(top if top > 0 else 1.0))
        rungs = np.outer(decade / 10.0 ** np.arange(3, -1, -1), [1, 2, 5]).ravel()
    # Those that the map reaches, down to where the eye sees nothing beside the highest.
    reached = rungs[(rungs < top) & (rungs > top / 20)]
    step = max(1, int(np.ceil(len(reached) / _MOST)))
    sides = reached[::-step][::-1] if len(reached) else rungs[:1] if ratio else rungs[-1:]
    values = tuple(float(f"{value:.12g}") for value in (*-sides[::-1], *sides))
    bands = len(values) + 1
    return Levels(
        values=values,
        kind="absolute",
        labels=tuple(_label(value, ratio=ratio) for value in values),
        norm=BoundaryNorm(values, bands, extend="both"),
        colormap=ListedColormap(_colors(bands), name=f"landscape-difference-{bands}"),
        metric=differences[0].metric,
    )


def _label(value: float, *, ratio: bool) -> str:
    """Write a level: a multiple or what the other side is a multiple of, or a difference."""
    if not ratio:
        return label_of(value, "difference")
    return f"{'1/' * (value < 0)}{label_of(float(np.exp(abs(value))), 'ratio')}"


def _colors(bands: int) -> Array:
    """Return colours from blue through nearly white to orange, as light to either side."""
    map_ = LinearSegmentedColormap.from_list("difference", [*_LOW, _MIDDLE, *_HIGH])
    half = np.linspace(0.0, 0.36, (bands - 1) // 2)
    places = [*half, 0.5, *(1 - half[::-1])]
    return np.asarray(map_(places))


def _finer(difference: DifferenceMap, values: Array) -> tuple[Array, Array, Array]:
    """Interpolate between the points of the grid."""
    filled = np.where(difference.known & np.isfinite(values), values, np.nan)
    alpha, beta, finer = refine(difference.alpha, difference.beta, filled, PER_SPACING)
    finer = (
        np.clip(finer, np.nanmin(filled), np.nanmax(filled)) if np.isfinite(filled).any() else finer
    )
    return alpha, beta, np.where(np.isfinite(finer), finer, np.nan)


def _line(
    difference: DifferenceMap, ax: Axes | None, notes: tuple[str, ...], size: Preset
) -> Drawing:
    """Draw the difference of two lines."""
    if ax is None:
        with size.style():
            axes = size.figure(0.68 * size.wide, layout="constrained").add_subplot()
            drawing = _line(difference, axes, notes, size)
        return Drawing(axes=axes, artists=drawing.artists, notes=notes, owned=True)
    value, half = difference.value[0], difference.half[0]
    inks = inks_of(ax)
    scale: Any = np.exp if difference.kind == "ratio" else np.asarray
    band = ax.fill_between(
        difference.alpha, scale(-half), scale(half), color=inks.lines[0], alpha=0.18, lw=0
    )
    ax.axhline(float(difference.kind == "ratio"), color=inks.ink, lw=0.6)
    (line,) = ax.plot(difference.alpha, scale(value), color=inks.lines[1])
    if difference.kind == "ratio":
        ax.set_yscale("log")
        low, high = ax.get_ylim()
        set_log_ticks(ax.yaxis, high / low, "ratio")
    else:
        ax.yaxis.set_major_formatter(TickLabels("difference"))
    ax.set_xlim(*difference.alpha[[0, -1]])
    ax.xaxis.set_major_locator(tick_locator(float(size_in_points(ax)[0])))
    ax.xaxis.set_major_formatter(coordinate_ticks())
    ax.set_xlabel(axis_label("α", difference.axes[0]), fontsize=SIZES["label"], **AS_WRITTEN)
    wide, high = size_in_points(ax)
    a, b = titles_within(difference.names, SIZES["label"], high / 2 - 10)
    label = f"{a} {SIGNS[difference.kind]} {b}\n{scale_of(difference)}"
    ax.set_ylabel(label, fontsize=SIZES["label"], **AS_WRITTEN)
    ax.spines[["top", "right"]].set_visible(False)
    said = write_notes(notes, ax, room=float(wide))  # others are beside it
    return Drawing(axes=ax, artists={"line": line, "band": band, **said}, notes=notes)
