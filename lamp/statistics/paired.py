"""Differences between two losses over pairs of trials that share everything else."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from landscape.measures import paired_interval

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Effect:
    """A mean difference over pairs.

    Args:
        value: Mean over groups of the mean over their pairs.
        low: Lower end of the 95 % interval; NaN for a single replicate.
        high: Upper end.
        p: Two-sided t-test of the same replicates, below .05 where the interval excludes zero; NaN
            for a single replicate.
        higher: Pairs with a positive difference.
        pairs: Number of pairs.
        groups: Number of groups.
        over: What the interval generalizes to: other groups, or, where there is but one group,
            other pairs of that group.
    """

    value: float
    low: float
    high: float
    p: float
    higher: int
    pairs: int
    groups: int
    over: Literal["groups", "pairs"] = "groups"

    @property
    def excludes_zero(self) -> bool:
        """Whether both ends of the interval lie on one side of zero."""
        return self.low > 0 or self.high < 0


def paired_effect(differences: ArrayLike) -> Effect:
    r"""Take the mean of paired differences with Student's interval over the means of groups.

    $\bar d \pm t_{G-1} s / \sqrt G$, s the standard deviation of the G group means: pairs of one
    group, such as the seeds of a digit of MNIST, are no independent replicates. What varies within
    groups is in the spread of their means already, whatever its share (summary measures: Matthews
    et al., BMJ 300:230, 1990). With a single group the interval is over its pairs, and holds for
    that group alone.

    Args:
        differences: Shape (groups, pairs of a group); NaN where a pair is missing.

    Returns:
        The effect.

    Raises:
        ValueError: If a group has no pair, or there is none.

    Example:
        >>> effect = paired_effect([[1.0, 3.0], [2.0, 2.0], [0.0, 1.0]])
        >>> effect.value, round(effect.low, 3), effect.higher, effect.pairs, effect.over
        (1.5, -0.651, 5, 6, 'groups')
    """
    table = np.atleast_2d(np.asarray(differences, np.float64))
    known = ~np.isnan(table)
    if table.ndim != 2 or table.size == 0 or not known.any(axis=1).all():
        raise ValueError(
            f"expected at least one pair in each of {len(table)} groups, got one without"
        )
    means = np.array([row[have].mean() for row, have in zip(table, known, strict=True)])
    one = len(means) == 1
    replicates = table[known] if one else means
    found = paired_interval(list(replicates), [0.0] * len(replicates))
    return Effect(
        value=found.value,
        low=found.low,
        high=found.high,
        p=found.p,
        higher=int((table > 0).sum()),
        pairs=int(known.sum()),
        groups=len(means),
        over="pairs" if one else "groups",
    )
