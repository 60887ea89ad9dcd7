"""The loss along a line: the mean over planes with its interval, and every plane."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from landscape.errors import LandscapeError
from landscape.figures.coordinates import axis_label, format_coordinate
from landscape.figures.ladders import relate
from landscape.figures.places import draw_places_on_line
from landscape.figures.style import (
    CENTER_MARK,
    COLUMN,
    LINE_COLORS,
    SIZES,
    Drawing,
    HouseFigure,
    house_style,
)
from landscape.figures.text import (
    AS_WRITTEN,
    Kind,
    TickLabels,
    label_of,
    scale_title,
    set_log_ticks,
    share,
    write_notes,
)
from landscape.measures.interval import mean_interval
from landscape.measures.plane import plane_values
from landscape.surface.data import Array, Status, Surface


@dataclass(frozen=True, eq=False, kw_only=True)
class Profile:
    """Values along alpha at beta = 0.

    Args:
        alpha: Coordinates, shape (A,).
        each: One row for each plane, shape (plane, A); NaN where there is nothing to show.
        mean: Over planes, shape (A,); NaN where a plane is.
        low: Lower limit of its interval; NaN for a single plane.
        high: Upper limit.
        average: What kind of mean; geometric for positive values, whose limits then are, too.
        notes: What is left out.
    """

    alpha: Array
    each: Array
    mean: Array
    low: Array
    high: Array
    average: str
    notes: tuple[str, ...]


def draw_line(
    surface: Surface,
    ax: Axes | None = None,
    *,
    metric: str = "loss",
    kind: Kind = "absolute",
    log: bool = False,
    label: str = "",
    color: str | None = None,
    width: float = COLUMN,
) -> Drawing:
    """Draw a line, or the profile of a surface through the center (beta = 0).

    The mean over planes is bold, with a band of its 95 % interval; each plane is thin. Call it
    again with the same axes to compare, which takes the next colour. Estimates above the value up
    to which a tolerance holds are left out.

    Args:
        surface: A line, or a surface of which the row at beta = 0 is drawn.
        ax: Where; None makes a figure.
        metric: What to draw.
        kind: Values as they are, or as multiples of the center's or differences to it.
        log: Logarithmic axis.
        label: For the legend, which is drawn where there is one.
        color: Of the line; None takes the next one of the house style.
        width: In inches, of a figure made here; a column of a paper.

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
        return _draw(profile, ax, surface, (metric, kind, log), label, color)
    with house_style():
        figure = HouseFigure(figsize=(width, min(0.68 * width, 2.8)), layout="constrained")
        axes = figure.add_subplot()
        drawing = _draw(profile, axes, surface, (metric, kind, log), label, color)
    return Drawing(axes=axes, artists=drawing.artists, notes=drawing.notes, owned=True)


def make_profile(surface: Surface, *, metric: str, kind: Kind) -> Profile:
    """Take the row at beta = 0 from each plane.

    Args:
        surface: A line or a surface.
        metric: Which of its values; estimates serve where nothing was measured.
        kind: Units.

    Returns:
        The profile.

    Raises:
        LandscapeError: If there is no row at beta = 0, no finite value, or no positive center for
            multiples of it.
    """
    row = int(np.abs(surface.beta).argmin())
    if abs(surface.beta[row]) > 1e-9:
        raise LandscapeError(
            f"expected a row at beta = 0, got beta from {surface.beta[0]:g} to "
            f"{surface.beta[-1]:g} without it",
            hint="an odd number of steps puts the center on the grid",
        )
    planes = plane_values(surface, metric)
    center = planes[0].center
    if kind != "absolute" and not (np.isfinite(center) and (kind != "ratio" or center > 0)):
        raise LandscapeError(
            f"expected a usable {metric} at the center, got {center:.4g}",
            hint="draw it with kind='absolute' (--units absolute)",
        )
    each = np.stack([plane.values[row] for plane in planes])
    each = np.where(np.isfinite(each), each, np.nan)
    if np.isnan(each).all():
        raise LandscapeError(f"expected a finite value of {metric!r} at beta = 0, got none")
    limit = min(plane.level for plane in planes)
    guessed = (each > limit) & (~surface.measured[:, row]).any()
    each = np.where(guessed, np.nan, each)
    notes = []
    lost = np.isnan(each) & ~guessed
    if lost.any():
        notes.append(f"{share(lost.mean())} {' or '.join(_reasons(lost, surface.status[:, row]))}")
    if unfinished := max(plane.unfinished for plane in planes):
        notes.append(f"not finished: errors of {share(unfinished)} are expected")
    elif guessed.any():
        said = label_of(float(relate(np.array(limit), center, kind)), kind)
        notes.append(f"accurate up to {said}")
    each = each[~np.isnan(each).all(axis=1)]  # planes of which nothing is known
    mean, low, high, average = _averages(each, surface.bounds(metric))
    return Profile(
        alpha=surface.alpha,
        each=relate(each, center, kind),
        mean=relate(mean, center, kind),
        low=relate(low, center, kind),
        high=relate(high, center, kind),
        average=average,
        notes=tuple(notes),
    )


def _reasons(lost: NDArray[np.bool_], status: NDArray[np.int8]) -> list[str]:
    """Say why there is no value: one reason or several."""
    reasons = {Status.FAILED: "failed", Status.MISSING: "missing", Status.MEASURED: "not finite"}
    return [said for reason, said in reasons.items() if (status[lost] == reason).any()]


def _averages(each: Array, bounds: tuple[float, float]) -> tuple[Array, Array, Array, str]:
    """Average over planes with limits that the metric can have, and name the average."""
    least, most = bounds
    kind: Literal["signed", "positive", "fraction"] = "signed"
    if bounds == (0.0, 1.0):
        kind = "fraction"
    elif np.nanmin(each) > 0:
        kind = "positive"
    elif np.nanmin(each) == 0:
        least = max(least, 0.0)
    intervals = [mean_interval(column, kind=kind) for column in each.T]
    mean, low, high = (
        np.array([getattr(interval, end) for interval in intervals])
        for end in ("value", "low", "high")
    )
    said = {"positive": "geometric mean", "fraction": "logit mean"}.get(kind, "mean")
    return mean, np.clip(low, least, most), np.clip(high, least, most), said


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
    color = color or LINE_COLORS[drawn % len(LINE_COLORS)]
    artists: dict[str, Artist] = {}
    several, cut = len(profile.each) > 1, False
    if several:
        artists["band"], cut = _draw_band(profile, ax, color, log=scale[2])
        for index, values in enumerate(profile.each):
            (artists[f"plane {index}"],) = ax.plot(
                profile.alpha, values, color=color, lw=0.5, alpha=0.45, zorder=3
            )
    named = f"{label} ({len(profile.each)} planes)" if label and several else label
    if named.startswith("_"):  # which would hide it from legends
        named = f" {named}"
    style: dict[str, Any] = {"color": color, "lw": 1.5, "zorder": 4, "label": named or None}
    (artists["mean"],) = ax.plot(profile.alpha, profile.mean, gid="mean", **style)
    at_center = np.abs(profile.alpha) < 1e-9
    if at_center.any():
        mark = {**CENTER_MARK, "mec": color, "ms": 4.2}
        (artists["center"],) = ax.plot(0, profile.mean[at_center][0], zorder=5, **mark)
    notes = (*_notes(profile, label), *(["cut at the frame"] if cut else []))
    artists |= draw_places_on_line(surface, ax, metric=scale[0], kind=scale[1], curve=profile.mean)
    _set_axes(ax, profile, surface, scale)
    if label:
        _draw_legend(ax)
    return Drawing(axes=ax, artists=artists | write_notes(notes, ax), notes=notes)


def _draw_band(profile: Profile, ax: Axes, color: str, *, log: bool) -> tuple[Artist, bool]:
    """Draw the interval, and tell whether the frame cuts it.

    An interval of few planes may be many times as wide as all of them, and would press the lines
    into the bottom of the figure: the frame leaves as much room around the lines as they span.
    """
    least, most = float(np.nanmin(profile.each)), float(np.nanmax(profile.each))
    low, high, room = profile.low, profile.high, np.inf if log else most - least
    if log:  # zero has no place on the axis
        low = np.where(low > 0, low, np.where(np.isfinite(low), 0.5 * least, np.nan))
    there = np.isfinite(low)
    before = ax.dataLim.frozen()
    band = ax.fill_between(
        profile.alpha, low, high, where=there.tolist(), color=color, alpha=0.18, lw=0, zorder=2
    )
    ax.dataLim.set(before)  # of the band the frame holds only this much
    for limit in (np.clip(low, least - room, None), np.clip(high, None, most + room)):
        ax.update_datalim(np.column_stack([profile.alpha, limit])[there])
    cut = (low[there] < least - room).any() or (high[there] > most + room).any()
    return band, bool(cut)


def _draw_legend(ax: Axes) -> None:
    """Name the lines; names are written as they are."""
    legend = ax.legend(loc="best", fontsize=SIZES["tick"], frameon=False, handlelength=1.4)
    names = {str(line.get_label()) for line in ax.lines if line.get_gid() == "mean"}
    for text in legend.get_texts():
        if text.get_text() in names:
            text.set(**AS_WRITTEN)


def _notes(profile: Profile, label: str) -> tuple[str, ...]:
    """Say how many planes there are and what is missing."""
    planes = len(profile.each)
    if planes == 1:
        return profile.notes
    # Where lines are compared, the legend says of how many planes each is the mean.
    mean = profile.average
    said = f"{mean}s, 95% intervals" if label else f"{mean} of {planes} planes, 95% interval"
    return (said, *profile.notes)


def _set_axes(ax: Axes, profile: Profile, surface: Surface, scale: tuple[str, Kind, bool]) -> None:
    """Set limits, ticks and labels."""
    metric, kind, log = scale
    ax.set_xlim(float(profile.alpha[0]), float(profile.alpha[-1]))
    ax.xaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter(FuncFormatter(format_coordinate))
    if log:
        ax.set_yscale("log")
        set_log_ticks(ax.yaxis, np.nanmax(profile.each) / np.nanmin(profile.each), kind)
    else:
        ax.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]))
        ax.yaxis.set_major_formatter(TickLabels(kind))
    ax.tick_params(labelsize=SIZES["tick"])
    ax.spines[["top", "right"]].set_visible(False)
    ax.set_xlabel(axis_label("α", surface.axes[0]), fontsize=SIZES["label"], **AS_WRITTEN)
    title = scale_title(metric, kind)
    title = f"{title}, log scale" if log else title
    ax.set_ylabel(title, fontsize=SIZES["label"], **AS_WRITTEN)
