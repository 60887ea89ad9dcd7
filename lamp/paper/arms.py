"""Arms of an experiment beside its first one: what every table of effects here shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from lamp.pages import Table
from lamp.pages.blocks import Cell
from lamp.paper.words import align, cell, effect_cell, effect_text, p_text, ratio_cell, short
from lamp.statistics import cell_means, differences, effects, pooled_effects


@dataclass(frozen=True, kw_only=True, eq=False)
class Arms:
    """Models of several arms under several conditions, and how each arm differs from one of them.

    Args:
        models: One row for each arm, condition, task and seed, as `tabulate` makes them.
        arm: Column of the arms.
        reference: The arm that the others are compared with.
        condition: Column of the conditions.
        of: Column of the number that is compared.
        log: Whether it is compared as a ratio.
    """

    models: pd.DataFrame
    arm: str = "loss"
    reference: object = "L2"
    condition: str = "batch_size"
    of: str = "auroc"
    log: bool = False

    @cached_property
    def effects(self) -> pd.DataFrame:
        """One row for each arm and condition (`lamp.statistics.effects`)."""
        return effects(self.models, self.of, **self._columns())

    @cached_property
    def pooled(self) -> pd.DataFrame:
        """One row for each arm, over all conditions (`lamp.statistics.pooled_effects`)."""
        return pooled_effects(self.models, self.of, **self._columns())

    @cached_property
    def differences(self) -> pd.DataFrame:
        """One row for each pair of models (`lamp.statistics.differences`)."""
        return differences(self.models, self.of, **self._columns())

    @cached_property
    def means(self) -> pd.Series:
        """Mean over tasks by arm and condition."""
        return cell_means(self.models, self.of, arm=self.arm, condition=self.condition)

    def effect(self, arm: object, condition: object) -> pd.Series | None:
        """Return the effect of an arm under a condition; None where there is no pair."""
        table = self.effects
        found = table[(table[self.arm] == arm) & (table[self.condition] == condition)]
        return None if found.empty else found.iloc[0]

    def table(self, caption: str, titles: Sequence[str] = ("loss", "batch size")) -> Table:
        """Tabulate the effects, one row each, under the means of the reference."""
        rows: list[list[Cell]] = []
        for condition in dict.fromkeys(self.models[self.condition]):
            base = self.means.get((self.reference, condition))
            rows.append([str(self.reference), _shown(condition), cell(base), None, "", "", ""])
            for _, row in self._under(condition).iterrows():
                written = ratio_cell(row) if self.log else effect_cell(row)
                counts = f"{row['higher']} of {row['pairs']}"
                cells: list[Cell] = [str(row[self.arm]), _shown(condition), cell(row["mean"])]
                rows.append([*cells, written, p_text(row["p"]), p_text(row["p_holm"]), counts])
        what = "ratio" if self.log else "difference"
        columns = [*titles, self.of.upper() if self.of == "auroc" else self.of.replace("_", " ")]
        return Table(
            columns=[*columns, f"{what} to {self.reference}", "p", "p (Holm)", "higher"],
            rows=rows,
            caption=caption,
        )

    def text(self, titles: Sequence[str] = ("loss", "batch size")) -> str:
        """Write the effects on AUROC for a terminal."""
        rows = [[*titles, "AUROC", f"difference to {self.reference}", "p (Holm)"]]
        for condition in dict.fromkeys(self.models[self.condition]):
            base = self.means.get((self.reference, condition))
            if base is not None:
                rows.append([str(self.reference), _shown(condition), short(base), "", ""])
            rows += [
                [
                    str(row[self.arm]), _shown(condition), short(row["mean"]), effect_text(row),
                    p_text(row["p_holm"]),
                ]
                for _, row in self._under(condition).iterrows()
            ]  # fmt: skip
        return align(rows)

    def _under(self, condition: object) -> pd.DataFrame:
        """Return the effects under a condition."""
        return self.effects[self.effects[self.condition] == condition]

    def _columns(self) -> dict[str, Any]:
        """Return what the functions of `lamp.statistics` are told."""
        return {
            "arm": self.arm,
            "reference": self.reference,
            "condition": self.condition,
            "log": self.log,
        }


def _shown(condition: object) -> str:
    """Write a condition."""
    return f"{condition:g}" if isinstance(condition, float) else str(condition)
