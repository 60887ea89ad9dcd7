"""One absolute rise of a loss, to which radii of several surfaces are taken."""

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from landscape.measures.plane import PlaneValues, oriented_planes
from landscape.measures.recorded import center_error
from landscape.surface.data import Surface
from landscape.surface.kinds import MetricKind


def common_rise(*surfaces: Surface, metric: str = "loss") -> float:
    """Choose one absolute rise for radii of all surfaces of a comparison.

    Of each surface a rise is taken that it reaches inside its grid: at half the radius, the median
    over rays and planes, or less where some ray does not get so high; where that is no rise, as
    of a surface that falls first, the median of the highest along each ray. So most rays on most
    planes reach it, but not always all. The smallest of these is chosen, rounded down to 1, 2 or 5
    times a power of ten. Of a score with a range, such as an accuracy, it is a tenth of that: 10
    points. It is never less than the error of a center over its samples (95 %, rounded up): less
    is no change that these samples show.

    Args:
        surfaces: Those that are compared.
        metric: Which of their values.

    Returns:
        The rise, or drop where more is better; NaN where none rises along most rays on most planes.

    Example:
        >>> axis = np.linspace(-1, 1, 5)
        >>> bowls = [Surface(alpha=axis, beta=axis, values={"loss": bowl}, gram=np.eye(2)[None],
        ...                  status=np.ones(bowl.shape, np.int8), center={"loss": 0.0})
        ...          for bowl in (c * (axis**2 + axis[:, None] ** 2)[None] for c in (0.8, 3.0))]
        >>> common_rise(*bowls)
        0.2
    """
    planes = (oriented_planes(surface, metric) for surface in surfaces)
    errors = [center_error(surface, metric) for surface in surfaces]
    return rise_of(*planes, metric=surfaces[0].kind_of(metric), errors=errors)


def rise_of(*surfaces: Sequence[PlaneValues], metric: MetricKind, errors: Sequence[float]) -> float:
    """Choose as `common_rise` for surfaces that are taken apart into planes.

    Args:
        surfaces: Planes of each.
        metric: What kind of number it is.
        errors: Standard errors of their centers; NaN where unknown.

    Returns:
        The rise.
    """
    noise = NormalDist().inv_cdf(0.975) * float(np.nan_to_num(errors).max())
    least = _round_up(noise) if noise > 0 else 0.0
    if metric.higher_is_better and metric.has_range:
        return max(0.1 * (metric.high - metric.low), least)
    rises = np.array([_rise_inside(planes) for planes in surfaces])
    rises = rises[~np.isnan(rises)]
    return max(_round(float(rises.min())), least) if rises.size else np.nan


def _rise_inside(planes: Sequence[PlaneValues]) -> float:
    """Find a rise that a surface reaches inside its grid, along all rays if that is not too little.

    Args:
        planes: All planes of a surface.

    Returns:
        The median over rays and planes of the rise at half the grid's radius, or what is reached
        along every ray if that is less, but not twenty times; the median of the highest along each
        ray where there is no rise at half the radius; no more than the tolerance covers; NaN where
        most rays do not rise at all.
    """
    half, all_rays, most_rays, largest = [], [], [], 0.0
    for plane in planes:
        if plane.radius > 0 and not plane.unknown.all():
            steps = plane.radius * np.linspace(0, 0.9, 10)
            values = plane.along(plane.rays, np.broadcast_to(steps, (len(plane.rays), 10)))
            rises = np.minimum(values, plane.level) - plane.center
            half.append(float(np.median(rises[:, 5])))
            highest = rises.max(axis=1)
            all_rays.append(float(highest.min()))
            most_rays.append(float(np.median(highest)))
            largest = max(largest, float(np.abs(rises[np.isfinite(rises)]).max(initial=0.0)))
    if not half:
        return np.nan
    typical, everywhere = float(np.median(half)), min(all_rays)
    rounding = 1e-9 * largest
    if typical <= rounding:
        typical = float(np.median(most_rays))
    rise = everywhere if typical / 20 <= everywhere < typical else typical
    return rise if np.isfinite(rise) and rise > rounding else np.nan


def _round(rise: float) -> float:
    """Round down to 1, 2, 5, 10, ..."""
    decade = 10.0 ** np.floor(np.log10(rise))
    step = max(step for step in (1, 2, 5) if step * decade <= rise * (1 + 1e-9))
    return float(f"{step * decade:.6g}")


def _round_up(rise: float) -> float:
    """Round up to 1, 2, 5, 10, ..."""
    return float(f"{1 / _round(1 / rise):.6g}")  # 1, 2 and 5 are also 10 over each other
