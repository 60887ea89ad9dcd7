"""How high the loss rises between two checkpoints above the chord, and how sure that is.

The height at t is L(t) - [(1 - t) L(0) + t L(1)] (Frankle et al. 2020, "Linear mode connectivity
and the lottery ticket hypothesis"; Entezari et al. 2022, eq. 1). All of it is taken over the same
samples, so that its error is that of paired differences.

The barrier is the largest of the heights, and the largest of noisy numbers is too large. Its
interval therefore comes from a band that holds for all t at once (sup-t: Montiel Olea &
Plagborg-Moller 2019): heights are jointly normal with the covariance found over samples, and the
band is as many standard errors wide as the largest deviation among all points rarely exceeds. Where
the whole curve lies within the band, the largest height lies between the largest lower and the
largest upper limit, wherever it was found. It covers more rather than less: 97 to 100 % of barriers
in simulations of flat, peaked, flat-topped and convex curves, with normal errors of 20 and 200
samples and lognormal ones of 200 (`test_barrier.py`). It is the barrier at the points that were
taken: between two of them the loss may be higher.
"""

import math
from dataclasses import dataclass

import numpy as np

from landscape.errors import LandscapeError
from landscape.measures.curve import Curve
from landscape.measures.text import limits, number
from landscape.surface.data import Array

_ROUNDING = 1e-6  # of the values: float32 keeps seven digits


@dataclass(frozen=True, eq=False, kw_only=True)
class Barrier:
    """The largest height of a curve above its chord.

    Args:
        curve: The curve.
        height: Of the barrier, at least 0, which the ends have; infinite where a value between them
            is not finite.
        at: Where it is, from 0 to 1.
        low: Lower limit of its interval; NaN where the error is unknown.
        high: Upper limit.
        at_low: Where it may be at the least: a point that reaches the lower limit.
        at_high: And at the most.
        band_low: Limits of all heights at once, shape (T,).
        band_high: The upper ones.
        confidence: Of all these limits together.
    """

    curve: Curve
    height: float
    at: float
    low: float
    high: float
    at_low: float
    at_high: float
    band_low: Array
    band_high: Array
    confidence: float

    @property
    def rises(self) -> bool | None:
        """Whether there surely is a barrier, beyond error and rounding; None if that is unknown."""
        if math.isinf(self.height):
            return True
        floor = _ROUNDING * float(np.abs(self.curve.values).max())
        if math.isnan(self.low):
            return False if self.height <= floor else None
        return self.low > floor

    def sentence(self) -> str:
        """Say in one sentence whether the ends are connected, linearly or by the curve."""
        curve = self.curve
        interval = f"{self.confidence:.0%} interval {limits(self.low, self.high)}"
        name = f"{curve.metric} ({curve.name})" if curve.batchnorm or curve.bent else curve.metric
        yes, no = "linearly mode connected", "not linearly mode connected"
        if curve.bent:
            yes, no = "connected by the curve", "not connected by the curve"
        if math.isinf(self.height):
            return f"{name}: {no}: not finite at t = {self.at:.3g}"
        way = "falls" if curve.higher_is_better else "rises"
        side = "below" if curve.higher_is_better else "above"
        by = f"it {way} by {number(self.height)} {side} the chord at t = {self.at:.3g}"
        if self.rises is None:
            return f"{name}: {by}; its error is unknown, as the loss gives no values of samples"
        if self.rises:
            return f"{name}: {no}: {by} ({interval})"
        if math.isnan(self.low):
            return f"{name}: {yes}: it nowhere {way} {side} the chord"
        return (
            f"{name}: {yes}: the barrier, {number(self.height)}, is within its "
            f"error of 0 ({interval})"
        )


def measure_barrier(curve: Curve, *, confidence: float = 0.95) -> Barrier:
    """Measure the barrier of a curve.

    Args:
        curve: Of a metric between two checkpoints.
        confidence: Probability that the interval covers the barrier at these points.

    Returns:
        The barrier.

    Raises:
        LandscapeError: If an end is not finite.

    Example:
        >>> from landscape.measures.curve import Curve
        >>> t = np.linspace(0, 1, 5)
        >>> values = np.array([1.0, 2.0, 3.0, 2.5, 2.0])
        >>> curve = Curve(metric="loss", batchnorm="", higher_is_better=False, t=t, values=values,
        ...               residuals=None, samples=0)
        >>> found = measure_barrier(curve)
        >>> found.height, found.at
        (1.5, 0.5)
    """
    if not np.isfinite(curve.values[[0, -1]]).all():
        raise LandscapeError(
            f"expected a finite {curve.metric} at both ends, got {number(curve.values[0])} and "
            f"{number(curve.values[-1])}"
        )
    finite = np.isfinite(curve.values)
    if not finite.all():
        nothing = np.full(len(curve.t), np.nan)
        at = float(curve.t[~finite][0])
        return Barrier(
            curve=curve,
            height=math.inf,
            at=at,
            low=math.nan,
            high=math.nan,
            at_low=at,
            at_high=at,
            band_low=nothing,
            band_high=nothing,
            confidence=confidence,
        )
    heights = curve.heights
    half = curve.multiple(confidence) * curve.standard_errors
    low, high = heights - half, heights + half
    best, reached = int(heights.argmax()), float(low.max())
    where = curve.t[high >= reached] if math.isfinite(reached) else np.array([np.nan])
    return Barrier(
        curve=curve,
        height=float(heights[best]),
        at=float(curve.t[best]),
        low=reached,
        high=float(high.max()),
        at_low=float(where.min()),
        at_high=float(where.max()),
        band_low=low,
        band_high=high,
        confidence=confidence,
    )
