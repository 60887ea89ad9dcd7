"""`landscape plot`: figures from surface files."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from landscape.cli.run import say
from landscape.errors import LandscapeError


def plot(
    surfaces: Annotated[list[Path], Parameter(negative=(), consume_multiple=True)],
    /,
    *,
    out: Path,
    kind: Literal["contour", "surface", "line"] = "contour",
    metric: str = "loss",
    plane: int = 0,
) -> None:
    """Draw surface files; several ones side by side with equal levels.

    Args:
        surfaces: Surface files.
        out: File to write: .pdf, .png or .svg, or .html for an interactive 3-D surface.
        kind: contour, surface (3-D), or line (the profile along the first direction).
        metric: Which of their metrics.
        plane: Which replicate plane; a line shows all of them.

    Raises:
        LandscapeError: If the kind of figure and the name of the file do not go together.
    """
    from landscape import figures
    from landscape.surface import load

    loaded = [load(path) for path in surfaces]
    titles = [path.stem for path in surfaces]
    if out.suffix == ".html":
        if kind != "surface":
            raise LandscapeError(
                f"an .html file shows a 3-D surface, not a {kind}",
                hint="use --kind surface, or another file name ending",
            )
        page = (
            figures.explore(loaded[0], metric=metric)
            if len(loaded) == 1
            else figures.explore_pair(loaded, titles, plane=plane, metric=metric)
        )
        figures.write_html(page, out)
        say(str(out))
        return
    if kind == "contour":
        figure = figures.draw_contours([loaded], columns=titles, plane=plane, metric=metric)
    elif kind == "surface":
        figure = figures.draw_surfaces(loaded, titles=titles, plane=plane, metric=metric)
    else:
        drawing = figures.draw_line(loaded[0], metric=metric, label=titles[0])
        for surface, title in zip(loaded[1:], titles[1:], strict=True):
            figures.draw_line(surface, drawing.axes, metric=metric, label=title)
        figure = drawing.figure
    metadata = {"files": [dict(surface.metadata) for surface in loaded]}
    figures.save_figure(figure, out, metadata=metadata)
    say(str(out))
