"""Statistics of several surfaces in one table, as papers print them."""

from collections.abc import Mapping

from landscape.measures.summary import AVERAGES, Statistic, Summary
from landscape.measures.tables import Style, Table, written
from landscape.measures.text import limits, marks_of, number


def side_by_side(
    summaries: Mapping[str, Summary], *, everything: bool = False, style: Style = "text"
) -> str:
    """Write statistics as rows and surfaces as columns, with a sentence for the text of each.

    Args:
        summaries: By the name of their surface, at least one; rows are the statistics of the
            first, and what another lacks is a dash.
        everything: All statistics; default the headline.
        style: `"text"`, `"markdown"`, `"latex"` or `"html"`.

    Returns:
        Several lines.
    """
    first = next(iter(summaries.values()))
    rows = first.statistics if everything else first.headline
    keyed = {name: {s.key: s for s in one.statistics} for name, one in summaries.items()}
    found = {name: [known.get(row.key) for row in rows] for name, known in keyed.items()}
    remarks = {
        name: [f"{name}: {one.note}" if one and one.note else "" for one in column]
        for name, column in found.items()
    }
    marks = marks_of(remark for row in zip(*remarks.values(), strict=True) for remark in row)
    columns = [
        [_cell(one, marks.get(remark, "")) for one, remark in zip(found[name], texts, strict=True)]
        for name, texts in remarks.items()
    ]
    table = Table(
        head=("statistic", "unit", "unless geometric mean", *summaries),
        rows=[
            (row.name, row.unit, AVERAGES[row.average], *cells)
            for row, *cells in zip(rows, *columns, strict=True)
        ],
    )
    planes = ", ".join(f"{name} {len(one.used)}" for name, one in summaries.items())
    about = f"{first.metric}; averages over planes ({planes}) with {first.confidence:.0%} intervals"
    notes = [f"{name}: {note}" for name, one in summaries.items() for note in one.notes]
    return written(
        [table],
        style=style,
        before=[f"{name}: {one.sentence}" for name, one in summaries.items() if one.sentence],
        after=[about, *notes, *(f"{mark} {note}" for note, mark in marks.items())],
    )


def _cell(one: Statistic | None, mark: str) -> str:
    """Write a value, its interval, and the mark of its note."""
    if one is None:
        return "-"
    text = (f"{'≥ ' * one.is_bound}{number(one.value)}", limits(one.low, one.high), mark)
    return " ".join(filter(None, text))
