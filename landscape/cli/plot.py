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
    """
    from landscape import figures
    from landscape.surface import load

    loaded = [load(path) for path in surfaces]
    titles = [path.stem for path in surfaces]
    metadata = {"files": [dict(surface.metadata) for surface in loaded]}
    if out.suffix == ".html":
        if kind != "surface":
            raise LandscapeError(
                f"an .html file shows a 3-D surface, not a {kind}",
                hint="use --kind surface, or another file name ending",
            )
        page = (
            figures.explore_pair(loaded, titles) if len(loaded) > 1 else figures.explore(loaded[0])
        )
        figures.write_html(page, out)
    elif kind == "contour":
        figures.save_figure(
            figures.draw_contours([loaded], columns=titles, plane=plane, metric=metric),
            out,
            metadata=metadata,
        )
    elif kind == "surface":
        figures.save_figure(
            figures.draw_surfaces(loaded, titles=titles, plane=plane, metric=metric),
            out,
            metadata=metadata,
        )
    say(str(out))
