"""Contours of a plane, filled, with the contour where the loss doubles in bold."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.offsetbox import AnchoredText
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.transforms import ScaledTranslation, Transform

from landscape.arguments import checked
from landscape.figures.captions import captioned
from landscape.figures.coordinates import set_axes, widest_tick
from landscape.figures.glyphs import make_drawable
from landscape.figures.key import key_of
from landscape.figures.labels import draw_labels
from landscape.figures.layout import Captions, draw_colorbar, make_frame
from landscape.figures.levels import Levels, chosen_levels, line_color
from landscape.figures.notes import merged
from landscape.figures.panel import Panel, make_panel
from landscape.figures.paths import draw_paths
from landscape.figures.places import draw_places
from landscape.figures.presets import PresetName, preset_for
from landscape.figures.style import (
    BEST_MARK,
    CENTER_MARK,
    COLUMN,
    DARK,
    INK,
    PAPER,
    SIZES,
    Drawing,
    figure_of,
    inks_of,
)
from landscape.figures.text import AS_WRITTEN, MATH
from landscape.surface.data import Surface

_HATCHED = (("#f4f4f2", "#b4b8bf"), ("#20242b", "#4d5561"))  # on light and on dark


@checked
def draw_contour(
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
    """Draw the contours of one plane.

    Bands between the levels are filled; the contour where the loss is twice that at the center is
    bold and its mean radius is printed at the upper right, with > where it leaves the grid. A dot
    marks the center, a cross the grid minimum, diamonds what has a name, a line with dots the path
    of an optimizer. What is missing or not finite is hatched and said, and so are levels above the
    value up to which a tolerance holds.

    Args:
        surface: Two-dimensional.
        ax: Where; it keeps your settings and gets no colorbar. None makes a figure with one.
        plane: Which replicate plane.
        metric: What to draw.
        levels: Of `levels_for`; pass one object to all panels of a comparison. Numbers are
            absolute levels. None fits them to this surface, with all its planes.
        log: Absolute levels with equal ratios, such as 1, 2, 5, 10, 20.
        title: Above the panel.
        preset: Of a figure made here: `column` or `page` of a paper, `slide`, 16:9 with larger
            text, or `dark` for a dark notebook.
        width: In inches; None takes that of the preset, or else a column of a paper.

    Returns:
        The drawing, with artists `filled`, `lines`, `bold`, `center`, `best`, `radius`,
        `hatching` as far as they exist.

    Raises:
        LandscapeError: If the surface is a line, has no such plane or no finite value.
    """
    levels = chosen_levels(levels, surface, metric=metric, log=log)
    panel = make_panel(surface, levels, plane=plane)
    notes = merged([panel.notes])
    if ax is not None:
        inside = notes if levels.kind == "ratio" else (levels.remark or levels.title, *notes)
        drawing = draw_panel(panel, levels, ax, title=title, notes=inside)
        make_drawable(ax)
        return captioned(drawing, [surface], metric=metric, plane=plane, levels=levels)
    size = preset_for(preset, width, COLUMN)
    captions = Captions(
        rows=[""],
        columns=[title],
        ticks=levels.labels,
        corner=corner_text(panel),
        key=key_of(levels, notes, panels=[panel], width=size.wide),
        side=widest_tick(*panel.beta[[0, -1]]),
    )
    with size.style():
        frame = make_frame(captions, size, aspect=panel.aspect)
        ((axes,),) = frame.axes
        drawing = draw_panel(
            panel, levels, axes, title=frame.titles[0], stacked=frame.stacked, notes=()
        )
        draw_colorbar(levels, frame.bar)
    said = (levels.remark, *notes) if levels.remark else notes
    drawing = replace(drawing, notes=said, owned=True)
    return captioned(drawing, [surface], metric=metric, plane=plane, levels=levels)


def draw_panel(
    panel: Panel,
    levels: Levels,
    ax: Axes,
    *,
    title: str,
    notes: tuple[str, ...],
    stacked: bool = False,
) -> Drawing:
    """Draw everything inside and around one panel.

    Args:
        panel: What to draw.
        levels: Of all panels.
        ax: Where.
        title: At the upper left.
        notes: What to say inside, where nothing below the panel says it.
        stacked: Put the title above the radius instead of beside it.

    Returns:
        The drawing.
    """
    set_axes(ax, panel.alpha, panel.beta, panel.axes)
    artists: dict[str, Artist] = {}
    cut = panel.limit < levels.values[-1] and bool((panel.shown > panel.limit).any())
    if panel.hidden.any() or cut:
        artists["hatching"] = _hatch(ax, panel)
    visible = np.ma.masked_invalid(panel.shown)
    if visible.count() >= 3:
        artists |= _draw_contours(panel, visible, levels, ax)
    artists |= _draw_marks(panel, ax)
    if notes:
        artists["notes"] = _draw_notes(notes, ax)
    artists |= write_above(ax, title=title, corner=corner_text(panel), stacked=stacked)
    if "lines" in artists or "bold" in artists:
        draw_labels(panel, levels, ax, artists, notes)
    return Drawing(axes=ax, artists=artists, notes=notes)


def corner_text(panel: Panel) -> str:
    """Write what stands at the upper right of a panel.

    Args:
        panel: With a radius or without.

    Returns:
        A text with mathematics; the value at the center where more is better, which one cannot
        read off the colours; empty where there is neither.
    """
    if panel.peak:
        return f"center {panel.peak}"
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
    grey = inks_of(ax).grey
    ax.text(0.5, 0.5, "no surface", ha="center", va="center", color=grey, fontsize=SIZES["note"])
    write_above(ax, title=title)


def write_above(
    ax: Axes, *, title: str, corner: str = "", stacked: bool = False
) -> dict[str, Artist]:
    """Write what stands above a panel.

    Args:
        ax: Where.
        title: At the left.
        corner: At the right, with mathematics.
        stacked: Put the title above the other instead of beside it.

    Returns:
        The artists `radius` and `title`, as far as they have a text.
    """
    artists: dict[str, Artist] = {}
    if corner:
        grey = inks_of(figure_of(ax)).grey
        style = {"ha": "right", "color": grey, "fontsize": SIZES["tick"], **_above(ax, 3.0), **MATH}
        artists["radius"] = ax.text(1.0, 1.0, corner, **style)
    if title:
        style = {**_above(ax, 14.0 if stacked else 3.0), **AS_WRITTEN}
        artists["title"] = ax.text(0.0, 1.0, title, **style, fontsize=SIZES["title"])
    return artists


def _above(ax: Axes, points: float) -> dict[str, Any]:
    """Place a text above the upper edge of a panel, by so many points."""
    lift: Transform = ScaledTranslation(0, points / 72, figure_of(ax).dpi_scale_trans)
    return {"transform": ax.transAxes + lift, "va": "baseline"}


def _hatch(ax: Axes, panel: Panel) -> Rectangle:
    """Hatch the whole panel, to show wherever nothing is drawn on top."""
    face, edge = _HATCHED[inks_of(ax) is DARK]
    patch = Rectangle(
        (float(panel.alpha[0]), float(panel.beta[0])),
        float(np.ptp(panel.alpha)),
        float(np.ptp(panel.beta)),
        facecolor=face,
        edgecolor=edge,
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
    values, extend = panel.bands(levels)
    high = min(high, panel.limit)
    artists: dict[str, Artist] = {
        "filled": ax.contourf(
            *grid,
            levels=values,
            norm=levels.norm,
            cmap=levels.colormap,
            extend=extend,
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
        # At levels that are no multiples of the center it lies on dark bands in one panel and on
        # light ones in another: light in a dark casing it reads, and looks alike, on both.
        cased = levels.kind != "ratio"
        bold = ax.contour(
            *grid,
            levels=[panel.doubling],
            colors=[PAPER if cased else line_color(levels, panel.doubling)],
            linewidths=1.7,
            zorder=2,
        )
        bold.set_path_effects([withStroke(linewidth=2.9, foreground=INK)] if cased else [])
        artists["bold"] = bold
    return artists


def _draw_marks(panel: Panel, ax: Axes) -> dict[str, Artist]:
    """Mark the center with a dot and the best point with a cross, which lies on top."""
    marks: dict[str, Artist] = {}
    if panel.center_inside:
        (marks["center"],) = ax.plot(0, 0, zorder=5, clip_on=False, **CENTER_MARK)
    if panel.best is not None:
        (marks["best"],) = ax.plot(*panel.best, zorder=6, clip_on=False, **BEST_MARK)
    return {**draw_paths(panel, ax), **marks, **draw_places(panel, ax)}


def _draw_notes(notes: tuple[str, ...], ax: Axes) -> AnchoredText:
    """Say in the lower left corner what is missing or clipped."""
    box = AnchoredText(
        "\n".join(notes),
        loc="lower left",
        pad=0.25,
        borderpad=0.35,
        prop={"size": SIZES["note"] - 0.5, "color": INK, **AS_WRITTEN},
    )
    box.patch.set(
        facecolor=PAPER, edgecolor="none", alpha=0.85, boxstyle="round,pad=0,rounding_size=0.2"
    )
    box.set_zorder(7)
    ax.add_artist(box)
    return box
