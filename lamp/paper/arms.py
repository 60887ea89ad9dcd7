"""Effects of arms as a table of a page, and as lines of a terminal."""

from collections.abc import Iterator, Sequence

import pandas as pd

from lamp.pages import Table
from lamp.pages.blocks import Cell
from lamp.paper.words import align, cell, effect_cell, effect_text, p_text, short
from lamp.statistics import Arms

TITLES = ("loss", "batch size")

OVER_DIGITS = (
    "Differences over pairs of digit and seed, 95 % t-intervals over digits; p adjusted for all "
    "rows of this table (Holm)."
)
"""How the effects of trainings on MNIST are taken, for captions."""


def effects_table(arms: Arms, caption: str, titles: Sequence[str] = TITLES) -> Table:
    """Tabulate the effects on AUROC, one row each, under the means of the reference."""
    rows: list[list[Cell]] = []
    for names, mean, row in _rows(arms):
        tested = ["", "", ""]
        if row is not None:
            tested = [p_text(row["p"]), p_text(row["p_holm"]), f"{row['higher']} of {row['pairs']}"]
        rows.append([*names, cell(mean), effect_cell(row), *tested])
    columns = [*titles, "AUROC", f"difference to {arms.reference}", "p", "p (Holm)", "higher"]
    return Table(columns=columns, rows=rows, caption=caption)


def effects_text(arms: Arms, titles: Sequence[str] = TITLES) -> str:
    """Write the effects on AUROC for a terminal."""
    rows = [[*titles, "AUROC", f"difference to {arms.reference}", "p (Holm)"]]
    for names, mean, row in _rows(arms):
        tested = ["", ""] if row is None else [effect_text(row), p_text(row["p_holm"])]
        if mean is not None:
            rows.append([*names, short(mean), *tested])
    return align(rows)


def effects_listed(effects: pd.DataFrame) -> str:
    """Write the effects of losses as a part of a sentence."""
    return "; ".join(f"{row['loss']} {effect_text(row)}" for _, row in effects.iterrows())


def _rows(arms: Arms) -> Iterator[tuple[list[str], float | None, pd.Series | None]]:
    """Yield names of arm and condition, mean, and effect; the reference, which has none, first."""
    for condition in arms.conditions:
        shown = f"{condition:g}" if isinstance(condition, float) else str(condition)
        base = arms.means.get((arms.reference, condition))
        yield [str(arms.reference), shown], base, None
        for _, row in arms.effects[arms.effects[arms.condition] == condition].iterrows():
            yield [str(row[arms.arm]), shown], row["mean"], row
