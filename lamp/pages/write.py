"""A report as a single offline file, and whether one is there with all that belongs to it."""

import json
import re
from collections.abc import Iterable
from html import unescape
from os.path import relpath
from pathlib import Path

from lamp.pages.blocks import Page
from lamp.pages.html import render
from landscape.errors import check_suffix

_END = "</html>\n"


def write_report(path: str | Path, page: Page, files: Iterable[str | Path] = ()) -> Path:
    """Write a page as one HTML file, whole or not at all.

    Args:
        path: Ends in .html.
        page: What it tells.
        files: What was written with it, such as its figures for a paper; `is_whole` asks for them.

    Returns:
        The path.

    Raises:
        LandscapeError: If the suffix is another.
    """
    from landscape.figures.save import write_whole

    path = Path(path)
    check_suffix(path, (".html",), hint="a report is a page")
    return write_whole(path, render(page, [relpath(file, path.parent) for file in files]))


def is_whole(path: str | Path) -> bool:
    """Tell whether a report is there to its end, and so is everything that was written with it.

    Args:
        path: As given to `write_report`.

    Returns:
        Whether it need not be written anew.

    Example:
        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> report, table = Path(folder.name, "report.html"), Path(folder.name, "table.csv")
        >>> _ = table.write_text("radius"), write_report(report, Page(title="A"), [table])
        >>> whole = is_whole(report)
        >>> _ = table.write_text("")
        >>> whole, is_whole(report)
        (True, False)
        >>> folder.cleanup()
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
        said = re.search(r'<meta name="files" content="([^"]*)">', text)
        files = json.loads(unescape(said[1])) if said and text.endswith(_END) else [""]
        found = [path.parent / file for file in files]
        return all(file.is_file() and file.stat().st_size > 0 for file in found)
    except (OSError, ValueError):
        return False
