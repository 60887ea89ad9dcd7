"""Arms of an experiment compared with one of them, under several conditions, over pairs."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from lamp.statistics.paired import Effect, paired_effect
from landscape.measures import holm

GROUP, PAIR = "task", "seed"
_FIELDS = [field.name for field in fields(Effect)]


@dataclass(frozen=True, kw_only=True, eq=False)
class Arms:
    """Models of several arms under several conditions, and how each arm differs from one of them.

    Args:
        models: One row for each arm, condition, task and seed, as `tabulate` makes them.
        arm: Column of the arms.
        reference: The arm that the others are compared with.
        condition: Column of the conditions.
        of: Column of the number that is compared.
        log: Whether it is compared as a ratio: differences are those of logarithms. What has none,
            a number that is not positive, is left out.

    Raises:
        ValueError: By all but `means`, if two rows are of the same arm, condition, task and seed.
    """

    models: pd.DataFrame
    arm: str = "loss"
    reference: object = "L2"
    condition: str = "batch_size"
    of: str = "auroc"
    log: bool = False

    @property
    def conditions(self) -> list[Any]:
        """All conditions, in the order in which they come."""
        return list(dict.fromkeys(self.models[self.condition]))

    @cached_property
    def differences(self) -> pd.DataFrame:
        """The number of each model minus that of the reference of the same task and seed.

        Columns: arm, condition, `task`, `seed`, `difference`. Without models that have no partner.
        """
        keys = [self.arm, self.condition, GROUP, PAIR]
        twice = self.models[self.models.duplicated(keys)]
        if not twice.empty:
            raise ValueError(
                f"expected one row for each {', '.join(keys)}, got several of "
                f"{', '.join(map(str, twice.iloc[0][keys]))}"
            )
        values = self.models[self.of].astype(float)
        if self.log:
            values = np.log(values.where(values > 0))
        table = self.models[keys].assign(value=values)
        base = table[table[self.arm] == self.reference].drop(columns=self.arm)
        pairs = table[table[self.arm] != self.reference].merge(
            base, on=[self.condition, GROUP, PAIR], suffixes=("", "_reference")
        )
        pairs["difference"] = pairs["value"] - pairs["value_reference"]
        return pairs.dropna(subset="difference")[[*keys, "difference"]]

    @cached_property
    def means(self) -> pd.Series:
        """Mean over tasks, each the mean of its seeds, by arm and condition; NaN if unknown."""
        known = self.models.assign(**{self.of: self.models[self.of].astype(float)})
        by_task = known.groupby([self.arm, self.condition, GROUP], sort=False)[self.of].mean()
        return by_task.groupby([self.arm, self.condition], sort=False).mean()

    @cached_property
    def effects(self) -> pd.DataFrame:
        """Every arm against the reference, condition by condition.

        One row for each arm and condition that has pairs: `mean` of the arm, the fields of
        `Effect`, and `p_holm`: p adjusted for all rows of the table (Holm 1979).
        """
        names = [self.arm, self.condition]
        rows = [
            dict(zip(names, key, strict=True))
            | {"mean": self.means[key]}
            | asdict(paired_effect(own.pivot(index=GROUP, columns=PAIR, values="difference")))
            for key, own in self.differences.groupby(names, sort=False)
        ]
        return _adjusted(rows, [*names, "mean"])

    @cached_property
    def pooled(self) -> pd.DataFrame:
        """Every arm against the reference, over all of its conditions together (`pooled`).

        One row for each arm that has pairs under all of them: the fields of `Effect`, and `p_holm`
        adjusted for the arms.
        """
        effects = {
            name: pooled(own, self.condition)
            for name, own in self.differences.groupby(self.arm, sort=False)
        }
        rows = [{self.arm: name} | asdict(found) for name, found in effects.items() if found]
        return _adjusted(rows, [self.arm])

    def effect(self, arm: object, condition: object) -> pd.Series | None:
        """Return the effect of an arm under a condition; None where there is no pair."""
        table = self.effects
        found = table[(table[self.arm] == arm) & (table[self.condition] == condition)]
        return None if found.empty else found.iloc[0]


def pooled(differences: pd.DataFrame, condition: str) -> Effect | None:
    """Test the mean over conditions of paired differences, with tasks as the replicates.

    A task's number is the mean over conditions of the mean over its pairs; Student's interval is
    over tasks, as in `paired_effect`. Conditions weigh the same. Those of one task may depend on
    each other in any way: one number is left of each task. A task without a pair under some
    condition would weigh the conditions otherwise than the rest, and is left out.

    Args:
        differences: Columns `task`, `seed`, condition and `difference`, none of them NaN.
        condition: Name of a column.

    Returns:
        The effect; `pairs`, `higher` and `groups` count what is not left out. For a single task the
        interval is over those of its pairs that are there under every condition. None if nothing is
        there under every condition.

    Example:
        >>> rows = [("a", 16, 1.0), ("b", 16, 2.0), ("c", 16, 3.0),
        ...         ("a", 4, 3.0), ("b", 4, 2.0), ("c", 4, 4.0)]
        >>> table = pd.DataFrame(rows, columns=["task", "batch_size", "difference"])
        >>> effect = pooled(table.assign(seed=0), "batch_size")
        >>> round(effect.value, 3), round(effect.low, 3), effect.pairs
        (2.5, 0.349, 6)
    """
    single = differences[GROUP].nunique() == 1
    replicate = PAIR if single else GROUP
    whole = differences.groupby([replicate, condition])["difference"].mean().unstack().dropna()
    if whole.empty:
        return None
    kept = differences.loc[differences[replicate].isin(whole.index), "difference"]
    means = whole.mean(axis=1).to_numpy()
    effect = paired_effect(means[None] if single else means[:, None])
    return replace(effect, higher=int((kept > 0).sum()), pairs=len(kept))


def _adjusted(rows: Iterable[dict[str, object]], keys: list[str]) -> pd.DataFrame:
    """Tabulate effects, their p-values adjusted for all of them; the columns are there without."""
    table = pd.DataFrame(rows, columns=[*keys, *_FIELDS])
    return table.assign(p_holm=holm(list(table["p"])))
