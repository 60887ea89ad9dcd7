"""95 % intervals of shares near 1 from few images, of their differences and of their ratios.

Those of a difference and of a ratio come from the limits of both members, the method of variance
estimates recovery: the distance of a limit from its estimate tells the variance there, which is
what the limit of a function of both needs (Zou & Donner, Stat. Med. 27:1693, 2008, for differences;
Donner & Zou, Stat. Methods Med. Res. 21:347, 2012, for ratios).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Array = NDArray[np.float64]

MISS = 0.05  # of every interval of a metric, by custom
SIDES = special.expit(np.linspace(-16, 16, 161))  # truths to begin with, closer near 0 and 1
_TINY = 1e-300
_ROUNDS, _POINTS = 4, 12  # a gap of a grid is narrowed down to 1e-4 of it


@dataclass(frozen=True)
class Interval:
    """A value and the ends of its 95 % interval; NaN where there are too few images for one."""

    value: float
    low: float = math.nan
    high: float = math.nan


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


def _tails(observed: float | Array, truths: Array, trials: Array) -> tuple[Array, Array]:
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
            inside = _tails(x / n, middle, n)[tail] < MISS / 2
            left, right = (
                np.where(inside == (tail == 0), middle, left),
                np.where(inside == (tail == 0), right, middle),
            )
        limits.append(np.where(at_end, float(tail), (left + right) / 2))
    return limits[0], limits[1]


def difference(a: Interval, b: Interval, correlation: float) -> Interval:
    r"""Compute a - b with its interval.

    $L = \hat a - \hat b - \sqrt{(\hat a - l_a)^2 - 2 r (\hat a - l_a)(u_b - \hat b) +
    (u_b - \hat b)^2}$, U likewise (Zou & Donner 2008, eq. 15).

    Args:
        a: One number.
        b: The other.
        correlation: Of their estimates, r.

    Returns:
        The difference.

    Example:
        >>> difference(Interval(5.0, 2.0, 8.0), Interval(4.0, 0.0, 8.0), 0.0)
        Interval(value=1.0, low=-4.0, high=6.0)
    """
    below, above = a.value - a.low, a.high - a.value
    less, more = b.value - b.low, b.high - b.value
    value = a.value - b.value
    down = math.sqrt(max(below**2 - 2 * correlation * below * more + more**2, 0.0))
    up = math.sqrt(max(above**2 - 2 * correlation * above * less + less**2, 0.0))
    return Interval(value, value - down, value + up)


def ratio_limits(a: Interval, b: Interval) -> tuple[float, float]:
    r"""Compute limits of a / b, of independent estimates, a at least 0 and b above 0.

    $L = l_a (2 \hat a - l_a) / (\hat a \hat b + \sqrt{\hat a^2 \hat b^2 - l_a (2 \hat a - l_a)
    u_b (2 \hat b - u_b)})$, and
    $U = (\hat a \hat b + \sqrt{\hat a^2 \hat b^2 - u_a (2 \hat a - u_a) l_b (2 \hat b - l_b)}) /
    (l_b (2 \hat b - l_b))$: Donner & Zou 2012, eq. 7 and 8, the first made rational, as its
    denominator can vanish.

    Args:
        a: Numerator.
        b: Denominator.

    Returns:
        Lower and upper limit.

    Example:
        >>> ratio_limits(Interval(4.0, 2.0, 6.0), Interval(2.0, 2.0, 2.0))
        (1.0, 3.0)
    """
    product = a.value * b.value
    least, most = a.low * (2 * a.value - a.low), a.high * (2 * a.value - a.high)
    large, small = b.high * (2 * b.value - b.high), b.low * (2 * b.value - b.low)
    down = product + math.sqrt(max(product**2 - least * large, 0.0))
    up = product + math.sqrt(max(product**2 - most * small, 0.0))
    return (least / down if down > 0 else 0.0), up / small


def f1_interval(hits: int, alarms: int, anomalous: int, normal: int) -> Interval:
    r"""Compute the F1 score at a threshold that the images have not chosen, with its interval.

    With s the share of anomalous images above it, f that of normal ones and
    $\lambda = n_0 / n_1$, $F_1 = 2 s / (1 + s + \lambda f) = 2 R / (1 + R)$, $R = s / (1 + \lambda
    f)$: a ratio of two independent shares, whose limits are those of mid-p
    (`binomial_limits`). The interval is for the same numbers of both classes.

    Over s from .3 to .995 and f from .01 to .3, summed over all outcomes, coverage is 92-99 % (mean
    97 %) of 5 + 5 images, 94-98 % (96 %) of 20 + 20 and 94-97 % (95 %) of 41 + 119.

    Args:
        hits: Anomalous images above the threshold.
        alarms: Normal images above it.
        anomalous: Number of anomalous images.
        normal: Number of normal images.

    Returns:
        The score and its interval.

    Example:
        >>> found = f1_interval(5, 0, 5, 5)  # no error in ten images
        >>> found.value, round(found.low, 2), found.high
        (1.0, 0.66, 1.0)
    """
    low, high = binomial_limits([hits, alarms], [anomalous, normal])
    times = normal / anomalous
    found = Interval(hits / anomalous, float(low[0]), float(high[0]))
    called = Interval(
        1 + times * alarms / normal, 1 + times * float(low[1]), 1 + times * float(high[1])
    )
    lower, upper = (2 * r / (1 + r) for r in ratio_limits(found, called))
    return Interval(2 * hits / (hits + alarms + anomalous), lower, upper)
