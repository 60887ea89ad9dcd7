"""The HTML of a table: intervals, units, and numbers in as many digits as tell something."""

import math
from collections.abc import Sequence
from html import escape

from lamp.pages.blocks import Cell, Estimate, Table

_MOST_DECIMALS = 6  # beyond them a number is written with a power of ten


def table_html(table: Table) -> str:
    """Make the HTML of a table.

    Args:
        table: Columns that hold only numbers are aligned at the right.

    Returns:
        HTML, every text in it escaped.
    """
    sides = [
        "" if any(isinstance(row[index], str) for row in table.rows) else ' class="number"'
        for index in range(len(table.columns))
    ]
    units = [f"<small>{escape(unit)}</small>" if unit else "" for unit in table.units]
    units = units or [""] * len(sides)
    head = "".join(
        f'<th{side} scope="col">{escape(name)}{unit}</th>'
        for side, name, unit in zip(sides, table.columns, units, strict=True)
    )
    rows = "".join(
        f"<tr>{''.join(map(_cell_html, sides, row, [table.digits] * len(row)))}</tr>"
        for row in table.rows
    )
    caption = f"<figcaption>{escape(table.caption)}</figcaption>" if table.caption else ""
    return (
        f'<figure class="tabular">{caption}<div class="table"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div></figure>"
    )


def _cell_html(side: str, cell: Cell, digits: int) -> str:
    """Make a cell, an interval in lighter type."""
    return f"<td{side}>{_text(cell, digits)}</td>"


def _text(cell: Cell, digits: int) -> str:
    """Write what is in a cell."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return escape(cell)
    if not isinstance(cell, Estimate):
        return _number(cell, digits)
    limits = [number for number in (cell.value, cell.low, cell.high) if number is not None]
    decimals = _decimals(limits, digits)
    text = "≥ " * cell.bound + _number(cell.value, digits, decimals)
    if cell.low is None or cell.high is None:
        return text
    low, high = (_number(limit, digits, decimals) for limit in (cell.low, cell.high))
    return f'{text} <span class="interval">[{low}, {high}]</span>'


def _decimals(numbers: Sequence[float], digits: int) -> int:
    """Return the decimal places that show the largest number with so many significant digits."""
    largest = max((abs(number) for number in numbers if math.isfinite(number)), default=0.0)
    if largest == 0:
        return digits - 1
    return max(digits - 1 - math.floor(math.log10(largest)), 0)


def _number(value: float, digits: int, decimals: int | None = None) -> str:
    """Write a number: whole ones with thousands marked, others with significant digits."""
    if isinstance(value, int):
        return f"{value:,}".replace("-", "−")
    value = float(value)
    if not math.isfinite(value):
        return {"nan": "n/a", "inf": "∞", "-inf": "−∞"}[str(value)]
    places = _decimals([value], digits) if decimals is None else decimals
    if abs(value) >= 1e6 or places > _MOST_DECIMALS:
        mantissa, exponent = f"{value:.{max(digits - 1, 1)}e}".split("e")
        return f"{mantissa}·10<sup>{int(exponent)}</sup>".replace("-", "−")
    return f"{value:,.{places}f}".replace("-", "−")
