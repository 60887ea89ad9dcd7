"""Paired comparisons: ratios of positive numbers, differences of signed ones, and their number."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from landscape.measures.interval import CALIBRATED, EDGE, Kind, forward, mean_interval
from landscape.surface.data import Array

_RATIOS = {"positive", "magnitude", "fraction", "explained"}


@dataclass(frozen=True)
class Paired:
    """How the members of pairs differ, with limits.

    Args:
        value: Average of a / b, or of a - b.
        low: Lower limit; NaN where there is none.
        high: Upper limit.
        n: Number of pairs.
        is_ratio: Whether this is a ratio, which is 1 where nothing differs, or a difference.
        p: Two-sided probability of so large a difference if there were none; NaN for one pair.
    """

    value: float
    low: float
    high: float
    n: int
    is_ratio: bool
    p: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the limits exclude no difference: 0, or the 1 of a ratio."""
        return self.low > self.is_ratio or self.high < self.is_ratio


def paired_interval(
    a: Sequence[float], b: Sequence[float], *, kind: Kind = "signed", confidence: float = 0.95
) -> Paired:
    """Compare the members of pairs; what they share, such as the plane or the seed, cancels.

    Positive numbers, magnitudes and fractions are compared by the geometric mean of a / b, an R^2
    by that of (1 - a) / (1 - b), signed numbers by the mean of a - b, each with its t-interval;
    nonnegative ones by the median of a - b, with a sign test. A ratio needs positive numbers: where
    one is not, the difference is taken, as a skewed number (see `mean_interval`).

    Log ratios are taken as they come. Where all eigenvalues of two Hessians are positive, intervals
    for 95 % cover 92-98 % of them: less where two eigenvalues dominate, whose ratio is the same on
    most planes and another on few, more where a slope nearly vanishes on some plane. Where
    eigenvalues of both signs dominate it can be 87 %.

    Args:
        a: Replicates of one model.
        b: Those of the other, in the same order.
        kind: What such numbers can be.
        confidence: As in `mean_interval`.

    Returns:
        The ratio or difference; its limits are NaN for a single pair.

    Raises:
        ValueError: If the lengths differ.

    Example:
        >>> paired_interval([3.0, 5.0], [1.0, 3.0])
        Paired(value=2.0, low=2.0, high=2.0, n=2, is_ratio=False, p=0.0)
        >>> found = paired_interval([2.0, 8.0], [1.0, 4.0], kind="positive")
        >>> round(found.value, 6), found.is_ratio
        (2.0, True)
    """
    change, of_change, is_ratio = change_of(a, b, kind)
    found = mean_interval(change, kind=of_change, confidence=confidence)
    p = _p_value(change, of_change)
    limits = np.array([found.value, found.low, found.high])
    with np.errstate(over="ignore"):
        value, low, high = (float(x) for x in (np.exp(limits) if is_ratio else limits))
    return Paired(value, low, high, found.n, is_ratio, p)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values for being several (Holm 1979): step down, keeping the family-wise error.

    NaN, of what could not be tested, stays NaN and does not count.

    Args:
        p_values: One for each comparison of a family.

    Returns:
        The adjusted ones, in the same order.

    Example:
        >>> holm([0.01, 0.04, 0.03])
        [0.03, 0.06, 0.06]
    """
    values = np.asarray(p_values, np.float64)
    adjusted, largest = np.full(len(values), np.nan), 0.0
    for index, factor in holm_factors(p_values).items():
        largest = max(largest, min(1.0, float(values[index]) * factor))
        adjusted[index] = largest
    return [float(value) for value in adjusted]


def holm_factors(p_values: Sequence[float]) -> dict[int, int]:
    """Return by what each p-value is multiplied in Holm's adjustment, smallest p-value first.

    Args:
        p_values: One for each comparison of a family; NaN do not count.

    Returns:
        The factor of each place that counts: the number of those that are not smaller.

    Example:
        >>> holm_factors([0.01, float("nan"), 0.002])
        {2: 2, 0: 1}
    """
    values = np.asarray(p_values, np.float64)
    order = [int(index) for index in np.argsort(values) if not np.isnan(values[index])]
    return {index: len(order) - rank for rank, index in enumerate(order)}


def change_of(a: Sequence[float], b: Sequence[float], kind: Kind) -> tuple[Array, Kind, bool]:
    """Take the change from b to a in each pair, on the scale on which it is averaged.

    Args:
        a: Replicates of one model.
        b: Those of the other, in the same order.
        kind: What such numbers can be.

    Returns:
        Log ratios or differences, what these can be, and whether they are log ratios.

    Raises:
        ValueError: If the lengths differ.
    """
    if len(a) != len(b):
        raise ValueError(f"expected pairs, got {len(a)} and {len(b)} values")
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    left = (1 - first, 1 - second) if kind == "explained" else (first, second)
    edge = 0.0 if kind in {"positive", "magnitude"} else EDGE
    is_ratio = kind in _RATIOS and all(bool((side > edge).all()) for side in left)
    with np.errstate(invalid="ignore"):  # inf - inf is NaN, as it should be
        if is_ratio:
            return np.log(left[0]) - np.log(left[1]), "signed", True
        return first - second, kind if kind in {"signed", "nonnegative"} else "skewed", False


def _p_value(change: Array, kind: Kind) -> float:
    """Test changes as their interval does: p is small enough where that excludes zero."""
    if kind == "nonnegative":
        return _sign_test(change)
    if kind == "signed":
        return _t_test(change)
    return min(1.0, _t_test(forward(change, "mean of powers")) / CALIBRATED)


def _t_test(change: Array) -> float:
    """Test a mean against zero."""
    if change.size < 2 or not np.isfinite(change).all():
        return np.nan
    error = float(change.std(ddof=1)) / np.sqrt(change.size)
    if error == 0:
        return float(not change.any())
    return float(2 * special.stdtr(change.size - 1, -abs(float(change.mean())) / error))


def _sign_test(change: Array) -> float:
    """Test a median against zero by signs; a zero is on neither side, as for the interval.

    Zeros speak against a change in either direction: left out, three changes among a hundred pairs
    would count as three pairs. The test rejects only where the interval between the order
    statistics excludes zero.
    """
    if change.size < 2 or not np.isfinite(change).all():
        return np.nan
    against = min((change <= 0).sum(), (change >= 0).sum())
    return min(1.0, 2 * float(special.bdtr(against, change.size, 0.5)))
