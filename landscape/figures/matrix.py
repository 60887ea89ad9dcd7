"""Planes side by side: a matrix of contours with equal levels and one colorbar."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from landscape.arguments import checked
from landscape.errors import LandscapeError
from landscape.figures.captions import captioned
from landscape.figures.contour import corner_text, draw_empty, draw_panel
from landscape.figures.coordinates import widest_tick
from landscape.figures.key import key_of
from landscape.figures.layout import Captions, draw_colorbar, draw_row_label, make_frame
from landscape.figures.levels import Levels, chosen_levels
from landscape.figures.metrics import by_metric, metric_titles
from landscape.figures.notes import merged
from landscape.figures.panel import alike, compared, make_panel
from landscape.figures.presets import PresetName, preset_for
from landscape.figures.style import PAGE, Drawing, together
from landscape.surface.data import Surface


@checked
def draw_contours(
    surfaces: Sequence[Sequence[Surface | None]],
    *,
    rows: Sequence[str] = (),
    columns: Sequence[str] = (),
    plane: int = 0,
    metric: str | Sequence[str] = "loss",
    levels: Levels | Sequence[float] | None = None,
    log: bool = False,
    preset: PresetName | None = None,
    width: float | None = None,
) -> Drawing:
    """Draw a matrix of planes with equal levels and one colorbar, as in Fig. 3 of the LAMP paper.

    Args:
        surfaces: `[row][column]`; None leaves a place empty.
        rows: A label for each row, such as the loss.
        columns: A label for each column, such as the batch size.
        plane: Which replicate plane of each.
        metric: What to draw; several, such as `["loss", "test_loss"]`, become the columns of rows
            with one surface each.
        levels: As in `draw_contour`; None fits them to all of the surfaces.
        log: Absolute levels with equal ratios.
        preset: `column` or `page` of a paper, `slide`, 16:9 with larger text, or `dark` for a dark
            notebook.
        width: In inches; None takes that of the preset, or else two columns of a paper.

    Returns:
        The drawing, with its `figure`, and `panels` without the empty places.

    Raises:
        LandscapeError: If rows differ in length, labels do not match them, or nothing is finite; if
            metrics are of several kinds.
    """
    if not isinstance(metric, str):
        columns = columns or metric_titles(metric)
        surfaces, metric = by_metric(_single(surfaces), metric)
    _check_matrix(surfaces, rows, columns)
    present = [surface for row in surfaces for surface in row if surface is not None]
    levels = chosen_levels(levels, present, metric=metric, log=log)
    panels = [
        [None if s is None else make_panel(s, levels, plane=plane) for s in row] for row in surfaces
    ]
    flat = [panel for row in panels for panel in row if panel is not None]
    notes = merged([panel.notes for panel in compared(flat)], _titles(surfaces, rows, columns))
    size = preset_for(preset, width, PAGE)
    captions = Captions(
        rows=list(rows) or [""] * len(surfaces),
        columns=list(columns) or [""] * len(surfaces[0]),
        ticks=levels.labels,
        corner=max(map(corner_text, flat), key=len),
        key=key_of(levels, notes, panels=flat, width=size.wide),
        alike=alike(flat),
        side=max(
            widest_tick(*ends[[0, -1]]) for panel in flat for ends in (panel.alpha, panel.beta)
        ),
    )
    drawn = []
    with size.style():
        frame = make_frame(captions, size, aspect=max(panel.aspect for panel in flat))
        for i, row in enumerate(panels):
            if captions.rows[i]:
                draw_row_label(frame, i, captions.rows[i])
            for j, panel in enumerate(row):
                axes, title = frame.axes[i][j], frame.titles[j] if i == 0 else ""
                if panel is None:
                    draw_empty(axes, title)
                    continue
                drawn.append(
                    draw_panel(panel, levels, axes, title=title, stacked=frame.stacked, notes=())
                )
                share_axes(axes, lowest=i == len(panels) - 1, first=j == 0, alike=captions.alike)
        draw_colorbar(levels, frame.bar)
    return captioned(
        together(drawn, notes),
        present,
        titles=_titles(surfaces, rows, columns),
        metric=metric,
        plane=plane,
        levels=levels,
    )


def _titles(
    surfaces: Sequence[Sequence[Surface | None]], rows: Sequence[str], columns: Sequence[str]
) -> list[str]:
    """Name all that are there by their row and column."""
    return [
        ", ".join(filter(None, (rows[i] if rows else "", columns[j] if columns else "")))
        for i, row in enumerate(surfaces)
        for j, one in enumerate(row)
        if one is not None
    ]


def _single(surfaces: Sequence[Sequence[Surface | None]]) -> list[Surface]:
    """Take the one surface of each row."""
    found = [one for row in surfaces for one in row if one is not None]
    if len(found) != len(surfaces) or any(len(row) != 1 for row in surfaces):
        raise LandscapeError(
            "expected rows of one surface each, as several metrics are the columns",
            hint="for example [[first], [second]]",
        )
    return found


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


def share_axes(axes: Axes, *, lowest: bool, first: bool, alike: bool) -> None:
    """Leave labels to the outer panels; ticks too, if all cover the same area.

    Args:
        axes: One panel.
        lowest: Whether it is in the last row.
        first: Whether it is in the first column.
        alike: Whether all cover the same area.
    """
    if not lowest:
        axes.set_xlabel("")
    if not first:
        axes.set_ylabel("")
    if alike:
        axes.tick_params(labelbottom=lowest, labelleft=first)
