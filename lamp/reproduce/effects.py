"""Arms of an experiment under several conditions, each compared with the first arm in pairs."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamp.experiments import Trial
from lamp.experiments.collect import Quantity, difference, final_auroc, matrix
from lamp.statistics import Effect, adjusted, paired_effect

Array = NDArray[np.float64]
Condition = str | int
Cells = Mapping[tuple[str, Condition], Sequence[Trial]]
"""Trials of each arm under each condition; they differ in task and seed only."""

_DECIMALS = 5


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What the arms reached, and how each differs from the first.

    Args:
        arms: Names; the first is the reference.
        conditions: Such as batch sizes, in order.
        values: By arm and condition, shape (tasks, seeds), NaN where a trial is missing.
        differences: By arm, but for the first, and condition, to the first arm: shape (tasks with
            at least one pair, seeds), NaN where a pair is missing.
        effects: Their means.
        adjusted: p-values of the effects, adjusted over all arms and conditions (Holm).
    """

    arms: Sequence[str]
    conditions: Sequence[Condition]
    values: Mapping[tuple[str, Condition], Array]
    differences: Mapping[tuple[str, Condition], Array]
    effects: Mapping[tuple[str, Condition], Effect]
    adjusted: Mapping[tuple[str, Condition], float]

    def mean(self, arm: str, condition: Condition) -> float:
        """Return the mean over tasks of the mean over their seeds; NaN if nothing is there."""
        found = self.values.get((arm, condition))
        return math.nan if found is None else float(np.nanmean(np.nanmean(found, axis=1)))

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values, NaN as null."""
        values = self._by_arm({key: _plain(found) for key, found in self.values.items()})
        return {
            "arms": list(self.arms),
            "conditions": list(self.conditions),
            "values": values,
            **self.effects_to_dict(),
        }

    def effects_to_dict(self) -> dict[str, Any]:
        """Return the effects only, as plain JSON values, NaN as null."""
        return {
            "effects": self._by_arm(
                {
                    key: {name: _plain(value) for name, value in asdict(effect).items()}
                    | {"p_holm": _plain(self.adjusted[key])}
                    for key, effect in self.effects.items()
                }
            ),
        }

    def _by_arm(self, found: Mapping[tuple[str, Condition], Any]) -> dict[str, dict[str, Any]]:
        """Nest what is by arm and condition."""
        return {
            arm: {str(condition): value for (a, condition), value in found.items() if a == arm}
            for arm in self.arms
            if any(a == arm for a, _ in found)
        }


def compare(cells: Cells, of: Quantity = final_auroc) -> Comparison:
    """Compare every arm with the first one, condition by condition, over pairs of task and seed.

    Args:
        cells: Trials of each arm under each condition, the reference arm first; cells without
            trials are left out.
        of: The number that is compared.

    Returns:
        The comparison.

    Raises:
        ValueError: If there is no trial at all.
    """
    cells = {key: trials for key, trials in cells.items() if trials}
    if not cells:
        raise ValueError("expected at least one trial to compare, got none")
    arms = list(dict.fromkeys(arm for arm, _ in cells))
    conditions = list(dict.fromkeys(condition for _, condition in cells))
    differences = {
        (arm, condition): difference(cells[arm, condition], cells[arms[0], condition], of)
        for arm, condition in cells
        if arm != arms[0] and (arms[0], condition) in cells
    }
    differences = {key: found for key, found in differences.items() if found.size}
    effects = {key: paired_effect(found) for key, found in differences.items()}
    return Comparison(
        arms=arms,
        conditions=conditions,
        values={key: matrix(trials, of) for key, trials in cells.items()},
        differences=differences,
        effects=effects,
        adjusted=adjusted(effects),
    )


def _plain(value: Any) -> Any:
    """Round numbers, and write NaN as None."""
    if isinstance(value, np.ndarray):
        return [_plain(each) for each in value.tolist()]
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        return round(value, _DECIMALS) if math.isfinite(value) else None
    return value
