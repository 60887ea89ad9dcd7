"""The HTML of a report. All text is escaped here and in tables, and nowhere else."""

import base64
import io
import json
import re
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from lamp.pages.blocks import Block, Bullets, Interactive, Page, Picture, Prose, Table
from lamp.pages.stylesheet import STYLESHEET
from lamp.pages.tables import table_html

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_HEAVY = 700_000  # bytes of SVG above which pixels are kinder to the reader
_SCREEN_PER_INCH = 120  # a little larger than on paper


def render(page: Page) -> str:
    """Make the HTML of a page; it asks the network for nothing.

    Args:
        page: What it tells.

    Returns:
        A document.

    Raises:
        TypeError: If something in the page is not a block of a report.

    Example:
        >>> "<h1>A &lt; B</h1>" in render(Page(title="A < B"))
        True
    """
    blocks = [block for section in page.sections for block in section.blocks]
    contents = iter([_block(block, number) for number, block in enumerate(blocks, 1)])
    body, titles = "", {}
    for number, section in enumerate(page.sections, 1):
        titles[f"section-{number}"] = section.title
        inside = "".join(next(contents) for _ in section.blocks)
        body += f'<section id="section-{number}"><h2>{escape(section.title)}</h2>{inside}</section>'
    if page.provenance:
        titles["provenance"] = "Provenance"
    title = escape(page.title)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="generator" content="landscape">\n'
        f'<link rel="icon" href="data:,">\n<title>{title}</title>\n'
        f"<style>{STYLESHEET}</style>\n</head>\n"
        f'<body>\n<div class="page">{_contents(titles)}<main>'
        f"<header>{_paragraphs(page.kicker, 'kicker')}<h1>{title}</h1>"
        f"{_paragraphs(page.lede, 'lede')}</header>\n"
        f"{body}\n{_provenance(page.provenance)}</main></div>\n</body>\n</html>\n"
    )


def _contents(titles: Mapping[str, str]) -> str:
    """Make the table of contents of titles by anchor."""
    links = "".join(
        f'<li><a href="#{anchor}">{escape(title)}</a></li>' for anchor, title in titles.items()
    )
    return f'<nav aria-label="Contents"><p>Contents</p><ol>{links}</ol></nav>' if links else ""


def _paragraphs(text: str, kind: str = "") -> str:
    """Make paragraphs of a text, parted by empty lines."""
    attributes = f' class="{kind}"' * bool(kind)
    parts = [" ".join(part.split()) for part in re.split(r"\n\s*\n", text)]
    return "".join(f"<p{attributes}>{escape(part)}</p>" for part in parts if part)


def _block(block: Block, number: int) -> str:
    """Make the HTML of a block; its number keeps identifiers apart."""
    match block:
        case Prose(text):
            return _paragraphs(text)
        case Bullets(items):
            return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>"
        case Picture():
            picture = f"<div>{_picture(block, number)}</div>"
            return f'<figure class="picture">{picture}{_caption(block.caption)}</figure>'
        case Interactive():
            page = block.explorer.frame()  # which is long: what it is stands above it
            return f'<figure class="interactive">{_caption(block.caption)}{page}</figure>'
        case Table():
            return table_html(block)
    raise TypeError(f"expected a block of a report, got {type(block).__name__}")


def _caption(text: str) -> str:
    """Make a caption of a text that is not empty."""
    return f"<figcaption>{escape(text)}</figcaption>" if text else ""


def _picture(block: Picture, number: int) -> str:
    """Draw a matplotlib figure as SVG in the page, or as PNG where SVG is heavy."""
    alt = escape(block.caption)
    width = f"width:{_SCREEN_PER_INCH * block.figure.get_size_inches()[0]:.0f}px"
    vectors = _saved(block.figure, "svg", metadata={"Date": None}).decode()
    if len(vectors) <= _HEAVY:
        return _inline(vectors, f"f{number}-", f'role="img" aria-label="{alt}" style="{width}"')
    pixels = base64.b64encode(_saved(block.figure, "png", dpi=2 * _SCREEN_PER_INCH)).decode()
    return f'<img src="data:image/png;base64,{pixels}" alt="{alt}" style="{width}">'


def _saved(figure: "Figure", suffix: str, **options: Any) -> bytes:
    """Draw a figure into memory."""
    from landscape.figures.style import house_style

    buffer = io.BytesIO()
    with house_style():
        figure.savefig(buffer, format=suffix, **options)
    return buffer.getvalue()


def _inline(vectors: str, prefix: str, attributes: str) -> str:
    """Make SVG part of the page: no prologue, identifiers of its own, as wide as there is room."""
    head, rest = vectors[vectors.index("<svg") + 4 :].split(">", 1)
    head = re.sub(r'\b(width|height)="[^"]*"', "", head)
    rest = re.sub(r"<metadata>.*?</metadata>", "", rest, flags=re.DOTALL)
    rest = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{prefix}", rest)
    return f"<svg {attributes}{head}>{rest}"


def _provenance(provenance: Mapping[str, Any]) -> str:
    """Print how the page came to be; structures as JSON."""
    pairs = "".join(
        f"<dt>{escape(str(name))}</dt><dd>{escape(_plain(value))}</dd>"
        for name, value in provenance.items()
    )
    facts = f'<h2>Provenance</h2><dl class="facts">{pairs}</dl>'
    return f'<section id="provenance">{facts}</section>' if pairs else ""


def _plain(value: Any) -> str:
    """Write a value as text, structures as JSON."""
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, default=str, ensure_ascii=False)
    return str(value)
