"""Values along a line through the center: of each plane, their mean, and its interval."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from landscape.errors import LandscapeError
from landscape.figures.ladders import relate
from landscape.figures.text import Kind, label_of, share
from landscape.measures.interval import mean_interval
from landscape.measures.plane import plane_values
from landscape.measures.recorded import unpromised
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
    estimated = ~surface.measured[:, row] & ~np.isnan(each)
    notes += [unpromised(surface, metric)] if estimated.any() else []
    each = each[~np.isnan(each).all(axis=1)]  # planes of which nothing is known
    mean, low, high, average = _averages(each, surface.bounds(metric))
    return Profile(
        alpha=surface.alpha,
        each=relate(each, center, kind),
        mean=relate(mean, center, kind),
        low=relate(low, center, kind),
        high=relate(high, center, kind),
        average=average,
        notes=tuple(filter(None, notes)),
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
