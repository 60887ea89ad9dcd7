"""A report as a single offline file."""

from pathlib import Path

from lamp.pages.blocks import Page
from lamp.pages.html import render
from landscape.errors import check_suffix
from landscape.files import write_whole


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
    path = Path(path)
    check_suffix(path, (".html",), hint="a report is a page")
    return write_whole(path, render(page))
