"""What is inside one panel: bands, contours with their labels, marks, and what must be said."""

from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.offsetbox import AnchoredText
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import ScaledTranslation, Transform

from landscape.figures.labels import draw_labels
from landscape.figures.levels import Levels, line_color
from landscape.figures.panel import Panel
from landscape.figures.style import (
    CENTER_MARK,
    GREY,
    INK,
    MINIMUM_MARK,
    PAPER,
    SIZES,
    Drawing,
    axis_label,
)
from landscape.surface.data import Surface


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
        draw_labels(panel, levels, ax, artists, inside)
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
