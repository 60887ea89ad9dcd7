"""One page that tells a study: prose, figures, tables and provenance in a single offline file."""

import html
from pathlib import Path

from lamp.pages.blocks import Page
from lamp.pages.html import document, render_block
from landscape.errors import check_suffix


def write_report(path: str | Path, page: Page) -> Path:
    """Write a page as one HTML file, whole or not at all.

    Args:
        path: Ends in .html.
        page: What it tells.

    Returns:
        The path.

    Raises:
        LandscapeError: If the suffix is another.
    """
    from landscape.figures.save import write_whole

    path = Path(path)
    check_suffix(path, (".html",), hint="a report is a page")
    return write_whole(path, render(page))


def render(page: Page) -> str:
    """Make the HTML of a page; it asks the network for nothing.

    Args:
        page: What it tells.

    Returns:
        A document.

    Example:
        >>> "<h1>A &lt; B</h1>" in render(Page(title="A < B"))
        True
    """
    titles: list[str] = [section.title for section in page.sections]
    names = [f"section-{number}" for number in range(1, len(titles) + 1)]
    number = 0
    body = []
    for name, section in zip(names, page.sections, strict=True):
        parts = [render_block(block, number + k) for k, block in enumerate(section.blocks, 1)]
        number += len(parts)
        title = html.escape(section.title)
        body.append(f'<section id="{name}"><h2>{title}</h2>{"".join(parts)}</section>')
    if page.provenance:
        titles, names = [*titles, "Provenance"], [*names, "provenance"]
    blocks = [block for section in page.sections for block in section.blocks]
    return document(page, "".join(body), list(zip(names, titles, strict=True)), blocks)
