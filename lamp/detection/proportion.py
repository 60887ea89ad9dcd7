"""Limits of numbers between 0 and 1 that are near 1, from few images."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Array = NDArray[np.float64]

MISS = 0.05  # of every interval of a metric, by custom
_TINY = 1e-300
_ROUNDS, _POINTS = 4, 12  # a gap of a grid is narrowed down to 1e-4 of it


def proportion_limits(
    observed: float, sides: Array, variance: Callable[[Array], Array]
) -> tuple[float, float]:
    r"""Find what truths agree with an observed share, by test inversion.

    An estimate of a share A with variance V(A) is taken for that of a binomial of
    $N(A) = A (1 - A) / V(A)$ trials, which need not be whole: near 1 it is skewed as such counts
    are (an effective sample size, as Obuchowski & Lieber, Acad. Radiol. 5:561, 1998, use for AUROC
    near 1). A is rejected where the mid-p probability of as extreme an estimate is below
    2.5 % on one side. Where even an estimate of 1 is not that improbable, nothing can be rejected
    from above, and all of the 5 % is spent below, as in Blaker (Can. J. Stat. 28:783, 2000).

    Args:
        observed: The estimate, in [0, 1].
        sides: Truths to begin with, ascending, in (0, 1), shape (n,).
        variance: Of the estimate, at truths of shape (n,).

    Returns:
        The lowest and the highest truth that is not rejected; 1 where the estimate is.
    """

    def agrees(truths: Array) -> NDArray[np.bool_]:
        trials = truths * (1 - truths) / np.maximum(variance(truths), _TINY)
        below, above = _tails(observed, truths, trials)
        none_above = 0.5 * truths**trials >= MISS / 2
        return (below >= MISS / 2) & (above >= np.where(none_above, MISS, MISS / 2))

    low, high = _ends(agrees, np.union1d(sides, np.clip(observed, sides[0], sides[-1])))
    return 0.0 if observed <= sides[0] else low, 1.0 if observed >= sides[-1] else high


def _tails(observed: float, truths: Array, trials: Array) -> tuple[Array, Array]:
    """Return mid-p probabilities of at least, and of at most, the observed share of successes."""
    misses = trials * (1 - observed)
    hits = np.maximum(trials - misses, _TINY)
    at_most = special.betainc(hits, misses + 1, truths)  # of misses, P(X <= x)
    fewer = special.betainc(hits + 1, np.maximum(misses, _TINY), truths) * (misses > 0)
    middle = (at_most + fewer) / 2
    return middle, 1 - middle


def _ends(agrees: Callable[[Array], NDArray[np.bool_]], truths: Array) -> tuple[float, float]:
    """Narrow down the first and the last truth that agrees, between neighbours of a grid."""
    agreeing = np.flatnonzero(agrees(truths))
    ends = []
    for inside, step in ((agreeing[0], -1), (agreeing[-1], 1)):
        yes, no = truths[inside], truths[np.clip(inside + step, 0, len(truths) - 1)]
        for _ in range(_ROUNDS):
            between = np.linspace(yes, no, _POINTS)
            last = np.flatnonzero(agrees(between))[-1]
            yes, no = between[last], between[min(last + 1, _POINTS - 1)]
        ends.append(float(yes))
    return ends[0], ends[1]


def binomial_limits(successes: ArrayLike, trials: ArrayLike) -> tuple[Array, Array]:
    """Compute Clopper-Pearson limits with mid-p probabilities, by bisection.

    Mid-p covers 95 % on the average over shares, where Clopper-Pearson itself covers more (Agresti
    & Gottard, Comput. Stat. Data Anal. 51:6447, 2007).

    Args:
        successes: Counts, shape (n,).
        trials: Of how many, shape (n,).

    Returns:
        Lower and upper limits.

    Example:
        >>> low, high = binomial_limits([0, 10], [10, 10])
        >>> low.round(3), high.round(3)  # 1 - high = low = .05^(1/10)
        (array([0.   , 0.741]), array([0.259, 1.   ]))
    """
    x, n = (np.asarray(each, np.float64) for each in (successes, trials))
    limits = []
    for tail, at_end in ((0, x == 0), (1, x == n)):
        left, right = np.zeros(x.shape), np.ones(x.shape)
        for _ in range(50):
            middle = (left + right) / 2
            # Of at least as many successes (0), which grows with the share, or of at most (1).
            inside = _tails_of_counts(x, n, middle)[tail] < MISS / 2
            left, right = (
                np.where(inside == (tail == 0), middle, left),
                np.where(inside == (tail == 0), right, middle),
            )
        limits.append(np.where(at_end, float(tail), (left + right) / 2))
    return limits[0], limits[1]


def _tails_of_counts(x: Array, n: Array, share: Array) -> tuple[Array, Array]:
    """Return mid-p probabilities of at least, and of at most, x successes."""
    fewer = special.bdtr(np.maximum(x - 1, 0), n.astype(int), share) * (x > 0)
    middle = (special.bdtr(x, n.astype(int), share) + fewer) / 2
    return 1 - middle, middle
