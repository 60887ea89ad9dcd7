"""The page itself: its parts put into one file that asks the network for nothing."""

import html
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template

from landscape.arguments import checked
from landscape.errors import check_suffix
from landscape.figures.explorer.content import content_of
from landscape.figures.text import in_markup
from landscape.files import write_whole
from landscape.surface.data import Surface
from landscape.surface.given import with_titles

_SCRIPTS = (
    "numerics.js",
    "interval.js",
    "pens.js",
    "maps.js",
    "relief.js",
    "profile.js",
    "tables.js",
    "page.js",
    "downloads.js",
    "links.js",
)


@dataclass(frozen=True)
class Explorer:
    """A page to explore surfaces; a notebook shows it where it is the last of a cell.

    Args:
        page: Of HTML, whole.
    """

    page: str

    def save(self, path: str | Path) -> Path:
        """Write the page.

        Args:
            path: Ends in .html.

        Returns:
            The path.

        Raises:
            LandscapeError: If the suffix is another, or the file cannot be written.
        """
        path = Path(path)
        check_suffix(path, (".html",), hint="it is a page for a browser")
        return write_whole(path, self.page)

    def __repr__(self) -> str:
        return f"Explorer({len(self.page) / 1e6:.1f} MB; save it as .html)"

    def frame(self) -> str:
        """Return HTML that shows the page inside another one.

        Names, styles and keys of several in one page are apart. A frame has no address that could
        hold what is shown; it makes itself as high as what is in it.
        """
        whole = html.escape(self.page)
        return (
            f'<iframe srcdoc="{whole}" title="Loss landscape" '
            'style="width: 100%; height: 900px; border: 0"></iframe>'
        )

    def _repr_html_(self) -> str:
        """Show the page in a notebook."""
        return self.frame()


@checked
def explore(surfaces: Surface | Sequence[Surface], titles: Sequence[str] | None = None) -> Explorer:
    """Make a page with linked contours, relief and cross-section of surfaces.

    A cursor reads the values of the grid with their errors, measured or estimated, in all views; a
    line dragged through the contours is the cross-section. Metrics, planes, units and scale are
    switched in the page; levels and heights are shared by all surfaces. The fragment of its
    address holds what is shown.

    Args:
        surfaces: One or several, over planes.
        titles: One for each; by default they are numbered.

    Returns:
        The page.

    Raises:
        LandscapeError: If there is no surface, one is a line, they share no metric with a finite
            value, or there are not as many titles.

    Example:
        >>> import numpy as np
        >>> axis = np.linspace(-1, 1, 5)
        >>> bowl = (1 + axis**2 + axis[:, None] ** 2)[None]
        >>> surface = Surface(alpha=axis, beta=axis, values={"loss": bowl}, gram=np.eye(2)[None],
        ...                   status=np.ones(bowl.shape, np.int8), center={"loss": 1.0})
        >>> explore(surface)
        Explorer(0.1 MB; save it as .html)
    """
    many, titles = with_titles(surfaces, titles)
    data = json.dumps(content_of(many, titles), ensure_ascii=False, allow_nan=False)
    parts = {
        "title": in_markup(", ".join(filter(None, titles)) or "Loss landscape"),
        "style": _read("style.css"),
        "data": data.replace("<", "\\u003c"),  # no name may end the script that it stands in
        "script": "\n".join(map(_read, _SCRIPTS)),
    }
    return Explorer(Template(_read("page.html")).substitute(parts))


def _read(name: str) -> str:
    """Read a file of this package."""
    return files("landscape.figures.explorer").joinpath(name).read_text(encoding="utf-8")
