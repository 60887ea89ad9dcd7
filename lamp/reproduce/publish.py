"""A table or figure as files: a page, pictures, and all numbers with how they came to be."""

from pathlib import Path

from lamp.checkpoint import write_info
from lamp.provenance import provenance as lamp_provenance
from lamp.reproduce.names import Item
from lamp.reproduce.work import Reproduction, Work
from landscape.figures import Page, save_figure, write_report

_SUFFIXES = (".pdf", ".png", ".svg")


def publish(item: Item, made: Reproduction, work: Work) -> Path:
    """Write everything into the folder of the work.

    `<item>.html`, a page that needs nothing else; `<item>.json`, all numbers; each figure as PDF,
    PNG and SVG.

    Args:
        item: Which table or figure.
        made: What came of it.
        work: Where, and what is to be told of how.

    Returns:
        The page.
    """
    provenance = {**lamp_provenance(), "budget": work.budget, **made.provenance}
    for name, figure in made.figures.items():
        for suffix in _SUFFIXES:
            path = work.folder / f"{name}{suffix}"
            save_figure(figure, path, metadata={"title": made.title, **provenance})
    write_info(work.folder / f"{item}.json", {**made.results, "provenance": provenance})
    page = Page(
        kicker="LAMP reproduced",
        title=made.title,
        lede=made.lede,
        sections=made.sections,
        provenance=provenance,
    )
    return write_report(work.folder / f"{item}.html", page)
