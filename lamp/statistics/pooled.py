"""One answer from several conditions, and p-values adjusted for being several."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike

from lamp.statistics.paired import Array, Effect, paired_effect
from landscape.measures import holm

Key = TypeVar("Key", bound=Hashable)


def pooled(differences: Mapping[Key, ArrayLike]) -> Effect:
    """Test the mean over conditions of paired differences, with groups as the replicates.

    A group's number is the mean over conditions of the mean over its pairs; Student's interval is
    over groups, as in `paired_effect`. Conditions weigh the same. Those of one group may depend on
    each other in any way: one number is left of each group.

    Args:
        differences: By condition, shape (groups, pairs of a group), the same groups in the same
            order; NaN where a pair is missing. A group without a pair under some condition would
            weigh the conditions otherwise than the rest, and is left out.

    Returns:
        The effect; `pairs`, `higher` and `groups` count what is not left out. For a single group
        the interval is over those of its pairs that are there under every condition.

    Raises:
        ValueError: If there is no condition, numbers of groups differ, or no group has a pair under
            every condition, or a single group has not the same pairs under each.

    Example:
        >>> effect = pooled({16: [[1.0], [2.0], [3.0]], 4: [[3.0], [2.0], [4.0]]})
        >>> round(effect.value, 3), round(effect.low, 3), effect.pairs
        (2.5, 0.349, 6)
    """
    tables = [np.atleast_2d(np.asarray(table, np.float64)) for table in differences.values()]
    sizes = {str(key): len(table) for key, table in zip(differences, tables, strict=True)}
    if len(set(sizes.values())) != 1:
        raise ValueError(f"expected conditions with the same groups each, got {sizes or 'none'}")
    whole = np.logical_and.reduce([(~np.isnan(table)).any(axis=1) for table in tables])
    if not whole.any():
        raise ValueError("expected a group with a pair under every condition, got none")
    if len(whole) == 1:
        tables, means = _one_group(tables)
    else:
        tables = [table[whole] for table in tables]
        means = np.mean([np.nanmean(table, axis=1) for table in tables], axis=0)[:, None]
    return replace(
        paired_effect(means),
        higher=sum(int((table > 0).sum()) for table in tables),
        pairs=sum(int((~np.isnan(table)).sum()) for table in tables),
    )


def adjusted(effects: Mapping[Key, Effect]) -> dict[Key, float]:
    """Adjust the p-values of a family of effects for being several (Holm 1979).

    The family is what a conclusion may be drawn from: all arms under all conditions of a table, not
    each row by itself. Declare it before looking.

    Args:
        effects: The whole family, by any key.

    Returns:
        Adjusted p-values by key. NaN, of what could not be tested, stays NaN and does not count.

    Example:
        >>> adjusted({"a": paired_effect([[1.0], [2.0], [1.5]]), "b": paired_effect([[1.0]])})["b"]
        nan
    """
    return dict(zip(effects, holm([effect.p for effect in effects.values()]), strict=True))


def _one_group(tables: Sequence[Array]) -> tuple[list[Array], Array]:
    """Keep the pairs that a single group has under every condition; average those over conditions.

    A pair, such as a seed, is the replicate then: it must be the same one under every condition.
    """
    widths = {table.shape[1] for table in tables}
    if len(widths) != 1:
        raise ValueError(
            f"expected the same pairs of the only group under each condition, got {sorted(widths)}"
        )
    means = np.mean(tables, axis=0)
    kept = ~np.isnan(means[0])
    if not kept.any():
        raise ValueError("expected a pair of the only group under every condition, got none")
    return [table[:, kept] for table in tables], means[:, kept]
