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
from collections.abc import Sequence
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
        if math.isnan(self.low):
            return False if self.height <= self._floor else None
        return self.low > self._floor

    @property
    def connected(self) -> bool | None:
        """False where there surely is a barrier, True where surely none, None where neither is.

        An interval with 0 in it does not show that there is none: all up to its upper limit may be.
        """
        if self.rises:
            return False
        most = self.height if math.isnan(self.high) else self.high
        return True if most <= self._floor else None

    @property
    def _floor(self) -> float:
        """What is no more than rounding."""
        return _ROUNDING * float(np.abs(self.curve.values).max())

    @property
    def name(self) -> str:
        """Of what it is, such as `loss (frozen)`."""
        curve = self.curve
        return f"{curve.metric} ({curve.name})" if curve.batchnorm or curve.bent else curve.metric

    @property
    def verdict(self) -> str:
        """Whether a barrier was found, in the words of the field; empty if its error is unknown."""
        way = "connected by the curve" if self.curve.bent else "linearly mode connected"
        if self.rises is None:
            return ""
        return f"not {way}" if self.rises else "no barrier found"

    def sentence(self) -> str:
        """Say in one sentence whether the ends are connected, linearly or by the curve."""
        better = self.curve.higher_is_better
        way, side = ("falls", "below") if better else ("rises", "above")
        interval = f"{self.confidence:.0%} interval {limits(self.low, self.high)}"
        by = f"it {way} by {number(self.height)} {side} the chord at t = {self.at:.3g}"
        if self.rises is None:
            said = f"{by}; its error is unknown, as the loss gives no values of samples"
        elif math.isinf(self.height):
            said = f"{self.verdict}: not finite at t = {self.at:.3g}"
        elif self.rises:
            said = f"{self.verdict}: {by} ({interval})"
        else:
            nowhere = f"it nowhere {way} {side} the chord"
            found = nowhere if self.height <= self._floor else f"{by}, which is within its error"
            more = f", up to {self.high:.2g} is not excluded ({interval})"
            said = f"{self.verdict}: {found}{more * (self.connected is None)}"
        return f"{self.name}: {said}"


def say_all(barriers: Sequence[Barrier]) -> list[str]:
    """Say of several barriers whether they connect: once what is the same of several.

    Args:
        barriers: Of one pair of checkpoints.

    Returns:
        Sentences without their full stops: that of a barrier, or one of all with its verdict.
    """
    groups: dict[tuple[str, bool], list[Barrier]] = {}
    for one in barriers:
        groups.setdefault((one.verdict, one.connected is True), []).append(one)
    return [
        ", ".join(one.name for one in group) + f": {_of_several(group[0])}"
        if len(group) > 1
        else group[0].sentence()
        for group in groups.values()
    ]


def _of_several(one: Barrier) -> str:
    """Say what is the same of several barriers as of this one."""
    if one.rises is None:
        return "errors are unknown, as the loss gives no values of samples"
    if one.rises:
        return f"{one.verdict}: each is worse than the chord by more than its error"
    if one.connected:
        return f"{one.verdict}: none is worse than the chord anywhere"
    return (
        f"{one.verdict}: each is within its error of 0, and nothing up to the upper limit of its "
        "interval is excluded"
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
