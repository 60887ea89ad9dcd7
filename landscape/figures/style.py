"""The house style of all static figures: sizes, fonts, colours, and the figure they go in."""

import functools
import io
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from PIL import Image

from landscape.figures.glyphs import families, make_drawable
from landscape.figures.larger import save_larger
from landscape.surface.data import Array

_COLORS = 256  # as many as there are shades: a quarter of the bytes, and nothing to be seen of it

COLUMN, PAGE = 3.5, 7.16
"""Widths in inches of one and two columns of an IEEE paper."""

INK, GREY, PAPER = "#10182b", "#5b6472", "#ffffff"

LINE_COLORS = ("#00204d", "#c4651a", "#5b8fb9", "#8a2f4f", "#7d7c78", "#b8a135")
"""For lines that are compared: apart in lightness too, so that grey print still tells."""


@dataclass(frozen=True)
class Inks:
    """What reads on a background: text, what is less important, the background, and lines."""

    ink: str
    grey: str
    paper: str
    lines: tuple[str, ...]


LIGHT = Inks(INK, GREY, PAPER, LINE_COLORS)
DARK = Inks(
    *("#e8ebf1", "#a5adb9", "#14171c"),
    ("#dce8f6", "#e58f50", "#6ca3d6", "#d2739a", "#9b9a95", "#d6c45c"),
)

SIZES = MappingProxyType({"title": 8.5, "label": 8.0, "tick": 7.0, "note": 6.5, "contour": 6.5})
"""Font sizes in points; nothing is smaller than 6 in a column of a paper."""

CENTER_MARK: Mapping[str, Any] = MappingProxyType(
    {"marker": "o", "ms": 5.6, "mfc": PAPER, "mec": INK, "mew": 0.8, "ls": ""}
)
BEST_MARK: Mapping[str, Any] = MappingProxyType(
    {
        "marker": "x",
        "ms": 3.4,
        "mec": PAPER,
        "mew": 1.0,
        "ls": "",
        # Dark around white is seen on every colour, and on the dot where both are near.
        "path_effects": (withStroke(linewidth=2.0, foreground=INK),),
    }
)

STYLE: Mapping[str, Any] = MappingProxyType(
    {
        "font.family": ["sans-serif"],
        "font.size": SIZES["label"],
        "axes.titlesize": SIZES["title"],
        "axes.titlelocation": "left",
        "axes.labelsize": SIZES["label"],
        "axes.edgecolor": INK,
        "axes.labelcolor": INK,
        "axes.linewidth": 0.6,
        "axes.unicode_minus": True,
        "text.color": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "xtick.labelsize": SIZES["tick"],
        "ytick.labelsize": SIZES["tick"],
        "xtick.major.size": 2.5,
        "ytick.major.size": 2.5,
        "xtick.major.width": 0.6,
        "ytick.major.width": 0.6,
        "legend.fontsize": SIZES["tick"],
        "legend.frameon": False,
        "lines.linewidth": 1.4,
        "figure.dpi": 150,
        "savefig.dpi": 300,
        # Text stays text: TrueType in PDF, characters in SVG.
        "pdf.fonttype": 42,
        "ps.fonttype": 42,
        "svg.fonttype": "none",
        "svg.hashsalt": "landscape",
    }
)


class HouseFigure(Figure):
    """A figure that is saved, and shows itself in a notebook, in the house style.

    Its file is `magnified` times as large as the figure, with all that is in it.
    """

    magnified = 1.0

    def __init__(self, *args: Any, **options: Any) -> None:
        """Keep the fonts with which texts are measured."""
        super().__init__(*args, **options)
        self.fonts = families()

    def savefig(self, *args: Any, **options: Any) -> None:
        """Save as matplotlib does, whatever the user's own settings are."""
        # Its 3-D projection pads polygons with memory as it comes, masks the result, and warns.
        fonts = mpl.rc_context({"font.family": [self.fonts[0]]})
        with fonts, house_style(dark=inks_of(self) is DARK), np.errstate(all="ignore"):
            make_drawable(self)
            if self.magnified == 1.0:
                super().savefig(*args, **options)
            else:
                save_larger(super().savefig, self, self.magnified, *args, **options)

    def _repr_png_(self) -> bytes:
        """Draw it for the screen, in as few bytes as do it: a notebook keeps them."""
        drawn, small = io.BytesIO(), io.BytesIO()
        self.savefig(drawn, format="png", dpi=self.dpi)
        shades = Image.open(drawn).convert("RGB").quantize(_COLORS)
        shades.save(small, "png", optimize=True)
        return small.getvalue()


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """What was drawn.

    Args:
        axes: Where; of several panels the first one.
        artists: The artists by name; of several panels each has its own.
        notes: What must be known of the picture, such as what is missing or clipped.
        panels: Several panels, row by row; empty where there is one.
        caption: What can stand below it in a paper.
        provenance: How what is drawn came to be, as names and values.
        owned: Whether the figure was made for this drawing; it shows itself in a notebook then.
    """

    axes: Axes
    artists: Mapping[str, Artist] = field(repr=False)  # whose own has addresses in memory
    notes: tuple[str, ...] = ()
    panels: tuple["Drawing", ...] = field(default=(), repr=False)
    caption: str = field(default="", repr=False)
    provenance: Mapping[str, Any] = field(default_factory=dict, repr=False)
    owned: bool = field(default=False, repr=False)

    @property
    def figure(self) -> Figure:
        """The figure, to save or to change."""
        return figure_of(self.axes)

    def _repr_png_(self) -> bytes | None:
        """Show the figure in a notebook."""
        figure = self.figure
        return figure._repr_png_() if self.owned and isinstance(figure, HouseFigure) else None


def together(panels: Sequence[Drawing], notes: Sequence[str] = ()) -> Drawing:
    """Make one drawing of the panels of a figure.

    Args:
        panels: At least one, row by row.
        notes: What must be known of all.

    Returns:
        The drawing, which has the figure.
    """
    return Drawing(
        axes=panels[0].axes, artists={}, notes=tuple(notes), panels=tuple(panels), owned=True
    )


def figure_of(ax: Axes) -> Figure:
    """Return the whole figure that axes are in."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure


def size_in_points(ax: Axes) -> Array:
    """Return width and height of axes, as they are drawn, in points."""
    size: Array = np.array(ax.get_window_extent().size) * 72 / figure_of(ax).dpi
    return size


def house_style(*, dark: bool = False) -> AbstractContextManager[None]:
    """Set the house style for a block of code.

    Figures that landscape makes have it already; use it for axes of your own. It starts from
    matplotlib's defaults: of what stands in a matplotlibrc only a font is kept that is installed.

    Args:
        dark: Light text on a dark background.

    Returns:
        A context manager; matplotlib's settings are as before after it.

    Example:
        >>> with house_style():
        ...     mpl.rcParams["pdf.fonttype"]
        42
    """
    settings: Any = {**_defaults(), **STYLE, "font.sans-serif": list(families())}
    if mpl.rcParams["mathtext.fontset"] != "custom":  # of which other settings are a part
        settings["mathtext.fontset"] = mpl.rcParams["mathtext.fontset"]
    if dark:
        text = ("axes.edgecolor", "axes.labelcolor", "text.color", "xtick.color", "ytick.color")
        settings |= dict.fromkeys(text, DARK.ink)
        settings |= dict.fromkeys(("axes.facecolor", "figure.facecolor"), DARK.paper)
    return mpl.rc_context(settings)


def inks_of(where: Figure | Axes) -> Inks:
    """Choose what reads on a figure, or inside axes.

    Args:
        where: Also of a user's own, such as in a dark style.

    Returns:
        `LIGHT` on a light background, `DARK` on a dark one.
    """
    if isinstance(where, Axes):
        seen = where.patch.get_visible() and to_rgba(where.get_facecolor())[3] > 0
        where = where if seen else figure_of(where)
    return DARK if luminance(where.get_facecolor()) < 0.18 else LIGHT


@functools.cache
def _defaults() -> dict[str, Any]:
    """Return matplotlib's own settings of how figures look; not those of windows and backends."""
    looks = (
        *("axes", "contour", "errorbar", "figure.dpi", "figure.facecolor", "figure.edgecolor"),
        *("figure.subplot", "figure.constrained_layout", "font", "grid", "hatch", "image"),
        *("legend", "lines", "mathtext", "patch", "path", "pdf", "ps", "savefig", "scatter", "svg"),
        *("text", "xaxis", "xtick", "yaxis", "ytick"),
    )
    return {
        name: value
        for name, value in mpl.rcParamsDefault.items()
        if name.startswith(looks) and name != "savefig.directory"
    }


def ink_on(*backgrounds: Any) -> str:
    """Choose the ink, light or dark, that reads best on all of some backgrounds.

    By the contrast ratio of WCAG 2.2, section 1.4.3.

    Args:
        *backgrounds: Colours, as matplotlib takes them.

    Returns:
        `PAPER` or `INK`.

    Example:
        >>> ink_on("navy") == PAPER, ink_on("gold") == INK
        (True, True)
    """
    return max((PAPER, INK), key=lambda ink: min(contrast(ink, other) for other in backgrounds))


def contrast(one: Any, other: Any) -> float:
    """Compute the contrast ratio of two colours, from 1 to 21, as WCAG 2.2 defines it."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(color: Any) -> float:
    """Compute the relative luminance of a colour, as WCAG 2.2 defines it.

    Args:
        color: As matplotlib takes it.

    Returns:
        From 0, black, to 1, white.

    Example:
        >>> luminance("black"), luminance("white")
        (0.0, 1.0)
    """
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
