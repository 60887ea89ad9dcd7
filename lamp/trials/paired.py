"""Differences between two losses over pairs of trials that share everything else."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Array = NDArray[np.float64]

LEVEL = 0.95  # of every interval here, by custom
RESAMPLES = 4000  # put the ends of an interval within about a fiftieth of its width


@dataclass(frozen=True, kw_only=True)
class Effect:
    """A mean difference over pairs.

    Args:
        value: Mean over groups of the mean over their pairs.
        low: Lower end of the 95 % bootstrap interval; NaN for a single group.
        high: Upper end.
        p: Two-sided Wilcoxon signed-rank test over groups; NaN for a single one.
        higher: Pairs with a positive difference.
        pairs: Number of pairs.
        groups: Number of groups.
    """

    value: float
    low: float
    high: float
    p: float
    higher: int
    pairs: int
    groups: int

    @property
    def excludes_zero(self) -> bool:
        """Whether both ends of the interval lie on one side of zero."""
        return self.low > 0 or self.high < 0


def paired_effect(differences: ArrayLike, *, seed: int = 0) -> Effect:
    """Take the mean of paired differences, with a hierarchical bootstrap over groups and pairs.

    Groups, such as the digits of MNIST, are drawn with replacement, and then the pairs within each
    that was drawn: pairs of one group are no independent replicates. The test asks whether group
    means scatter around zero; it cannot be below 2^(1 - groups).

    Args:
        differences: Shape (groups, pairs of a group); NaN where a pair is missing.
        seed: Seed of the bootstrap.

    Returns:
        The effect.

    Raises:
        ValueError: If a group has no pair, or there is none.

    Example:
        >>> effect = paired_effect([[1.0, 3.0], [2.0, 2.0], [1.0, 1.0]])
        >>> round(effect.value, 3), effect.higher, effect.pairs
        (1.667, 6, 6)
    """
    table = np.atleast_2d(np.asarray(differences, np.float64))
    known = ~np.isnan(table)
    if table.size == 0 or not known.any(axis=1).all():
        raise ValueError(
            f"expected at least one pair in each of {len(table)} groups, got one without"
        )
    rows = [row[have] for row, have in zip(table, known, strict=True)]
    means = np.array([row.mean() for row in rows])
    low, high, p = np.nan, np.nan, np.nan
    if len(rows) > 1:
        drawn = _resampled(rows, np.random.default_rng(seed))
        low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        p = 1.0 if not means.any() else float(stats.wilcoxon(means).pvalue)
    return Effect(
        value=float(means.mean()),
        low=float(low),
        high=float(high),
        p=p,
        higher=int((table > 0).sum()),
        pairs=int(known.sum()),
        groups=len(rows),
    )


def _resampled(rows: Sequence[Array], generator: np.random.Generator) -> Array:
    """Return the mean of each resample, shape (RESAMPLES,)."""
    # One column a group: means of its pairs drawn with replacement, anew wherever it is drawn.
    draws = np.empty((RESAMPLES, len(rows)))
    for place in range(len(rows)):
        chosen = generator.integers(0, len(rows), RESAMPLES)
        for group, row in enumerate(rows):
            own = np.flatnonzero(chosen == group)
            picked = generator.integers(0, len(row), (len(own), len(row)))
            draws[own, place] = row[picked].mean(axis=1)
    return np.asarray(draws.mean(axis=1))
