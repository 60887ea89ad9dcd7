"""A table or figure as files: a page, pictures, and all numbers with how they came to be."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lamp.pages import Page, write_report
from lamp.provenance import provenance as lamp_provenance
from lamp.reproduce.names import Item
from lamp.reproduce.work import Reproduction, Work
from landscape.figures import save_figure
from landscape.figures.save import write_whole

_LIST_OF_PLAIN = re.compile(r"\[[^\[\]{}]*\]")
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
    document = {**made.results, "provenance": provenance}
    write_whole(work.folder / f"{item}.json", as_json(document))
    page = Page(
        kicker="LAMP reproduced",
        title=made.title,
        lede=made.lede,
        sections=made.sections,
        provenance=provenance,
    )
    return write_report(work.folder / f"{item}.html", page)


def as_json(document: Mapping[str, Any]) -> str:
    r"""Write JSON for people: one line for each entry, a list of plain values on one line.

    Example:
        >>> as_json({"a": [1, 2], "b": {"c": None}})
        '{\n "a": [1, 2],\n "b": {\n  "c": null\n }\n}\n'
    """
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    return _LIST_OF_PLAIN.sub(lambda found: json.dumps(json.loads(found[0])), text) + "\n"
