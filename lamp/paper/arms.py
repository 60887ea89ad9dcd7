"""Effects of arms as a table of a page, and as lines of a terminal."""

from collections.abc import Sequence

from lamp.pages import Table
from lamp.pages.blocks import Cell
from lamp.paper.words import align, cell, effect_cell, effect_text, p_text, short
from lamp.statistics import Arms

__all__ = ["Arms", "effects_table", "effects_text"]

TITLES = ("loss", "batch size")


def effects_table(arms: Arms, caption: str, titles: Sequence[str] = TITLES) -> Table:
    """Tabulate the effects on AUROC, one row each, under the means of the reference."""
    rows: list[list[Cell]] = []
    for condition in dict.fromkeys(arms.models[arms.condition]):
        base = arms.means.get((arms.reference, condition))
        rows.append([str(arms.reference), _shown(condition), cell(base), None, "", "", ""])
        for _, row in arms.effects[arms.effects[arms.condition] == condition].iterrows():
            cells: list[Cell] = [str(row[arms.arm]), _shown(condition), cell(row["mean"])]
            tested = [p_text(row["p"]), p_text(row["p_holm"]), f"{row['higher']} of {row['pairs']}"]
            rows.append([*cells, effect_cell(row), *tested])
    columns = [*titles, "AUROC", f"difference to {arms.reference}", "p", "p (Holm)", "higher"]
    return Table(columns=columns, rows=rows, caption=caption)


def effects_text(arms: Arms, titles: Sequence[str] = TITLES) -> str:
    """Write the effects on AUROC for a terminal."""
    rows = [[*titles, "AUROC", f"difference to {arms.reference}", "p (Holm)"]]
    for condition in dict.fromkeys(arms.models[arms.condition]):
        base = arms.means.get((arms.reference, condition))
        if base is not None:
            rows.append([str(arms.reference), _shown(condition), short(base), "", ""])
        for _, row in arms.effects[arms.effects[arms.condition] == condition].iterrows():
            start = [str(row[arms.arm]), _shown(condition), short(row["mean"])]
            rows.append([*start, effect_text(row), p_text(row["p_holm"])])
    return align(rows)


def _shown(condition: object) -> str:
    """Write a condition."""
    return f"{condition:g}" if isinstance(condition, float) else str(condition)
