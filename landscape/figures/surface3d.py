"""A plane as a surface in three dimensions, over its contours on the floor."""

from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator
from mpl_toolkits.mplot3d import Axes3D
from mpl_toolkits.mplot3d.art3d import Line3DCollection, Poly3DCollection

from landscape.errors import LandscapeError
from landscape.figures.layout import draw_colorbar
from landscape.figures.levels import Levels, chosen_levels, line_color
from landscape.figures.panel import Panel, make_panel, merged
from landscape.figures.relief import (
    Relief,
    common_range,
    height_ticks,
    lift,
    make_relief,
    visible_parts,
)
from landscape.figures.style import (
    CENTER_MARK,
    COLUMN,
    GREY,
    INK,
    PAGE,
    SIZES,
    Drawing,
    HouseFigure,
    house_style,
)
from landscape.figures.text import (
    AS_WRITTEN,
    TickLabels,
    axis_label,
    format_coordinate,
    label_of,
    shortened,
    text_width,
)
from landscape.surface.data import Array, Surface

_LIGHT = np.array([-0.45, 0.35, 0.82])  # from the upper left, as maps are lit
_ELEVATION, _AZIMUTH = 34.0, -58.0
_BOX = 1.0  # height of the box beside its width


def draw_surface(
    surface: Surface,
    ax: Axes | None = None,
    *,
    plane: int = 0,
    metric: str = "loss",
    levels: Levels | Sequence[float] | None = None,
    log: bool = False,
    top: float | None = None,
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
        top: Where to cut, in units of the levels; None cuts at the highest level.

    Returns:
        The drawing, with artists `surface`, `floor`, `lines`, `shadows`, `center`.

    Raises:
        LandscapeError: If the surface is a line, has no such plane or no finite value, log is
            asked for where values are not positive, or axes are not three-dimensional.
    """
    levels = chosen_levels(levels, surface, metric=metric)
    panel = make_panel(surface, levels, plane=plane)
    limits = common_range([panel], levels, log=log, top=top)
    relief = make_relief(panel, levels, log=log, limits=limits)
    if ax is None:
        with house_style():
            _, (axes,), bar = _make_figure([""], levels, width=COLUMN)
            drawing = _draw(panel, levels, relief, axes, log=log)
            draw_colorbar(levels, bar)
        return Drawing(axes=axes, artists=drawing.artists, notes=drawing.notes, owned=True)
    if not isinstance(ax, Axes3D):
        raise LandscapeError(
            f"expected three-dimensional axes, got {type(ax).__name__}",
            hint="make them with projection='3d', or leave ax out",
        )
    return _draw(panel, levels, relief, ax, log=log)


def draw_surfaces(
    surfaces: Sequence[Surface],
    *,
    titles: Sequence[str] = (),
    plane: int = 0,
    metric: str = "loss",
    levels: Levels | Sequence[float] | None = None,
    log: bool = False,
    width: float = PAGE,
) -> Figure:
    """Draw surfaces side by side with equal heights, levels and view.

    Args:
        surfaces: Two-dimensional; two or three fit into the width of a page.
        titles: One for each.
        plane: Which replicate plane of each.
        metric: What to draw.
        levels: As in `draw_surface`; None fits them to all of the surfaces.
        log: Logarithmic heights.
        width: In inches; two columns of a paper.

    Returns:
        The figure.

    Raises:
        LandscapeError: If there are no surfaces, or not as many titles; else as `draw_surface`.
    """
    if not surfaces or (titles and len(titles) != len(surfaces)):
        raise LandscapeError(
            f"expected surfaces and as many titles, got {len(surfaces)} and {len(titles)}"
        )
    levels = chosen_levels(levels, surfaces, metric=metric)
    panels = [make_panel(surface, levels, plane=plane) for surface in surfaces]
    limits = common_range(panels, levels, log=log, top=None)
    with house_style():
        names = list(titles) or [""] * len(panels)
        figure, axes, bar = _make_figure(names, levels, width=width)
        for panel, ax in zip(panels, axes, strict=True):
            relief = make_relief(panel, levels, log=log, limits=limits)
            _draw(panel, levels, relief, ax, log=log)
        draw_colorbar(levels, bar)
    return figure


def _make_figure(
    titles: Sequence[str], levels: Levels, *, width: float
) -> tuple[Figure, list[Axes3D], Axes]:
    """Lay out boxes in a row with a colorbar at the right."""
    ticks = max(text_width(label, SIZES["tick"]) for label in levels.labels)
    right = 8.0 + 7 + ticks + 22
    panel = (width * 72 - right) / len(titles)
    head = 16.0 if any(titles) else 4.0
    height = head + 1.02 * panel
    figure = HouseFigure(figsize=(width, height / 72))
    axes = []
    for index, title in enumerate(titles):
        x = index * panel / (72 * width)
        box = (x, 12 / height, panel / (72 * width), 1 - (head + 12) / height)
        axes.append(figure.add_axes(box, projection="3d"))
        title = shortened(title, SIZES["title"], panel - 14)
        style = {"va": "baseline", "fontsize": SIZES["title"], **AS_WRITTEN}
        figure.text(x + 10 / (72 * width), 1 - 12 / height, title, **style)
    bar = figure.add_axes((1 - (right - 4) / (72 * width), 0.2, 8 / (72 * width), 0.6))
    return figure, axes, bar


def _draw(panel: Panel, levels: Levels, relief: Relief, ax: Axes3D, *, log: bool) -> Drawing:
    """Draw the surface, the floor and what belongs to them."""
    ax.computed_zorder = False
    _set_axes(ax, panel, relief, levels, log)
    artists: dict[str, Artist] = {
        "floor": ax.contourf(
            panel.alpha,
            panel.beta,
            np.ma.masked_invalid(panel.shown),
            levels=list(levels.values),
            norm=levels.norm,
            cmap=levels.colormap,
            extend="both",
            zdir="z",
            offset=relief.floor,
            zorder=1,
        )
    }
    artists["shadows"] = _draw_lines(panel, levels, relief, ax, floor=True, log=log)
    artists["surface"] = _draw_relief(levels, relief, ax)
    artists["lines"] = _draw_lines(panel, levels, relief, ax, floor=False, log=log)
    if panel.center_inside:
        mark = {**CENTER_MARK, "ms": 4.0}
        (artists["center"],) = ax.plot([0], [0], [relief.floor], zorder=3, **mark)
    notes = merged([panel.notes])
    if relief.cut:
        top = 10**relief.top if log else relief.top
        notes = (f"cut at {label_of(top, levels.kind)}", *notes)
    notes = (*notes, levels.remark) if levels.remark else notes
    if notes:
        artists["notes"] = ax.text2D(
            *(0.04, 0.99, "\n".join(notes)),
            transform=ax.transAxes,
            va="top",
            fontsize=SIZES["note"],
            color=GREY,
            zorder=6,  # a peak may rise behind it
            **AS_WRITTEN,
        )
    return Drawing(axes=ax, artists=artists, notes=notes)


def _draw_relief(levels: Levels, relief: Relief, ax: Axes3D) -> Poly3DCollection:
    """Draw the polygons in the colours of their bands, gently lit."""
    light = _LIGHT / np.linalg.norm(_LIGHT)
    shade = 0.86 + 0.15 * np.abs(relief.normals @ light)
    colors = levels.colormap(levels.norm(relief.values))
    colors[:, :3] = np.minimum(colors[:, :3] * shade[:, None], 1.0)
    collection = Poly3DCollection(
        relief.polygons, facecolors=colors, linewidths=0, antialiaseds=False, zorder=4
    )
    collection.set_rasterized(True)  # tens of thousands of pieces are too much for a vector file
    ax.add_collection3d(collection, autolim=False)
    return collection


def _draw_lines(
    panel: Panel, levels: Levels, relief: Relief, ax: Axes3D, *, floor: bool, log: bool
) -> Line3DCollection:
    """Draw contours, on the floor or on the surface up to its top."""
    segments: list[Array] = []
    colors, widths = [], []
    toward = _toward_eye(panel, relief)
    for level, lines in relief.lines.items():
        height = float(lift(level, log)) if not log or level > 0 else -np.inf
        if not floor and not height <= relief.top:
            continue
        bold = np.isclose(level, panel.doubling)
        for line in lines:
            z = np.full((len(line), 1), relief.floor if floor else height)
            whole = np.hstack([line, z])
            parts = [whole] if floor else visible_parts(whole, relief, toward)
            segments += parts
            colors += [line_color(levels, level)] * len(parts)
            widths += [1.3 if bold else 0.4] * len(parts)
    collection = Line3DCollection(
        segments, colors=colors, linewidths=widths, alpha=0.9, zorder=2 if floor else 5
    )
    ax.add_collection3d(collection, autolim=False)
    return collection


def _toward_eye(panel: Panel, relief: Relief) -> Array:
    """Return a step from any point of the grid towards the eye, as long as the grid is wide."""
    elevation, azimuth = np.radians([_ELEVATION, _AZIMUTH])
    side = float(np.ptp(panel.alpha))
    height = relief.top - relief.floor
    step = np.array([np.cos(azimuth), np.sin(azimuth), np.tan(elevation) / _BOX])
    toward: Array = 1.5 * step * [side, side, height]
    return toward


def _set_axes(ax: Axes3D, panel: Panel, relief: Relief, levels: Levels, log: bool) -> None:
    """Set limits and a quiet box: no panes, no grid, few ticks."""
    ax.set(
        xlim=(panel.alpha[0], panel.alpha[-1]),
        ylim=(panel.beta[0], panel.beta[-1]),
        zlim=(relief.floor, relief.top),
    )
    ax.set_box_aspect((1, float(np.ptp(panel.beta) / np.ptp(panel.alpha)), _BOX), zoom=0.97)
    ax.set_proj_type("ortho")
    ax.view_init(elev=_ELEVATION, azim=_AZIMUTH)
    ax.grid(False)
    for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
        axis.pane.set_visible(False)
        axis.line.set(color=GREY, linewidth=0.5)
        axis.set_tick_params(labelsize=SIZES["tick"], pad=-2.5, color=GREY)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 5, 10], prune="both"))
        axis.set_major_formatter(FuncFormatter(format_coordinate))
    ticks = height_ticks((relief.bottom, relief.top), log=log, ratio=levels.kind == "ratio")
    ax.zaxis.set_tick_params(pad=1.5)
    ax.zaxis.set_major_locator(FixedLocator(ticks))
    ax.zaxis.set_major_formatter(TickLabels(levels.kind, log=log))
    ax.set_xlabel(axis_label("α", panel.normalize), labelpad=-4, fontsize=SIZES["label"])
    ax.set_ylabel(axis_label("β", panel.normalize), labelpad=-4, fontsize=SIZES["label"])
    ax.tick_params(colors=INK)
