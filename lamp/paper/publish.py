"""A table or figure as files: a page, pictures, and all numbers with how they came to be."""

import importlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from lamp.experiments.table import write_table
from lamp.pages import Page, write_report
from lamp.paper.names import Item
from lamp.paper.work import Report, Work
from lamp.provenance import provenance as lamp_provenance
from landscape.figures import save_figure
from landscape.files import write_whole

_SUFFIXES = (".pdf", ".png", ".svg")


def make(item: Item, work: Work) -> tuple[Path, Report]:
    """Make a table or figure of the paper and write it.

    Args:
        item: Which.
        work: Where and how.

    Returns:
        The page that tells it, and its parts.

    Raises:
        FileNotFoundError: If data are missing.
        ValueError: If data are damaged, or not those that the folder's trials saw.
    """
    made: Report = importlib.import_module(f"lamp.paper.{item}").reproduce(work)
    return publish(item, made, work), made


def publish(item: Item, made: Report, work: Work) -> Path:
    """Write everything into the folder of the work.

    `<item>.html`, a page that needs nothing else; each table as CSV and each figure as PDF, PNG and
    SVG, by their names; `provenance.json`, how all this came to be.

    Args:
        item: Which table or figure.
        made: What came of it.
        work: Where, and what is to be told of how.

    Returns:
        The page.
    """
    provenance = {**lamp_provenance(), "budget": work.budget, **made.provenance}
    write_figures(work.folder, made.figures, {"title": made.title, **provenance})
    for name, table in made.tables.items():
        write_table(work.folder / f"{name}.csv", table)
    text = json.dumps(provenance, indent=1, ensure_ascii=False) + "\n"
    write_whole(work.folder / "provenance.json", text)
    page = Page(
        kicker="LAMP reproduced",
        title=made.title,
        lede=made.lede,
        sections=made.sections,
        provenance=provenance,
    )
    return write_report(work.folder / f"{item}.html", page)


def write_figures(folder: Path, figures: Mapping[str, Figure], metadata: Mapping[str, Any]) -> None:
    """Write figures by their names as PDF, PNG and SVG; their title is the name but for another."""
    for name, figure in figures.items():
        for suffix in _SUFFIXES:
            told = {"title": name.replace("_", " "), **metadata}
            save_figure(figure, folder / f"{name}{suffix}", metadata=told)
