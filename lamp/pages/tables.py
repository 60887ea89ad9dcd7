"""The HTML of a table: intervals, units, and numbers in as many digits as tell something."""

import math
from collections.abc import Sequence
from html import escape

from lamp.pages.blocks import Cell, Estimate, Table

_MOST_DECIMALS = 6  # beyond them a number is written with a power of ten


def table_html(table: Table) -> str:
    """Make the HTML of a table, every text in it escaped."""
    sides = [
        "" if any(isinstance(cell, str) for cell in column) else ' class="number"'
        for column in zip(*table.rows, strict=True)
    ] or [""] * len(table.columns)
    head = "".join(
        f'<th{side} scope="col">{escape(name)}{f"<small>{escape(unit)}</small>" * bool(unit)}</th>'
        for side, name, unit in zip(
            sides, table.columns, table.units or [""] * len(sides), strict=True
        )
    )
    rows = "".join(
        f"<tr>{''.join(map(_cell, sides, row, [table.digits] * len(row)))}</tr>"
        for row in table.rows
    )
    caption = f"<figcaption>{escape(table.caption)}</figcaption>" if table.caption else ""
    return (
        f'<figure class="tabular">{caption}<div class="table"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div></figure>"
    )


def _cell(side: str, cell: Cell, digits: int) -> str:
    """Make a cell."""
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
    return f"{round(value, places) + 0.0:,.{places}f}".replace("-", "−")  # no zero has a sign
