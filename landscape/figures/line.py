"""The loss along a line: the mean over planes with its interval, and every plane."""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from landscape.arguments import checked
from landscape.errors import LandscapeError
from landscape.figures.captions import captioned
from landscape.figures.coordinates import axis_label, coordinate_ticks
from landscape.figures.glyphs import make_drawable
from landscape.figures.notes import write_notes
from landscape.figures.places import draw_places_on_line
from landscape.figures.presets import PresetName, preset_for
from landscape.figures.profile import Profile, make_profile
from landscape.figures.style import (
    CENTER_MARK,
    COLUMN,
    SIZES,
    Drawing,
    inks_of,
)
from landscape.figures.text import AS_WRITTEN, Kind, scale_title
from landscape.figures.ticks import TickLabels, set_log_ticks
from landscape.surface.data import Surface

_BESIDE = 0.02  # of the height of a line, about as wide as its stroke
_MOSTLY = 0.5  # share of its points from which on an interval is not drawn


@checked
def draw_line(
    surface: Surface,
    ax: Axes | None = None,
    *,
    metric: str = "loss",
    kind: Kind = "absolute",
    log: bool = False,
    label: str = "",
    color: str | None = None,
    preset: PresetName | None = None,
    width: float | None = None,
) -> Drawing:
    """Draw a line, or the profile of a surface through the center (beta = 0).

    The mean over planes is bold, with a band of its 95 % interval, unless that is wider than all of
    them, as of two it may be; each plane is thin. Call it again with the same axes to compare,
    which takes the next colour. Estimates above the value up to which a tolerance holds are left
    out.

    Args:
        surface: A line, or a surface of which the row at beta = 0 is drawn.
        ax: Where; None makes a figure.
        metric: What to draw.
        kind: Values as they are, or as multiples of the center's or differences to it.
        log: Logarithmic axis.
        label: For the legend, which is drawn where there is one.
        color: Of the line; None takes the next one of the house style.
        preset: `column` or `page` of a paper, `slide`, 16:9 with larger text, or `dark` for a dark
            notebook.
        width: In inches; None takes that of the preset, or else a column of a paper.

    Returns:
        The drawing, with artists `mean`, `band`, `plane 0` and so on, `center`.

    Raises:
        LandscapeError: If no value is finite, multiples are asked for where the center is not
            positive, or log where values are not.
    """
    profile = make_profile(surface, metric=metric, kind=kind)
    if log and np.nanmin(profile.each) <= 0:
        raise LandscapeError(
            f"expected positive values for a logarithmic axis, got {np.nanmin(profile.each):.4g}",
            hint="draw it without log",
        )
    if ax is not None:
        drawing = _draw(profile, ax, surface, (metric, kind, log), label, color)
        make_drawable(ax)
        return captioned(drawing, [surface], metric=metric)
    size = preset_for(preset, width, COLUMN)
    with size.style():
        axes = size.figure(min(0.68 * size.wide, 2.8), layout="constrained").add_subplot()
        drawing = _draw(profile, axes, surface, (metric, kind, log), label, color)
    return captioned(replace(drawing, owned=True), [surface], metric=metric)


def _draw(
    profile: Profile,
    ax: Axes,
    surface: Surface,
    scale: tuple[str, Kind, bool],
    label: str,
    color: str | None,
) -> Drawing:
    """Draw a profile and name the axes."""
    drawn = sum(line.get_gid() == "mean" for line in ax.lines)
    lines = inks_of(ax).lines
    color = color or lines[drawn % len(lines)]
    artists: dict[str, Artist] = {}
    several, interval = len(profile.each) > 1, ""
    before = ax.get_title(loc="right") if drawn else ""
    if several:
        band, interval = _draw_band(profile, ax, color, log=scale[2])
        artists |= {} if band is None else {"band": band}
        for index, values in enumerate(profile.each):
            (artists[f"plane {index}"],) = ax.plot(
                profile.alpha, values, color=color, lw=0.5, alpha=0.45, zorder=3
            )
    named = label
    if label and several:
        lost = ", interval too wide" if "band" not in artists else ""
        named = f"{label} ({len(profile.each)} planes{lost})"
    if named.startswith("_"):  # which would hide it from legends
        named = f" {named}"
    style: dict[str, Any] = {"color": color, "lw": 1.5, "zorder": 4, "label": named or None}
    (artists["mean"],) = ax.plot(profile.alpha, profile.mean, gid="mean", **style)
    at_center = np.abs(profile.alpha) < 1e-9
    if at_center.any():
        mark = {**CENTER_MARK, "mec": color, "ms": 4.2}
        (artists["center"],) = ax.plot(0, profile.mean[at_center][0], zorder=5, **mark)
    marks = draw_places_on_line(surface, ax, metric=scale[0], kind=scale[1], curve=profile.mean)
    artists |= marks
    notes = (*_notes(profile, interval, label), *_apart(marks.values(), profile))
    _set_axes(ax, surface, scale)
    if label:
        _draw_legend(ax)
    # Notes of lines that are there already still hold.
    said = dict.fromkeys((*filter(None, re.split(" · |\n", before)), *notes))
    return Drawing(axes=ax, artists=artists | write_notes(tuple(said), ax), notes=notes)


def _draw_band(profile: Profile, ax: Axes, color: str, *, log: bool) -> tuple[Artist | None, str]:
    """Draw the interval, unless it mostly is wider than all lines span; say what becomes of it.

    An interval of few planes may be many times as wide as all of them, and would press the lines
    into the bottom of the figure: the frame leaves as much room around the lines as they span.
    """
    scale = np.log if log else np.asarray
    least, most = float(np.nanmin(profile.each)), float(np.nanmax(profile.each))
    low, high = profile.low, profile.high
    if log:  # zero has no place on the axis
        low = np.where(low > 0, low, np.where(np.isfinite(low), 0.5 * least, np.nan))
    there = np.isfinite(low)
    widths, span = scale(high[there]) - scale(low[there]), scale(most) - scale(least)
    if (widths > span).mean() > _MOSTLY:
        return None, "is wider than this figure, not drawn"
    before = ax.dataLim.frozen()
    band = ax.fill_between(
        profile.alpha, low, high, where=there.tolist(), color=color, alpha=0.18, lw=0, zorder=2
    )
    ax.dataLim.set(before)  # of the band the frame holds only this much
    lowest, highest = (least**2 / most, most**2 / least) if log else (least - span, most + span)
    for limit in (np.clip(low, lowest, None), np.clip(high, None, highest)):
        ax.update_datalim(np.column_stack([profile.alpha, limit])[there])
    cut = (low[there] < lowest).any() or (high[there] > highest).any()
    return band, "cut at the frame" if cut else ""


def _draw_legend(ax: Axes) -> None:
    """Name the lines; names are written as they are."""
    legend = ax.legend(loc="best", fontsize=SIZES["tick"], frameon=False, handlelength=1.4)
    names = {str(line.get_label()) for line in ax.lines if line.get_gid() == "mean"}
    for text in legend.get_texts():
        if text.get_text() in names:
            text.set(**AS_WRITTEN)


def _notes(profile: Profile, interval: str, label: str) -> tuple[str, ...]:
    """Say how many planes there are, what becomes of their interval, and what is missing."""
    planes = len(profile.each)
    if planes == 1:
        return profile.notes
    # Where lines are compared, the legend says of how many planes each is the mean.
    if label:
        said = () if interval.endswith("not drawn") else (f"95% intervals {interval}".strip(),)
        return (f"{profile.average}s", *said, *profile.notes)
    mean = f"{profile.average} of {planes} planes"
    return (mean, f"95% interval {interval}".strip(), *profile.notes)


def _apart(marks: Iterable[Line2D], profile: Profile) -> tuple[str, ...]:
    """Say of marks beside the line what they are: the line has the center's buffers."""
    span = float(np.ptp(profile.mean[np.isfinite(profile.mean)]))
    places = np.array([np.ravel(mark.get_xydata()) for mark in marks]).reshape(-1, 2)
    heights = np.interp(places[:, 0], profile.alpha, profile.mean)
    beside = np.abs(places[:, 1] - heights) > _BESIDE * span
    return ("diamonds: checkpoints by themselves",) if beside.any() else ()


def _set_axes(ax: Axes, surface: Surface, scale: tuple[str, Kind, bool]) -> None:
    """Set limits, ticks and labels."""
    metric, kind, log = scale
    drawn = [np.asarray(line.get_xdata()) for line in ax.lines if line.get_gid() == "mean"]
    ax.set_xlim(min(float(x[0]) for x in drawn), max(float(x[-1]) for x in drawn))
    ax.xaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter(coordinate_ticks())
    if log:
        ax.set_yscale("log")
        low, high = ax.get_ylim()
        set_log_ticks(ax.yaxis, high / low, kind)
    else:
        ax.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]))
        ax.yaxis.set_major_formatter(TickLabels(kind))
    ax.tick_params(labelsize=SIZES["tick"])
    ax.spines[["top", "right"]].set_visible(False)
    ax.set_xlabel(axis_label("α", surface.axes[0]), fontsize=SIZES["label"], **AS_WRITTEN)
    title = scale_title(metric, kind)
    title = f"{title}, log scale" if log else title
    ax.set_ylabel(title, fontsize=SIZES["label"], **AS_WRITTEN)
