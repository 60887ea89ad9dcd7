"""The one place where figures and pages become files, whole or not at all."""

import io
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from landscape.arguments import checked
from landscape.errors import check_suffix, shown
from landscape.figures.glyphs import make_drawable
from landscape.figures.style import Drawing, house_style
from landscape.files import write_whole

SUFFIXES = (".pdf", ".png", ".svg")
_FOLDERS = re.compile(
    r"(?<=')/[^'\n]*/"
    r"|(?<![\w./~-])/(?:[^\s/'\":=,;]+/)+"
    r"|\b[A-Za-z]:\\(?:[^\\/'\":\n]+\\)+"
)
"""Folders of a path from the root, alone or in a command; in quotes with spaces; of Windows."""
_PAGES = "interactive figures go to .html, with write_html"


@checked
def save_figure(
    figure: Figure | Drawing, path: str | Path, *, metadata: Mapping[str, Any] | None = None
) -> Path:
    """Save a figure for a paper or a page, with its provenance inside the file.

    The same figure gives the same bytes: no dates, no random identifiers. Text stays text, in PDF
    (TrueType fonts) and SVG.

    Args:
        figure: What to save, at its own size; or a drawing, of which the whole figure is saved.
        path: Ends in .pdf, .png (300 dpi) or .svg.
        metadata: How it came to be, such as `surface.metadata`, beside what a drawing knows by
            itself; written as JSON to the document's keywords (PDF) or description (PNG, SVG), with
            files by their names. `title`, if there, becomes the title, and `caption`, which a
            drawing has, the subject (PDF) or comment (PNG).

    Returns:
        The path.

    Raises:
        LandscapeError: If the figure or suffix is another, or the file cannot be written.
    """
    told = known_of(figure, metadata)
    figure = figure.figure if isinstance(figure, Drawing) else figure
    path = Path(path)
    check_suffix(path, SUFFIXES, hint=_PAGES)
    suffix = path.suffix.lower()
    buffer = io.BytesIO()
    with house_style():
        make_drawable(figure)
        figure.savefig(buffer, format=suffix[1:], metadata=_embedded(suffix, told))
    return write_whole(path, buffer.getvalue())


def known_of(figure: Figure | Drawing, metadata: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Collect what is written into the file of a figure.

    Args:
        figure: Or a drawing, which knows how it came to be.
        metadata: Of the user, which goes before.

    Returns:
        Names and values.
    """
    if not isinstance(figure, Drawing):
        return dict(metadata or {})
    own = {"caption": figure.caption} if figure.caption else {}
    return {**figure.provenance, **own, **(metadata or {})}


def provenance_text(metadata: Mapping[str, Any]) -> str:
    """Write provenance as one line of JSON with sorted keys.

    Args:
        metadata: Names and values; numpy's are written as plain ones, anything else as text, and
            files by their names, as where they lay on a machine is nobody else's.

    Returns:
        JSON.

    Example:
        >>> provenance_text({"seed": np.int64(0), "path": "/home/jo/runs/a.h5"})
        '{"path": "a.h5", "seed": 0}'
    """
    text = json.dumps(_named(dict(metadata)), default=_plain, sort_keys=True, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace").decode()  # names may be bytes that are no text


def _named(value: Any) -> Any:
    """Leave out the folders of absolute paths."""
    if isinstance(value, Mapping):
        named = {key: _named(one) for key, one in value.items()}
        path = named.get("path")
        return named | ({"path": Path(path).name} if isinstance(path, str) else {})
    if isinstance(value, list | tuple):
        return [_named(one) for one in value]
    if isinstance(value, Path):
        value = str(value)
    return _FOLDERS.sub("", value) if isinstance(value, str) else value


def _plain(value: Any) -> Any:
    """Make a value that JSON knows."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    return dict(value) if isinstance(value, Mapping) else str(value)


def _embedded(suffix: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Name the metadata as each format does, without the date that matplotlib would add."""
    title = shown(metadata.get("title", "Loss landscape"))
    text = provenance_text(metadata)
    below = shown(str(metadata.get("caption", "")))
    if suffix == ".pdf":
        told = {"Title": title, "Subject": below, "Keywords": text, "Creator": "landscape"}
        return {key: value for key, value in told.items() if value} | {"CreationDate": None}
    if suffix == ".svg":
        return {"Title": title, "Description": text, "Creator": "landscape", "Date": None}
    comment = {"Comment": below} if below else {}
    return {**comment, "Title": title, "Description": text, "Software": "landscape"}
