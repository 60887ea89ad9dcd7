"""Contours of a plane, filled, with the contour where the loss doubles in bold."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from landscape.errors import LandscapeError
from landscape.figures.contents import corner_text, draw_empty, draw_panel
from landscape.figures.layout import Captions, draw_colorbar, draw_key, draw_row_label, make_frame
from landscape.figures.levels import Levels, levels_for
from landscape.figures.panel import Panel, make_panel
from landscape.figures.style import COLUMN, PAGE, Drawing, house_style
from landscape.surface.data import Surface


def draw_contour(
    surface: Surface,
    ax: Axes | None = None,
    *,
    plane: int = 0,
    metric: str = "loss",
    levels: Levels | None = None,
    title: str = "",
    width: float = COLUMN,
) -> Drawing:
    """Draw the contours of one plane.

    Bands between the levels are filled; the contour where the loss is twice that at the center is
    bold and its mean radius is printed at the upper right, with > where it leaves the grid. A dot
    marks the center, a cross the grid minimum. What is missing or not finite is hatched and said.

    Args:
        surface: Two-dimensional.
        ax: Where; it keeps your settings and gets no colorbar. None makes a figure with one.
        plane: Which replicate plane.
        metric: What to draw.
        levels: Of `levels_for`; pass one object to all panels of a comparison. None fits them to
            this surface, with all its planes.
        title: Above the panel.
        width: In inches, of a figure made here; a column of a paper.

    Returns:
        The drawing, with artists `filled`, `lines`, `bold`, `center`, `minimum`, `radius`,
        `hatching` as far as they exist.

    Raises:
        LandscapeError: If the surface is a line, has no such plane or no finite value.
    """
    levels = levels or levels_for(surface, metric=metric)
    panel = make_panel(surface, levels, plane=plane)
    if ax is not None:
        return draw_panel(panel, levels, ax, title=title, surface=surface, colorbar=False)
    with house_style():
        captions = Captions(
            rows=[""], columns=[title], ticks=levels.labels, corner=corner_text(panel)
        )
        frame = make_frame(captions, width=width, aspect=_aspect(panel))
        axes = frame.axes[0][0]
        drawing = draw_panel(
            panel, levels, axes, title=title, surface=surface, stacked=frame.stacked
        )
        draw_colorbar(levels, frame.bar)
        draw_key(frame.figure, doubling="bold" in drawing.artists, remark=levels.remark)
    return Drawing(axes=axes, artists=drawing.artists, notes=drawing.notes, owned=True)


def draw_contours(
    surfaces: Sequence[Sequence[Surface | None]],
    *,
    rows: Sequence[str] = (),
    columns: Sequence[str] = (),
    plane: int = 0,
    metric: str = "loss",
    levels: Levels | None = None,
    width: float = PAGE,
) -> Figure:
    """Draw a matrix of planes with equal levels and one colorbar, as in Fig. 3 of the LAMP paper.

    Args:
        surfaces: `[row][column]`; None leaves a place empty.
        rows: A label for each row, such as the loss.
        columns: A label for each column, such as the batch size.
        plane: Which replicate plane of each.
        metric: What to draw.
        levels: None fits them to all of the surfaces.
        width: In inches; two columns of a paper.

    Returns:
        The figure.

    Raises:
        LandscapeError: If rows differ in length, labels do not match them, or nothing is finite.
    """
    _check_matrix(surfaces, rows, columns)
    present = [surface for row in surfaces for surface in row if surface is not None]
    levels = levels or levels_for(present, metric=metric)
    panels = [
        [None if s is None else make_panel(s, levels, plane=plane) for s in row] for row in surfaces
    ]
    flat = [panel for row in panels for panel in row if panel is not None]
    with house_style():
        captions = Captions(
            rows=list(rows) or [""] * len(surfaces),
            columns=list(columns) or [""] * len(surfaces[0]),
            ticks=levels.labels,
            corner=max(map(corner_text, flat), key=len),
        )
        frame = make_frame(captions, width=width, aspect=max(map(_aspect, flat)))
        alike = _alike(flat)
        bold = False
        for i, row in enumerate(panels):
            if captions.rows[i]:
                draw_row_label(frame.axes[i][0], captions.rows[i], left=3.0)
            for j, panel in enumerate(row):
                axes, source = frame.axes[i][j], surfaces[i][j]
                title = captions.columns[j] if i == 0 else ""
                if panel is None or source is None:
                    draw_empty(axes, title)
                    continue
                drawing = draw_panel(
                    panel, levels, axes, title=title, surface=source, stacked=frame.stacked
                )
                bold |= "bold" in drawing.artists
                _share_axes(axes, lowest=i == len(panels) - 1, first=j == 0, alike=alike)
        draw_colorbar(levels, frame.bar)
        draw_key(frame.figure, doubling=bold, remark=levels.remark)
    return frame.figure


def _check_matrix(
    surfaces: Sequence[Sequence[Surface | None]], rows: Sequence[str], columns: Sequence[str]
) -> None:
    """Refuse what is not a matrix with its labels."""
    lengths = [len(row) for row in surfaces]
    if not lengths or min(lengths) == 0 or len(set(lengths)) != 1:
        raise LandscapeError(
            f"expected rows of surfaces, all of one length, got lengths {lengths}",
            hint="put None where there is no surface",
        )
    if not any(surface is not None for row in surfaces for surface in row):
        raise LandscapeError("expected at least one surface, got None everywhere")
    for name, labels, count in (("row", rows, len(lengths)), ("column", columns, lengths[0])):
        if labels and len(labels) != count:
            raise LandscapeError(f"expected {count} {name} labels, got {len(labels)}")


def _aspect(panel: Panel) -> float:
    """Height of a panel divided by its width, in units of the directions."""
    return float(np.ptp(panel.beta) / np.ptp(panel.alpha))


def _alike(panels: Sequence[Panel]) -> bool:
    """Tell whether all panels cover the same area."""
    corners = {
        (float(p.alpha[0]), float(p.alpha[-1]), float(p.beta[0]), float(p.beta[-1])) for p in panels
    }
    return len(corners) == 1


def _share_axes(axes: Axes, *, lowest: bool, first: bool, alike: bool) -> None:
    """Leave labels to the outer panels; ticks too, if all cover the same area."""
    if not lowest:
        axes.set_xlabel("")
    if not first:
        axes.set_ylabel("")
    if alike:
        axes.tick_params(labelbottom=lowest, labelleft=first)
