"""How many pairs a comparison would need to show the difference that it measured."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from scipy import special

from landscape.measures.interval import CALIBRATED, Kind, forward
from landscape.measures.paired import change_of
from landscape.surface.data import Array

MOST = 1000
"""Largest number of pairs that is told: what would need more is nothing that one can look for."""

POWER = 0.8
"""Probability to show the difference; by convention (Cohen 1988, section 2.4)."""


def pairs_needed(
    a: Sequence[float], b: Sequence[float], *, kind: Kind = "signed", alpha: float = 0.05
) -> float:
    r"""Compute how many pairs show a difference with 80 % power, if it is what was measured.

    The smallest n at which a two-sided paired t-test at level alpha rejects with that probability,
    $P(|T| > t_{n-1, 1-\alpha/2}) \ge 0.8$ with T noncentral t of n - 1 degrees of freedom and
    noncentrality $\sqrt n\, \bar d / s_d$ (Cohen 1988, "Statistical power analysis", section 2.3;
    exact: Owen 1965, "The power of Student's t-test"). d are the changes on the scale on which
    `paired_interval` tests them; where that is a sign test its power is binomial.

    An effect that was measured on few pairs is noisy, and so is this number (Hoenig & Heisey 2001,
    "The abuse of power"): it is for planning, not evidence that there is a difference or none.
    Where 21 are needed, half of the numbers from 5 pairs lie between 9 and 53.

    Args:
        a: Replicates of one model.
        b: Those of the other, in the same order; at least two.
        kind: What such numbers can be.
        alpha: Level of the test, after any adjustment for several.

    Returns:
        The number of pairs; infinite above `MOST`, and where no change was measured; NaN where
        fewer than two pairs, or values that are not finite, tell nothing.

    Example:
        >>> pairs_needed([1.0, 2.0, 4.0], [0.0, 2.0, 2.0])  # an effect of one standard deviation
        10
    """
    change, of_change, _ = change_of(a, b, kind)
    if change.size < 2 or not np.isfinite(change).all():
        return math.nan
    if of_change == "nonnegative":
        return _smallest(lambda n: _power_of_signs(change, n, alpha))
    if of_change == "skewed":
        change, alpha = forward(change, "mean of powers"), CALIBRATED * alpha
    mean, spread = float(change.mean()), float(change.std(ddof=1))
    if spread == 0:
        return 2 if mean else math.inf
    return _smallest(lambda n: _power_of_t(abs(mean) / spread, n, alpha))


def _smallest(power: Callable[[int], float]) -> float:
    """Find the smallest number of pairs with enough power."""
    return next((n for n in range(2, MOST + 1) if power(n) >= POWER), math.inf)


def _power_of_t(effect: float, n: int, alpha: float) -> float:
    """Return the power of a t-test for a mean of so many standard deviations."""
    limit = special.stdtrit(n - 1, 1 - alpha / 2)
    center = effect * math.sqrt(n)
    below, above = (special.nctdtr(n - 1, center, end) for end in (-limit, limit))
    return float(1 - above + below)


def _power_of_signs(change: Array, n: int, alpha: float) -> float:
    """Return the power of the sign test for the shares of changes in the commoner direction."""
    share = max(float((change > 0).mean()), float((change < 0).mean()))
    if share <= 0.5 or 2 * 0.5**n > alpha:  # as many are against it, or n are too few in any case
        return 0.0
    most = math.floor(special.bdtrik(alpha / 2, n, 0.5) + 1e-9)  # against it, that a test allows
    return float(special.bdtr(most, n, 1 - share))
