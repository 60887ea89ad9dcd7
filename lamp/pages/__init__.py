"""Reports as offline HTML pages: what a page consists of, and writing it."""

from lamp.pages.blocks import (
    Bullets,
    Estimate,
    Highlight,
    Highlights,
    Interactive,
    Page,
    Picture,
    Prose,
    Section,
    Table,
)
from lamp.pages.write import write_report

__all__ = [
    "Page",
    "Section",
    "Prose",
    "Bullets",
    "Highlight",
    "Highlights",
    "Picture",
    "Interactive",
    "Table",
    "Estimate",
    "write_report",
]
