"""Means with their uncertainty: Student's t-interval over replicates."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats


@dataclass(frozen=True)
class Interval:
    """A mean and the limits between which it lies with the confidence asked for.

    Args:
        value: The mean.
        low: Lower limit; NaN where there is none.
        high: Upper limit.
        n: Number of replicates behind it.
    """

    value: float
    low: float
    high: float
    n: int

    @property
    def excludes_zero(self) -> bool:
        """Whether both limits exist and lie on the same side of zero."""
        return self.low > 0 or self.high < 0


def mean_interval(values: ArrayLike, *, confidence: float = 0.95) -> Interval:
    r"""Compute a mean and its t-interval, $\bar x \pm t_{n-1} s / \sqrt n$.

    Nothing is left out: a NaN among the values makes the mean NaN, an infinity makes it infinite.

    Args:
        values: Independent replicates, one-dimensional.
        confidence: Probability that such an interval covers the true mean. Default as usual.

    Returns:
        Mean and limits. The limits are NaN for a single value, which says nothing about the spread,
        and where a value is not finite.

    Raises:
        ValueError: If there are no values or confidence is not between 0 and 1.

    Example:
        >>> interval = mean_interval([1.0, 2.0, 3.0])
        >>> round(interval.low, 3), interval.value, round(interval.high, 3)
        (-0.484, 2.0, 4.484)
    """
    sample = np.asarray(values, dtype=np.float64)
    if sample.ndim != 1 or sample.size == 0:
        raise ValueError(f"expected a list of numbers, got an array of shape {sample.shape}")
    if not 0 < confidence < 1:
        raise ValueError(f"expected a confidence between 0 and 1 such as 0.95, got {confidence}")
    with np.errstate(invalid="ignore"):  # inf - inf is NaN, as it should be
        mean = float(sample.mean())
    if sample.size == 1 or not np.isfinite(sample).all():
        return Interval(mean, np.nan, np.nan, sample.size)
    error = float(sample.std(ddof=1)) / np.sqrt(sample.size)
    half = float(stats.t.ppf((1 + confidence) / 2, sample.size - 1) * error)
    return Interval(mean, mean - half, mean + half, sample.size)


def paired_difference(
    a: Sequence[float], b: Sequence[float], *, confidence: float = 0.95
) -> Interval:
    """Compute the mean of a - b over pairs, and its t-interval.

    What the two members of a pair share, such as the plane or the training seed, cancels.

    Args:
        a: Replicates of one model.
        b: Those of the other, in the same order.
        confidence: As in `mean_interval`.

    Returns:
        Mean difference and limits; the limits are NaN for a single pair.

    Raises:
        ValueError: If the lengths differ.

    Example:
        >>> paired_difference([3.0, 5.0], [1.0, 3.0])
        Interval(value=2.0, low=2.0, high=2.0, n=2)
    """
    if len(a) != len(b):
        raise ValueError(f"expected pairs, got {len(a)} and {len(b)} values")
    with np.errstate(invalid="ignore"):
        difference = np.asarray(a, dtype=np.float64) - np.asarray(b, dtype=np.float64)
    return mean_interval(difference, confidence=confidence)
