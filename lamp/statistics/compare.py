"""Arms of an experiment compared with one of them, under several conditions, over pairs."""

from collections.abc import Sequence
from dataclasses import asdict, fields

import numpy as np
import pandas as pd

from lamp.statistics.paired import Array, Effect, paired_effect
from lamp.statistics.pooled import pooled
from landscape.measures import holm

GROUP, PAIR = "task", "seed"
_FIELDS = [field.name for field in fields(Effect)]


def differences(
    models: pd.DataFrame,
    of: str,
    *,
    arm: str,
    reference: object,
    condition: str,
    log: bool = False,
) -> pd.DataFrame:
    """Subtract from a number of each model that of the reference of the same task and seed.

    Args:
        models: One row for each arm, condition, task and seed, as `tabulate` makes them.
        of: Column of the number.
        arm: Column of the arms, such as `loss`.
        reference: The arm that all others are compared with.
        condition: Column of the conditions, such as `batch_size`.
        log: Subtract logarithms. What has none, a number that is not positive, is left out.

    Returns:
        Columns: arm, condition, `task`, `seed`, `difference`. Without models that have no partner.

    Raises:
        ValueError: If two rows are of the same arm, condition, task and seed.
    """
    keys = [arm, condition, GROUP, PAIR]
    if models.duplicated(keys).any():
        first = models[models.duplicated(keys)].iloc[0]
        raise ValueError(
            f"expected one row for each {', '.join(keys)}, got several of "
            f"{', '.join(str(first[key]) for key in keys)}"
        )
    values = models[of].astype(float)
    if log:
        values = np.log(values.where(values > 0))
    table = models[keys].assign(value=values)
    base = table[table[arm] == reference].drop(columns=arm)
    pairs = table[table[arm] != reference].merge(
        base, on=[condition, GROUP, PAIR], suffixes=("", "_reference")
    )
    pairs["difference"] = pairs["value"] - pairs["value_reference"]
    return pairs.dropna(subset="difference")[[*keys, "difference"]]


def effects(
    models: pd.DataFrame,
    of: str,
    *,
    arm: str,
    reference: object,
    condition: str,
    log: bool = False,
) -> pd.DataFrame:
    """Compare every arm with the reference, condition by condition.

    Args:
        models: As in `differences`.
        of: Likewise.
        arm: Likewise.
        reference: Likewise.
        condition: Likewise.
        log: Likewise.

    Returns:
        One row for each arm and condition that has pairs: the fields of `Effect`, `mean` (of the
        arm over tasks, each the mean of its seeds), and `p_holm`: p adjusted for all rows of the
        table (Holm 1979).
    """
    found = differences(models, of, arm=arm, reference=reference, condition=condition, log=log)
    means = cell_means(models, of, arm=arm, condition=condition)
    rows = [
        {
            arm: key[0],
            condition: key[1],
            "mean": means[key],
            **asdict(paired_effect(as_matrix(rows))),
        }
        for key, rows in found.groupby([arm, condition], sort=False)
    ]
    table = pd.DataFrame(rows, columns=[arm, condition, "mean", *_FIELDS])
    return table.assign(p_holm=holm(list(table["p"])))


def pooled_effects(
    models: pd.DataFrame,
    of: str,
    *,
    arm: str,
    reference: object,
    condition: str,
    log: bool = False,
) -> pd.DataFrame:
    """Compare every arm with the reference over all conditions together (`pooled`).

    Args:
        models: As in `differences`.
        of: Likewise.
        arm: Likewise.
        reference: Likewise.
        condition: Likewise.
        log: Likewise.

    Returns:
        One row for each arm: the fields of `Effect`, and `p_holm` adjusted for the arms.
    """
    found = differences(models, of, arm=arm, reference=reference, condition=condition, log=log)
    rows = [
        {arm: name, **asdict(_pooled(own, condition))}
        for name, own in found.groupby(arm, sort=False)
    ]
    table = pd.DataFrame(rows, columns=[arm, *_FIELDS])
    return table.assign(p_holm=holm(list(table["p"])))


def cell_means(models: pd.DataFrame, of: str, *, arm: str, condition: str) -> pd.Series:
    """Average a number over tasks, each the mean of its seeds, for every arm and condition.

    Args:
        models: As in `differences`.
        of: Likewise.
        arm: Likewise.
        condition: Likewise.

    Returns:
        Means, indexed by arm and condition; NaN where nothing is known.
    """
    known = models.assign(**{of: models[of].astype(float)})
    by_task = known.groupby([arm, condition, GROUP], sort=False)[of].mean()
    return by_task.groupby([arm, condition], sort=False).mean()


def as_matrix(rows: pd.DataFrame) -> Array:
    """Arrange differences as shape (tasks, seeds), NaN where a pair is missing."""
    return np.asarray(rows.pivot(index=GROUP, columns=PAIR, values="difference"), np.float64)


def _pooled(rows: pd.DataFrame, condition: str) -> Effect:
    """Pool the differences of one arm over conditions; tasks in the same order in each."""
    tasks: Sequence[object] = sorted(rows[GROUP].unique())
    seeds = sorted(rows[PAIR].unique())
    return pooled(
        {
            key: own.pivot(index=GROUP, columns=PAIR, values="difference")
            .reindex(index=tasks, columns=seeds)
            .to_numpy(np.float64)
            for key, own in rows.groupby(condition, sort=False)
        }
    )
