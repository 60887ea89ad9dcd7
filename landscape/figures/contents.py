"""What is inside one panel: bands, contours with their labels, marks, and what must be said."""

from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.contour import ContourSet
from matplotlib.offsetbox import AnchoredText
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import ScaledTranslation, Transform

from landscape.figures.levels import DOUBLE, Levels, label_of, line_color
from landscape.figures.panel import Panel
from landscape.figures.spots import Room, find_spot
from landscape.figures.style import (
    CENTER_MARK,
    GREY,
    INK,
    MINIMUM_MARK,
    PAPER,
    SIZES,
    Drawing,
    axis_label,
    text_width,
)
from landscape.surface.surface import Array, Surface

_MOST_LABELS = 4


def draw_panel(
    panel: Panel,
    levels: Levels,
    ax: Axes,
    *,
    surface: Surface,
    title: str = "",
    stacked: bool = False,
    colorbar: bool = True,
) -> Drawing:
    """Draw everything inside and around one panel.

    Args:
        panel: What to draw.
        levels: Of all panels.
        ax: Where.
        surface: Where the panel comes from; its metadata name the units of the axes.
        title: At the upper left.
        stacked: Put the title above the radius instead of beside it.
        colorbar: Whether there is one, so that the panel need not say what its levels are.

    Returns:
        The drawing.
    """
    _set_axes(ax, panel, surface)
    artists: dict[str, Artist] = {}
    if panel.hidden.any():
        artists["hatching"] = _hatch(ax, panel)
    visible = np.ma.masked_invalid(panel.shown)
    if visible.count() >= 3:
        artists |= _draw_contours(panel, visible, levels, ax)
    artists |= _draw_marks(panel, ax)
    inside = panel.notes
    if not colorbar and levels.kind != "ratio":
        inside = (levels.remark or levels.title, *inside)
    if inside:
        artists["notes"] = _draw_notes(inside, ax)
    if corner_text(panel):
        artists["radius"] = ax.text(
            *(1.0, 1.0, corner_text(panel)),
            **_above(ax, 3.0),
            ha="right",
            color=GREY,
            fontsize=SIZES["tick"],
        )
    if title:
        lift = 14.0 if stacked else 3.0
        artists["title"] = ax.text(0.0, 1.0, title, **_above(ax, lift), fontsize=SIZES["title"])
    if "lines" in artists or "bold" in artists:
        _draw_labels(panel, levels, ax, artists, inside)
    notes = (levels.remark, *panel.notes) if levels.remark else panel.notes
    return Drawing(axes=ax, artists=artists, notes=notes)


def corner_text(panel: Panel) -> str:
    """Write what stands at the upper right of a panel.

    Args:
        panel: With a radius or without.

    Returns:
        A text with mathematics, empty where there is no radius.
    """
    return rf"$r_{{2\times}}$ {panel.radius}" if panel.radius else ""


def draw_empty(ax: Axes, title: str) -> None:
    """Draw the place of a surface that is not there.

    Args:
        ax: Where.
        title: At the upper left.
    """
    ax.set(xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.text(0.5, 0.5, "no surface", ha="center", va="center", color=GREY, fontsize=SIZES["note"])
    if title:
        ax.text(0.0, 1.0, title, **_above(ax, 3.0), fontsize=SIZES["title"])


def format_coordinate(value: float, _position: int | None = None) -> str:
    """Write a tick of an axis, with a proper minus and no idle zeros.

    Args:
        value: The coordinate.

    Returns:
        A short text.

    Example:
        >>> format_coordinate(-0.5), format_coordinate(1.0)
        ('−0.5', '1')
    """
    return f"{round(value, 10) + 0.0:g}".replace("-", "−")


def _above(ax: Axes, points: float) -> dict[str, Any]:
    """Place a text above the upper edge of a panel, by so many points."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    lift: Transform = ScaledTranslation(0, points / 72, figure.dpi_scale_trans)
    return {"transform": ax.transAxes + lift, "va": "baseline"}


def _set_axes(ax: Axes, panel: Panel, surface: Surface) -> None:
    """Set limits, equal scales, ticks and labels."""
    ax.set_xlim(float(panel.alpha[0]), float(panel.alpha[-1]))
    ax.set_ylim(float(panel.beta[0]), float(panel.beta[-1]))
    ax.set_aspect("equal")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10]))
        axis.set_major_formatter(FuncFormatter(format_coordinate))
        axis.set_tick_params(labelsize=SIZES["tick"], length=2.5, width=0.6)
    ax.set_xlabel(axis_label("α", surface.metadata), fontsize=SIZES["label"], labelpad=2)
    ax.set_ylabel(axis_label("β", surface.metadata), fontsize=SIZES["label"], labelpad=1)


def _hatch(ax: Axes, panel: Panel) -> Rectangle:
    """Hatch the whole panel, to show wherever nothing is drawn on top."""
    patch = Rectangle(
        (float(panel.alpha[0]), float(panel.beta[0])),
        float(np.ptp(panel.alpha)),
        float(np.ptp(panel.beta)),
        facecolor="#f4f4f2",
        edgecolor="#b4b8bf",
        hatch="//////",
        linewidth=0,
        zorder=0,
    )
    ax.add_patch(patch)
    return patch


def _draw_contours(
    panel: Panel, visible: np.ma.MaskedArray[Any, Any], levels: Levels, ax: Axes
) -> dict[str, Artist]:
    """Draw bands, thin contours and the bold one."""
    grid = (panel.alpha, panel.beta, visible)
    low, high = float(visible.min()), float(visible.max())
    artists: dict[str, Artist] = {
        "filled": ax.contourf(
            *grid,
            levels=list(levels.values),
            norm=levels.norm,
            cmap=levels.colormap,
            extend="both",
            zorder=1,
        )
    }
    thin = [v for v in levels.values if low < v < high and not np.isclose(v, panel.doubling)]
    if thin:
        colors = [line_color(levels, value) for value in thin]
        artists["lines"] = ax.contour(
            *grid, levels=thin, colors=colors, linewidths=0.5, alpha=0.75, zorder=2
        )
    if low < panel.doubling < high:
        artists["bold"] = ax.contour(
            *grid,
            levels=[panel.doubling],
            colors=[line_color(levels, panel.doubling)],
            linewidths=1.7,
            zorder=2,
        )
    return artists


def _draw_marks(panel: Panel, ax: Axes) -> dict[str, Artist]:
    """Mark the center with a dot and the grid minimum with a cross, which lies on top."""
    marks: dict[str, Artist] = {}
    if panel.center_inside:
        (marks["center"],) = ax.plot(0, 0, zorder=5, clip_on=False, **CENTER_MARK)
    if panel.minimum is not None:
        (marks["minimum"],) = ax.plot(*panel.minimum, zorder=6, clip_on=False, **MINIMUM_MARK)
    return marks


def _draw_notes(notes: tuple[str, ...], ax: Axes) -> AnchoredText:
    """Say in the lower left corner what is missing or clipped."""
    box = AnchoredText(
        "\n".join(notes),
        loc="lower left",
        pad=0.25,
        borderpad=0.35,
        prop={"size": SIZES["note"] - 0.5, "color": INK},
    )
    box.patch.set(
        facecolor=PAPER, edgecolor="none", alpha=0.85, boxstyle="round,pad=0,rounding_size=0.2"
    )
    box.set_zorder(7)
    ax.add_artist(box)
    return box


def _draw_labels(
    panel: Panel, levels: Levels, ax: Axes, artists: dict[str, Artist], notes: tuple[str, ...]
) -> None:
    """Label the doubling contour and a few others, where there is room."""
    pieces = _pieces(ax, artists)
    room = _room(panel, ax, notes)
    marks = room.marks
    placed: dict[str, list[tuple[float, float, float]]] = {"bold": [], "lines": []}
    for name, value in _by_importance(panel, pieces):
        text = _label(panel, levels, value)
        size = (text_width(text, SIZES["contour"]) + 5, SIZES["contour"])
        others = [piece for key, lines in pieces.items() if key[1] != value for piece in lines]
        here = Room(**{**vars(room), "marks": marks})
        spot = find_spot(pieces[name, value], others, size, here)
        if spot is not None:
            placed[name].append((value, *spot))
            marks = np.concatenate([marks, [spot]])
        if sum(map(len, placed.values())) == _MOST_LABELS:
            break
    for name, labels in placed.items():
        if labels:
            _write_labels(artists[name], labels, panel, levels, ax)


def _pieces(ax: Axes, artists: dict[str, Artist]) -> dict[tuple[str, float], list[Array]]:
    """Collect the contours by name and level, in points from the panel's lower left corner."""
    pieces = {}
    for name in ("bold", "lines"):
        contours = artists.get(name)
        if not isinstance(contours, ContourSet):
            continue
        for value, lines in zip(contours.levels, contours.allsegs, strict=True):
            pieces[name, float(value)] = [_to_points(ax, np.asarray(line)) for line in lines]
    return pieces


def _scale(ax: Axes) -> tuple[Array, Array]:
    """Return the lower left corner in data units and points per unit."""
    ax.apply_aspect()
    figure = ax.get_figure(root=True)
    assert figure is not None
    size = np.array(ax.get_window_extent().size) * 72 / figure.dpi
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    return np.array([x0, y0]), size / np.array([x1 - x0, y1 - y0])


def _to_points(ax: Axes, data: Array) -> Array:
    """Convert data coordinates to points."""
    corner, scale = _scale(ax)
    points: Array = (data - corner) * scale
    return points


def _room(panel: Panel, ax: Axes, notes: tuple[str, ...]) -> Room:
    """Describe the panel to the placement of labels."""
    corner, scale = _scale(ax)
    size = scale * [np.ptp(panel.alpha), np.ptp(panel.beta)]
    marks = [(0.0, 0.0)] if panel.center_inside else []
    marks += [panel.minimum] if panel.minimum is not None else []
    boxes = []
    if notes:
        wide = max(text_width(note, SIZES["note"] - 0.5) for note in notes)
        boxes.append((0.0, 0.0, wide + 8, 8.5 * len(notes) + 6))
    return Room(
        width=float(size[0]),
        height=float(size[1]),
        marks=(np.array(marks).reshape(-1, 2) - corner) * scale,
        mark_distance=12.0,
        boxes=boxes,
    )


def _by_importance(
    panel: Panel, pieces: dict[tuple[str, float], list[Array]]
) -> list[tuple[str, float]]:
    """Order contours for labelling: doubling, then outwards by threes, then the rest."""
    bold = [key for key in pieces if key[0] == "bold"]
    thin = sorted((key for key in pieces if key[0] == "lines"), key=lambda key: key[1])
    above = [key for key in thin if not key[1] < panel.doubling]
    below = [key for key in thin if key[1] < panel.doubling][::-1]
    ordered = above[1::3] + above[2::3] + above[::3] + below
    return bold + ordered


def _label(panel: Panel, levels: Levels, value: float) -> str:
    """Write the label of a contour."""
    if np.isclose(value, panel.doubling):
        return label_of(DOUBLE, "ratio")
    return label_of(value, levels.kind)


def _write_labels(
    contours: Artist,
    labels: list[tuple[float, float, float]],
    panel: Panel,
    levels: Levels,
    ax: Axes,
) -> None:
    """Write labels into gaps of the contours."""
    assert isinstance(contours, ContourSet)
    corner, scale = _scale(ax)
    labels = sorted(labels)
    values = [value for value, _, _ in labels]
    texts = ax.clabel(
        contours,
        values,
        manual=[tuple(np.array(spot) / scale + corner) for _, *spot in labels],
        inline=True,
        inline_spacing=2,
        fontsize=SIZES["contour"],
        colors=[line_color(levels, value) for value in values],
        fmt={value: _label(panel, levels, value) for value in values},
        zorder=4,
    )
    for text in texts:
        text.set_alpha(1.0)  # not that of the contour
