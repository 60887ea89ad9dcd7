"""`landscape plot`: figures from surface files."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from landscape.cli.paths import check_output
from landscape.cli.signals import work_begins
from landscape.cli.terminal import say, shown
from landscape.errors import LandscapeError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from landscape.surface import Surface

Kind = Literal["contour", "surface", "line"]
Units = Literal["ratio", "difference", "absolute"]


def plot(
    surfaces: Annotated[list[Path], Parameter(negative=(), consume_multiple=True)],
    /,
    *,
    out: Path,
    kind: Kind | None = None,
    metric: str = "loss",
    plane: int = 0,
    levels: str | None = None,
    units: Units | None = None,
    log: Annotated[bool, Parameter(negative=())] = False,
    width: str | None = None,
    title: Annotated[list[str] | None, Parameter(alias="--label", negative=())] = None,
) -> None:
    """Draw surface files; several ones side by side with equal levels.

    Args:
        surfaces: Surface files.
        out: File to write: .pdf, .png or .svg, or .html for an interactive 3-D surface.
        kind: contour, surface (3-D), or line (the profile along the first direction); by default
            what suits the files.
        metric: Which of their metrics.
        plane: Which replicate plane, from 0; a line shows all of them.
        levels: Levels of contours, such as 1,2,5: ascending, absolute unless --units says
            otherwise. By default multiples of the value at the center.
        units: Multiples of the value at the center, differences to it, or values as they are.
        log: Logarithmic heights of a surface or a line.
        width: column, page, or a number of inches; by default a column for one panel.
        title: Above the panel, or in the legend of a line: once for each file, in place of its
            name.

    Raises:
        LandscapeError: If options do not go together.
    """
    check_output(out, (".pdf", ".png", ".svg", ".html"), "a figure")
    page = out.suffix.lower() == ".html"
    if page and kind not in {None, "surface"}:
        raise LandscapeError(
            f"an .html file shows a 3-D surface, not a {kind}",
            hint="use --kind surface, or another file name ending",
        )
    titles = title or [path.stem for path in surfaces]
    if len(titles) != len(surfaces):
        raise LandscapeError(
            f"expected one --title for each file, got {len(titles)} for {len(surfaces)}"
        )
    values, inches = _levels(levels), _inches(width, panels=len(surfaces))

    from landscape.surface import load

    loaded = [load(path) for path in surfaces]
    _check_plane(loaded, surfaces, plane)
    chosen = kind or ("surface" if page else "line" if loaded[0].is_line else "contour")
    _check_options(chosen, values, log=log)

    from landscape import figures

    work_begins()
    if chosen == "line":
        figure = _line(loaded, titles, inches, metric=metric, kind=units or "absolute", log=log)
    else:
        shared = figures.levels_for(
            loaded,
            metric=metric,
            kind=units or ("absolute" if values else None),
            values=values or None,
        )
        options: dict[str, Any] = {"metric": metric, "levels": shared}
        if page:
            shapes = (
                figures.explore(loaded[0], title=titles[0], log=log, **options)
                if len(loaded) == 1
                else figures.explore_pair(loaded, titles, plane=plane, log=log, **options)
            )
            say(shown(figures.write_html(shapes, out)))
            return
        options |= {"plane": plane, "width": inches}
        if chosen == "contour":
            figure = figures.draw_contours([loaded], columns=titles, **options)
        else:
            figure = figures.draw_surfaces(loaded, titles=titles, log=log, **options)
    metadata = {"files": [dict(surface.metadata) for surface in loaded]}
    say(shown(figures.save_figure(figure, out, metadata=metadata)))


def _line(surfaces: list["Surface"], titles: list[str], inches: float, **options: Any) -> "Figure":
    """Draw lines into one panel."""
    from landscape import figures

    drawing = figures.draw_line(surfaces[0], label=titles[0], **options)
    for surface, title in zip(surfaces[1:], titles[1:], strict=True):
        figures.draw_line(surface, drawing.axes, label=title, **options)
    figure = drawing.figure
    _, height = figure.get_size_inches() / figure.get_size_inches()[0]
    figure.set_size_inches(inches, inches * height)
    return figure


def _levels(text: str | None) -> list[float]:
    """Read levels separated by commas.

    Example:
        >>> _levels("0.1,0.5,2")
        [0.1, 0.5, 2.0]
    """
    if text is None:
        return []
    try:
        return [float(word) for word in text.split(",")]
    except ValueError as error:
        raise LandscapeError(
            f"expected --levels to be numbers separated by commas, got {text!r}",
            hint="for example --levels 1,2,5",
        ) from error


def _inches(text: str | None, *, panels: int) -> float:
    """Read a width.

    Example:
        >>> _inches("column", panels=1), _inches("5.5", panels=2), _inches(None, panels=2)
        (3.5, 5.5, 7.16)
    """
    named = {"column": 3.5, "page": 7.16}  # of a paper in two columns
    if text is None:
        return named["column" if panels == 1 else "page"]
    try:
        inches = named[text] if text in named else float(text)
    except ValueError:
        inches = math.nan
    if not 1 <= inches <= 100:
        raise LandscapeError(
            f"expected --width to be column, page, or inches from 1 to 100, got {text!r}"
        )
    return inches


def _check_plane(surfaces: list["Surface"], paths: list[Path], plane: int) -> None:
    """Refuse a plane that a file does not have."""
    for surface, path in zip(surfaces, paths, strict=True):
        if not 0 <= plane < surface.planes:
            numbers = f"from 0 to {surface.planes - 1}" if surface.planes > 1 else "0"
            raise LandscapeError(f"expected --plane {numbers} for {path}, got {plane}")


def _check_options(kind: Kind, values: list[float], *, log: bool) -> None:
    """Refuse options that would have no effect."""
    if kind == "line" and values:
        raise LandscapeError("a line has no --levels", hint="leave it out")
    if kind == "contour" and log:
        raise LandscapeError(
            "contours have no logarithmic axis",
            hint="give levels in equal ratios: --levels 0.1,0.3,1,3,10",
        )
