"""Which levels: round numbers on ladders of even steps, as far as the surfaces reach."""

from dataclasses import dataclass

import numpy as np
from matplotlib.ticker import MaxNLocator

from landscape.errors import LandscapeError
from landscape.figures.text import Kind
from landscape.measures.multiples import is_dwarfed
from landscape.measures.plane import PlaneValues
from landscape.surface.data import Array
from landscape.surface.kinds import MetricKind

# Ratios to the center. Steps of about 3/2, the golden mean of few and many; a surface that leaves
# a ladder over most of its area gets the next, wider one.
_FINE = (1.01, 1.02, 1.05, 1.1, 1.2, 1.35, 1.5, 1.75, 2, 2.5)
_USUAL = (1.1, 1.5, 2, 3, 5, 8, 13, 20, 35)
_WIDE = (1.1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_DECADES = (1.1, 2, 10, 100, 1e3, 1e4, 1e5, 1e6)
_BELOW = (0.1, 0.2, 0.35, 0.5, 0.7, 0.9)
_FLAT = 1.03


@dataclass(frozen=True)
class Known:
    """What levels are chosen from.

    Args:
        values: Those that are finite and accurate, shape (N,).
        center: Value at the center.
    """

    values: Array
    center: float


def reliable(plane: PlaneValues) -> Known:
    """Keep what is finite and accurate.

    Args:
        plane: One plane; values above its level are not accurate, and count as being there.

    Returns:
        The values.
    """
    limit = plane.level + 1e-9 * abs(plane.level)  # what is at the level is still reached
    return Known(np.minimum(plane.values[np.isfinite(plane.values)], limit), plane.center)


def relate(values: Array, center: float, kind: Kind) -> Array:
    """Express values as multiples of the center's or as differences to it.

    Args:
        values: Any shape.
        center: Value at the center.
        kind: In which units.

    Returns:
        An array of the same shape.
    """
    if kind == "absolute":
        return values
    related: Array = values / center if kind == "ratio" else values - center
    return related


def choose_kind(planes: list[Known], metric: MetricKind) -> tuple[Kind, str]:
    """Choose the units of levels.

    Args:
        planes: All that are compared.
        metric: Values of which more is better, or that lie in a range, are read as they are.

    Returns:
        The units, and why they are not multiples of the center where one would expect these.
    """
    if metric.higher_is_better or metric.has_range:
        return "absolute", ""
    planes = [plane for plane in planes if np.isfinite(plane.center)]
    if not planes:
        return "absolute", "center not finite"
    lowest = min(plane.center for plane in planes)
    if lowest <= 0:
        return "difference", f"center {'zero' if lowest == 0 else 'negative'}"
    if max(plane.values.max() / plane.center for plane in planes) < _FLAT:
        return "difference", f"rise below {100 * (_FLAT - 1):.0f}%"
    if any(is_dwarfed(plane.center, plane.values) for plane in planes):
        return "difference", "center tiny"
    return "ratio", ""


def ratio_levels(planes: list[Known]) -> list[float]:
    """Choose multiples of the center: the finest ladder on which the steepest panel stays.

    Args:
        planes: All that are compared; one at least with a positive center.

    Returns:
        Ascending multiples.
    """
    ratios = [plane.values / plane.center for plane in planes if plane.center > 0]
    low, high = min(float(np.quantile(r, 0.01)) for r in ratios), max(r.max() for r in ratios)
    middle = max(float(np.median(r)) for r in ratios)
    if high <= 3:
        ladder: tuple[float, ...] = _FINE
    else:
        ladder = next(
            rungs
            for rungs, limit in ((_USUAL, 2 * 35), (_WIDE, 2 * 1000), (_DECADES, np.inf))
            if middle <= limit
        )
    above = [rung for rung in ladder if rung < high]
    below = [rung for rung in (_BELOW if len(above) <= 8 else _BELOW[::3]) if rung > low]
    return below + above + list(ladder[len(above) : 2])  # at least two above the center


def round_levels(planes: list[Known], kind: Kind, metric: MetricKind) -> list[float]:
    """Choose about eight round numbers, on a logarithmic ladder if the surface spans decades.

    Args:
        planes: All that are compared.
        kind: Units of the levels.
        metric: Absolute levels lie within its range, and are even: 0.1 of an accuracy is the same
            anywhere.

    Returns:
        Ascending levels.
    """
    even = metric.higher_is_better or metric.has_range
    within = (metric.low, metric.high) if kind == "absolute" else (-np.inf, np.inf)
    pooled = _pooled(planes, kind)
    low, middle, high = np.quantile(pooled, [0.01, 0.5, 0.99])
    if not even and low >= -0.01 * high and 0 < 10 * middle < high:
        return _logarithmic(pooled, high)
    ticks = MaxNLocator(nbins=9, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    low_end, high_end = max(pooled.min(), within[0]), min(pooled.max(), within[1])
    inside = [float(f"{tick:.6g}") for tick in ticks if low_end < tick < high_end]
    if len(inside) >= 2 and (np.diff(inside) > 0).all():
        return inside
    step = (high - low) / 3 if high > low else max(abs(high), 1.0) / 100
    # Of the constant 1 of an accuracy both levels are below 1: there is nothing above.
    middle = float(np.clip(middle, within[0] + 2 * step, within[1] - 2 * step))
    return [middle - step, middle + step]


def log_levels(planes: list[Known], kind: Kind, metric: str) -> list[float]:
    """Choose levels with equal ratios.

    Args:
        planes: All that are compared.
        kind: Units of the levels.
        metric: Named where it does not work.

    Returns:
        Ascending levels.

    Raises:
        LandscapeError: If values are not positive.
    """
    pooled = _pooled(planes, kind)
    if not pooled.max() > 0 or pooled.min() < 0:
        raise LandscapeError(
            f"expected positive values of {metric!r} for logarithmic levels, "
            f"got {pooled.min():.4g}",
            hint="draw it without log",
        )
    found = _logarithmic(pooled, float(pooled.max()))
    if len(found) >= 2:
        return found
    low, high = float(pooled[pooled > 0].min()), float(pooled.max())
    steps = np.geomspace(low, high if high > low else 1.01 * low, 9)
    return [float(f"{step:.6g}") for step in steps[1:-1]]


def _pooled(planes: list[Known], kind: Kind) -> Array:
    """Collect the values of all planes in units of the levels."""
    planes = [plane for plane in planes if kind == "absolute" or np.isfinite(plane.center)]
    return np.concatenate([relate(plane.values, plane.center, kind) for plane in planes])


def _logarithmic(pooled: Array, high: float) -> list[float]:
    """Choose 1, 2, 5, 10 ..., or decades where these would be too many."""
    low = float(np.quantile(pooled[pooled > 0], 0.02))
    decades = 10.0 ** np.arange(np.floor(np.log10(low)), np.log10(high) + 1)
    rungs: Array = np.outer(decades, [1.0, 2.0, 5.0]).ravel()
    for candidates in (rungs, decades):
        inside = candidates[(candidates > low) & (candidates < high)]
        if len(inside) <= 10:
            break
    return [float(f"{rung:.3g}") for rung in inside[-10:]]
