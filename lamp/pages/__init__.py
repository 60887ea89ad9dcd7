"""Reports as offline HTML pages: what a page consists of, and writing it."""

from lamp.pages.blocks import Bullets, Estimate, Interactive, Page, Picture, Prose, Section, Table
from lamp.pages.write import write_report

__all__ = [
    # what a page consists of
    "Page",
    "Section",
    "Prose",
    "Bullets",
    "Picture",
    "Interactive",
    "Table",
    "Estimate",
    # writing it
    "write_report",
]
