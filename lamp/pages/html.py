"""The HTML of a report's parts. All text is escaped here and nowhere else."""

import base64
import html
import io
import json
import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lamp.pages.blocks import (
    Block,
    Bullets,
    Cell,
    Estimate,
    Highlights,
    Interactive,
    Page,
    Picture,
    Prose,
    Table,
)
from lamp.pages.stylesheet import STYLESHEET

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_HEAVY = 700_000  # bytes of SVG above which pixels are kinder to the reader
_SCREEN_PER_INCH = 120  # a little larger than on paper
_PIXELS_PER_INCH = 2 * _SCREEN_PER_INCH
_MOST_DECIMALS = 6  # beyond them a number is written with a power of ten


def document(
    page: Page, body: str, contents: Sequence[tuple[str, str]], blocks: Sequence[Block]
) -> str:
    """Put a page together.

    Args:
        page: Title, lede and provenance.
        body: The HTML of its sections.
        contents: Anchor and title of each section.
        blocks: All that is in it; decides whether plotly is needed.

    Returns:
        The whole document.
    """
    title = html.escape(page.title)
    links = "".join(
        f'<li><a href="#{name}">{html.escape(text)}</a></li>' for name, text in contents
    )
    nav = f'<nav aria-label="Contents"><p>Contents</p><ol>{links}</ol></nav>' if links else ""
    kicker = f'<p class="kicker">{html.escape(page.kicker)}</p>' if page.kicker else ""
    lede = f'<p class="lede">{html.escape(page.lede)}</p>' if page.lede else ""
    script = _plotly() if any(isinstance(block, Interactive) for block in blocks) else ""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="generator" content="landscape">\n<link rel="icon" href="data:,">\n'
        f"<title>{title}</title>\n<style>{STYLESHEET}</style>\n{script}</head>\n"
        f'<body>\n<div class="page">{nav}<main>'
        f"<header>{kicker}<h1>{title}</h1>{lede}</header>\n"
        f"{body}\n{_provenance(page)}</main></div>\n</body>\n</html>\n"
    )


def render_block(block: Block, number: int) -> str:
    """Make the HTML of one block.

    Args:
        block: Any of them.
        number: Its place in the page; keeps identifiers apart.

    Returns:
        HTML.

    Raises:
        TypeError: If it is not a block.
    """
    if isinstance(block, Prose):
        return _prose(block)
    if isinstance(block, Bullets):
        return f"<ul>{''.join(f'<li>{html.escape(item)}</li>' for item in block.items)}</ul>"
    if isinstance(block, Highlights):
        return _highlights(block)
    if isinstance(block, Picture):
        return _figure(_picture(block, number), block.caption, "picture")
    if isinstance(block, Interactive):
        return _figure(_interactive(block, number), block.caption, "interactive")
    if isinstance(block, Table):
        return _table(block)
    raise TypeError(f"expected a block of a report, got {type(block).__name__}")


def _prose(block: Prose) -> str:
    """Make paragraphs."""
    paragraphs = re.split(r"\n\s*\n", block.text.strip())
    return "".join(f"<p>{html.escape(' '.join(text.split()))}</p>" for text in paragraphs)


def _highlights(block: Highlights) -> str:
    """Make the row of large numbers."""
    items = "".join(
        f"<div><dt>{html.escape(item.label)}</dt><dd>{html.escape(item.value)}"
        f"<small>{html.escape(item.detail)}</small></dd></div>"
        for item in block.items
    )
    return f'<dl class="highlights">{items}</dl>'


def _figure(content: str, caption: str, kind: str) -> str:
    """Frame a figure with its caption."""
    below = f"<figcaption>{html.escape(caption)}</figcaption>" if caption else ""
    return f'<figure class="{kind}">{content}{below}</figure>'


def _picture(block: Picture, number: int) -> str:
    """Draw a matplotlib figure as SVG in the page, or as PNG where SVG is heavy."""
    alt = block.caption if block.alt is None else block.alt
    width = f"{_SCREEN_PER_INCH * block.figure.get_size_inches()[0]:.0f}px"
    vectors = _saved(block.figure, "svg", metadata={"Date": None}).decode()
    if len(vectors) <= _HEAVY:
        return _inline(vectors, f"f{number}-", alt, width)
    pixels = _saved(block.figure, "png", dpi=_PIXELS_PER_INCH)
    data = base64.b64encode(pixels).decode()
    alt = html.escape(alt, quote=True)
    return f'<img src="data:image/png;base64,{data}" alt="{alt}" style="width:{width}">'


def _saved(figure: "Figure", suffix: str, **options: Any) -> bytes:
    """Draw a figure into memory."""
    from landscape.figures.style import house_style

    buffer = io.BytesIO()
    with house_style():
        figure.savefig(buffer, format=suffix, **options)
    return buffer.getvalue()


def _inline(vectors: str, prefix: str, alt: str, width: str) -> str:
    """Make SVG part of the page: no prologue, identifiers of its own, as wide as there is room."""
    vectors = vectors[vectors.index("<svg") :]
    vectors = re.sub(r"<metadata>.*?</metadata>", "", vectors, flags=re.DOTALL)
    vectors = re.sub(r'\bid="', f'id="{prefix}', vectors)
    vectors = re.sub(r"url\(#", f"url(#{prefix}", vectors)
    vectors = re.sub(r'href="#', f'href="#{prefix}', vectors)
    label = html.escape(alt, quote=True)
    start = f'<svg role="img" aria-label="{label}" style="width:{width}"'
    head, rest = vectors[4:].split(">", 1)
    head = re.sub(r'\b(width|height)="[^"]*"', "", head)
    return f"{start}{head}>{rest}"


def _interactive(block: Interactive, number: int) -> str:
    """Make a plotly figure that uses the page's one copy of plotly."""
    from landscape.figures.interactive import CONFIG, post_scripts

    content: str = block.figure.to_html(
        config=CONFIG,
        include_plotlyjs=False,
        include_mathjax=False,
        full_html=False,
        post_script=post_scripts(block.figure),
        div_id=f"interactive-{number}",
        default_width="100%",
    )
    return content


def _plotly() -> str:
    """Return plotly itself, as a script."""
    from plotly.offline import get_plotlyjs

    return f'<script type="text/javascript">{get_plotlyjs()}</script>\n'


def _table(block: Table) -> str:
    """Make a table."""
    numeric = [
        all(not isinstance(row[index], str) for row in block.rows)
        for index in range(len(block.columns))
    ]
    units = block.units or [""] * len(block.columns)
    head = "".join(
        f'<th{_side(right)} scope="col">{html.escape(name)}'
        f"{f'<small>{html.escape(unit)}</small>' if unit else ''}</th>"
        for name, unit, right in zip(block.columns, units, numeric, strict=True)
    )
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td{_side(right)}>{_cell(cell, block.digits)}</td>"
            for cell, right in zip(row, numeric, strict=True)
        )
        + "</tr>"
        for row in block.rows
    )
    caption = f"<figcaption>{html.escape(block.caption)}</figcaption>" if block.caption else ""
    return (
        f'<figure class="tabular">{caption}<div class="table"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div></figure>"
    )


def _side(right: bool) -> str:
    """Mark a cell of numbers."""
    return ' class="number"' if right else ""


def _cell(cell: Cell, digits: int) -> str:
    """Write a cell, an interval in lighter type."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return html.escape(cell)
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


def _provenance(page: Page) -> str:
    """Print how the page came to be."""
    if not page.provenance:
        return ""
    pairs = "".join(
        f"<dt>{html.escape(str(name))}</dt><dd>{html.escape(_plain(value))}</dd>"
        for name, value in page.provenance.items()
    )
    return f'<section id="provenance"><h2>Provenance</h2><dl class="facts">{pairs}</dl></section>'


def _plain(value: Any) -> str:
    """Write a value as text, structures as JSON."""
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, default=str, ensure_ascii=False)
    return str(value)
