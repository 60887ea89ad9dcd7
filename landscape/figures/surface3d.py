"""A plane as a surface in three dimensions, over its contours on the floor."""

from collections.abc import Sequence
from dataclasses import replace

from matplotlib.axes import Axes
from mpl_toolkits.mplot3d import Axes3D

from landscape.arguments import checked
from landscape.errors import LandscapeError
from landscape.figures.box import draw_box, heights_of
from landscape.figures.captions import captioned
from landscape.figures.glyphs import make_drawable
from landscape.figures.layout import draw_colorbar
from landscape.figures.levels import Levels, chosen_levels
from landscape.figures.metrics import by_metric, metric_titles
from landscape.figures.panel import Panel, compared, make_panel
from landscape.figures.presets import Preset, PresetName, preset_for
from landscape.figures.relief import Relief, make_reliefs, notes_on
from landscape.figures.style import (
    COLUMN,
    PAGE,
    SIZES,
    Drawing,
    HouseFigure,
    inks_of,
    together,
)
from landscape.figures.text import (
    AS_WRITTEN,
    text_width,
    titles_within,
    wrapped,
)
from landscape.surface.data import Surface

_LEAST = 110.0  # points that a box needs


@checked
def draw_surface(
    surface: Surface,
    ax: Axes | None = None,
    *,
    plane: int = 0,
    metric: str = "loss",
    levels: Levels | Sequence[float] | None = None,
    log: bool = False,
    title: str = "",
    preset: PresetName | None = None,
    width: float | None = None,
) -> Drawing:
    """Draw one plane in three dimensions over its contours, as in Fig. 1 of the LAMP paper.

    Colours and levels are those of `draw_contour`. The surface is cut at the top level, and the
    drawing says so.

    Args:
        surface: Two-dimensional.
        ax: Three-dimensional axes; None makes a figure with them and a colorbar.
        plane: Which replicate plane.
        metric: What to draw.
        levels: Of `levels_for`, or absolute ones as numbers; None fits them to this surface, with
            all its planes.
        log: Logarithmic heights.
        title: Of a figure made here.
        preset: `column` or `page` of a paper, `slide`, 16:9 with larger text, or `dark` for a dark
            notebook.
        width: In inches; None takes that of the preset, or else a column of a paper.

    Returns:
        The drawing, with artists `surface`, `floor`, `lines`, `shadows`, `center`.

    Raises:
        LandscapeError: If the surface is a line, has no such plane or no finite value, log is
            asked for where values are not positive, or axes are not three-dimensional.
    """
    levels = chosen_levels(levels, surface, metric=metric)
    panel = make_panel(surface, levels, plane=plane)
    (relief,) = make_reliefs([panel], levels, log=log)
    if ax is None:
        size = preset_for(preset, width, COLUMN)
        (drawing,) = _make_figure([(panel, relief)], [title], levels, size)
        return captioned(drawing, [surface], metric=metric, plane=plane, levels=levels, relief=True)
    if not isinstance(ax, Axes3D):
        raise LandscapeError(
            f"expected three-dimensional axes, got {type(ax).__name__}",
            hint="make them with projection='3d', or leave ax out",
        )
    drawing = _write_notes(draw_box(panel, levels, relief, ax))
    make_drawable(ax)
    return captioned(drawing, [surface], metric=metric, plane=plane, levels=levels, relief=True)


@checked
def draw_surfaces(
    surfaces: Sequence[Surface],
    *,
    titles: Sequence[str] = (),
    plane: int = 0,
    metric: str | Sequence[str] = "loss",
    levels: Levels | Sequence[float] | None = None,
    log: bool = False,
    preset: PresetName | None = None,
    width: float | None = None,
) -> Drawing:
    """Draw surfaces side by side with equal heights, levels and view.

    Args:
        surfaces: Two-dimensional; two or three fit into the width of a page.
        titles: One for each; by default those of several metrics are their names.
        plane: Which replicate plane of each.
        metric: What to draw; several, such as `["loss", "test_loss"]`, of one surface.
        levels: As in `draw_surface`; None fits them to all of the surfaces.
        log: Logarithmic heights.
        preset: `column` or `page` of a paper, `slide`, 16:9 with larger text, or `dark` for a dark
            notebook.
        width: In inches; None takes that of the preset, or else two columns of a paper.

    Returns:
        The drawing, with its `figure` and `panels`.

    Raises:
        LandscapeError: If there are no surfaces, or not as many titles; else as `draw_surface`.
    """
    if not isinstance(metric, str):
        if len(surfaces) != 1:
            raise LandscapeError(f"expected one surface of several metrics, got {len(surfaces)}")
        titles = titles or metric_titles(metric)
        (surfaces,), metric = by_metric(surfaces, metric)
    if not surfaces or (titles and len(titles) != len(surfaces)):
        raise LandscapeError(
            f"expected surfaces and as many titles, got {len(surfaces)} and {len(titles)}"
        )
    levels = chosen_levels(levels, surfaces, metric=metric)
    panels = compared([make_panel(surface, levels, plane=plane) for surface in surfaces])
    shapes = list(zip(panels, make_reliefs(panels, levels, log=log), strict=True))
    size = preset_for(preset, width, PAGE)
    drawn = _make_figure(shapes, list(titles) or [""] * len(panels), levels, size)
    drawing = together(drawn, list(dict.fromkeys(note for one in drawn for note in one.notes)))
    return captioned(
        drawing, surfaces, titles=titles, metric=metric, plane=plane, levels=levels, relief=True
    )


def _make_figure(
    shapes: Sequence[tuple[Panel, Relief]],
    titles: Sequence[str],
    levels: Levels,
    size: Preset,
) -> list[Drawing]:
    """Draw boxes in a row, what must be known above each, and a colorbar at the right."""
    ticks = max(text_width(label, SIZES["tick"]) for label in levels.labels)
    right = 8.0 + 7 + ticks + 24
    wide = size.wide * 72
    columns = min(len(titles), max(1, int((wide - right) / _LEAST)))
    rows = -(-len(titles) // columns)
    panel = (wide - right) / columns
    heights = [label for _, relief in shapes for label in heights_of(relief, levels)[1]]
    # At the left of a box is more room than at the right, where its heights are written.
    shift = max(0.0, max(text_width(label, SIZES["tick"]) for label in heights) - 15)
    notes = [
        [
            line
            for note in notes_on(plane, levels, relief)
            for line in wrapped(note, SIZES["note"], panel - 10)
        ]
        for plane, relief in shapes
    ]
    above = 16.0 if any(titles) else 4.0
    titles = titles_within(titles, SIZES["title"], panel - 14)
    head = above + 8.5 * max(map(len, notes))
    below = 14.0  # labels of axes reach down there
    row = 72 * size.high / rows if size.high else head + 1.02 * panel + below - 10
    side = min(panel, (row - head - below + 10) / 1.02)
    start, height = (wide - right - side * columns) / 2, rows * row
    drawings = []
    with size.style():
        figure = size.figure(height / 72)
        for index, (title, said, (plane, relief)) in enumerate(
            zip(titles, notes, shapes, strict=True)
        ):
            x = (start + index % columns * side) / wide
            edge = height - index // columns * row
            place = x - min(shift, 14.0) / wide
            end = (edge - row + below) / height
            box = (place, end, side / wide, (row - head - below) / height)
            ax = figure.add_axes(box, projection="3d")
            left = x + 8 / wide
            _write(figure, left, (edge - 12) / height, title)
            for line, text in enumerate(said):
                y = (edge - above - 8.5 * (line + 1) + 2.5) / height
                _write(figure, left, y, text, note=True)
            drawing = draw_box(plane, levels, relief, ax)
            drawings.append(replace(drawing, owned=True))
        x = start + side * columns + 6
        length = 0.6 * row / height
        bar = figure.add_axes((x / wide, 0.5 - length / 2, 8 / wide, length))
        draw_colorbar(levels, bar)
    return drawings


def _write(figure: HouseFigure, x: float, y: float, text: str, *, note: bool = False) -> None:
    """Write a title or a note above a box."""
    inks = inks_of(figure)
    size, color = (SIZES["note"], inks.grey) if note else (SIZES["title"], inks.ink)
    figure.text(x, y, text, va="baseline", fontsize=size, color=color, **AS_WRITTEN)


def _write_notes(drawing: Drawing) -> Drawing:
    """Write the notes into axes of the user's own."""
    if not drawing.notes:
        return drawing
    ax = drawing.axes
    assert isinstance(ax, Axes3D)
    text = ax.text2D(
        *(0.04, 0.99, "\n".join(drawing.notes)),
        transform=ax.transAxes,
        va="top",
        fontsize=SIZES["note"],
        color=inks_of(ax).grey,
        zorder=6,  # a peak may rise behind it
        **AS_WRITTEN,
    )
    return Drawing(axes=ax, artists={**drawing.artists, "notes": text}, notes=drawing.notes)
