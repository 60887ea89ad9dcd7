"""`landscape explore`: one offline page to explore surface files."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from landscape.cli.paths import check_inputs, check_output
from landscape.cli.signals import work_begins
from landscape.cli.terminal import say, shown
from landscape.errors import LandscapeError


def explore(
    surfaces: Annotated[list[Path], Parameter(negative=(), consume_multiple=True)],
    /,
    *,
    out: Path,
    title: Annotated[list[str] | None, Parameter(alias="--label", negative=())] = None,
) -> None:
    """Make one offline page: linked contours, surface and cross-section, with errors.

    Args:
        surfaces: Surface files; several share colours, heights and the camera.
        out: File to write: .html.
        title: Of each file, in place of its name: once for each.

    Raises:
        LandscapeError: If there is not one title for each file.
    """
    check_output(out, (".html",), "a page")
    check_inputs(surfaces)
    if title is not None and len(title) != len(surfaces):
        raise LandscapeError(
            f"expected one --title for each file, got {len(title)} for {len(surfaces)}"
        )
    from landscape.surface import load

    loaded = [load(path) for path in surfaces]

    from landscape.figures import explore as make_page

    work_begins()
    page = make_page(loaded, title or [path.stem for path in surfaces])
    say(shown(page.save(out)))
