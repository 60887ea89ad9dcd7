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
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from PIL import Image

from landscape.figures.glyphs import FONTS, make_drawable
from landscape.surface.data import Array

_COLORS = 256  # as many as there are shades: a quarter of the bytes, and nothing to be seen of it

COLUMN, PAGE = 3.5, 7.16
"""Widths in inches of one and two columns of an IEEE paper."""

INK, GREY, PAPER = "#10182b", "#5b6472", "#ffffff"

LINE_COLORS = ("#00204d", "#c4651a", "#5b8fb9", "#8a2f4f", "#7d7c78", "#b8a135")
"""For lines that are compared: apart in lightness too, so that grey print still tells."""

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
        "font.sans-serif": list(FONTS),
        "mathtext.fontset": "dejavusans",
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
    """A figure that is saved, and shows itself in a notebook, in the house style."""

    def savefig(self, *args: Any, **options: Any) -> None:
        """Save as matplotlib does, whatever the user's own settings are."""
        # Its 3-D projection pads polygons with memory as it comes, masks the result, and warns.
        with house_style(), np.errstate(all="ignore"):
            make_drawable(self)
            super().savefig(*args, **options)

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
        owned: Whether the figure was made for this drawing; it shows itself in a notebook then.
    """

    axes: Axes
    artists: Mapping[str, Artist] = field(repr=False)  # whose own has addresses in memory
    notes: tuple[str, ...] = ()
    panels: tuple["Drawing", ...] = field(default=(), repr=False)
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


def house_style() -> AbstractContextManager[None]:
    """Set the house style for a block of code.

    Figures that landscape makes have it already; use it for axes of your own. It starts from
    matplotlib's defaults: a figure is the same whatever stands in a matplotlibrc.

    Returns:
        A context manager; matplotlib's settings are as before after it.

    Example:
        >>> with house_style():
        ...     mpl.rcParams["pdf.fonttype"]
        42
    """
    settings: Any = {**_defaults(), **STYLE}
    return mpl.rc_context(settings)


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

    def contrast(ink: str) -> float:
        light = luminance(ink)
        return min(
            (max(light, other) + 0.05) / (min(light, other) + 0.05)
            for other in map(luminance, backgrounds)
        )

    return max((PAPER, INK), key=contrast)


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


# The house map runs from navy over teal to cream.
_LIGHTNESS = (0.24, 0.95)
_HUE = (262.0, 255.0, 235.0, 200.0, 150.0, 110.0, 98.0)  # degrees, equally spaced along the map
_CHROMA = (0.08, 0.105, 0.09, 0.075, 0.06, 0.085, 0.11)


def house_map() -> LinearSegmentedColormap:
    """Make the map of all figures.

    Lightness rises linearly in Oklab (Ottosson 2020), so that equal steps look equal, grey print
    keeps the order, and so do eyes that do not tell red from green; hue only helps to tell bands
    apart. Less glaring at the upper end than cividis, where most of a steep surface lies.

    Returns:
        The map of 256 colours; it is not registered under a name.

    Example:
        >>> house_map()(0.0) == house_map()(0)
        True
    """
    place = np.linspace(0.0, 1.0, 256)
    knots = np.linspace(0.0, 1.0, len(_HUE))
    lightness = np.interp(place, [0.0, 1.0], _LIGHTNESS)
    hue = np.radians(np.interp(place, knots, _HUE))
    chroma = np.interp(place, knots, _CHROMA)
    colors = _srgb(lightness, chroma * np.cos(hue), chroma * np.sin(hue))
    return LinearSegmentedColormap.from_list("landscape", list(map(tuple, colors)))


def _srgb(lightness: Array, a: Array, b: Array) -> Array:
    """Convert Oklab to sRGB (Ottosson 2020, https://bottosson.github.io/posts/oklab)."""
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    matrix = np.array(
        [
            [4.0767416621, -3.3077115913, 0.2309699292],
            [-1.2684380046, 2.6097574011, -0.3413193965],
            [-0.0041960863, -0.7034186147, 1.7076147010],
        ]
    )
    linear = np.clip(np.stack([long, middle, short], axis=1) @ matrix.T, 0.0, 1.0)
    encoded: Array = np.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055
    )
    return encoded
