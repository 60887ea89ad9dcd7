"""The house style of all static figures: sizes, fonts, colours, and the figure they go in."""

import io
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.textpath import TextPath

COLUMN, PAGE = 3.5, 7.16
"""Widths in inches of one and two columns of an IEEE paper."""

INK, GREY, PAPER = "#10182b", "#5b6472", "#ffffff"

LINE_COLORS = ("#00204d", "#c4651a", "#5b8fb9", "#8a2f4f", "#7d7c78", "#b8a135")
"""For lines that are compared: apart in lightness too, so that grey print still tells."""

SIZES = MappingProxyType({"title": 8.5, "label": 8.0, "tick": 7.0, "note": 6.5, "contour": 6.5})
"""Font sizes in points; nothing is smaller than 6 in a column of a paper."""

CENTER_MARK: Mapping[str, Any] = MappingProxyType(
    {"marker": "o", "ms": 5.6, "mfc": PAPER, "mec": INK, "mew": 0.8, "ls": "", "label": "center"}
)
MINIMUM_MARK: Mapping[str, Any] = MappingProxyType(
    {
        "marker": "x",
        "ms": 3.4,
        "mec": PAPER,
        "mew": 1.0,
        "ls": "",
        "label": "grid minimum",
        # Dark around white is seen on every colour, and on the dot where both are near.
        "path_effects": (withStroke(linewidth=2.0, foreground=INK),),
    }
)

STYLE: Mapping[str, Any] = MappingProxyType(
    {
        # DejaVu comes with matplotlib, so that figures are the same everywhere; the other names
        # are for readers of SVG files, and Verdana has the same widths.
        "font.family": ["sans-serif"],
        "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial", "Helvetica"],
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
    """A figure that shows itself in a notebook, in the house style."""

    def _repr_png_(self) -> bytes:
        """Draw it for the screen."""
        buffer = io.BytesIO()
        with house_style():
            self.savefig(buffer, format="png", dpi=self.dpi)
        return buffer.getvalue()


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """What was drawn.

    Args:
        axes: Where.
        artists: The artists by name.
        notes: What must be known of the picture, such as what is missing or clipped.
        owned: Whether the figure was made for this drawing; it shows itself in a notebook then.
    """

    axes: Axes
    artists: Mapping[str, Artist]
    notes: tuple[str, ...] = ()
    owned: bool = field(default=False, repr=False)

    @property
    def figure(self) -> Figure:
        """The figure, to save or to change."""
        figure = self.axes.get_figure(root=True)
        assert figure is not None
        return figure

    def _repr_png_(self) -> bytes | None:
        """Show the figure in a notebook."""
        figure = self.figure
        return figure._repr_png_() if self.owned and isinstance(figure, HouseFigure) else None


def house_style() -> AbstractContextManager[None]:
    """Set the house style for a block of code.

    Figures that landscape makes have it already; use it for axes of your own.

    Returns:
        A context manager; matplotlib's settings are as before after it.

    Example:
        >>> with house_style():
        ...     mpl.rcParams["pdf.fonttype"]
        42
    """
    settings: Any = dict(STYLE)  # the names are literals or strings, as matplotlib's version has it
    return mpl.rc_context(settings)


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


def text_width(text: str, size: float) -> float:
    """Measure a text without drawing it.

    Args:
        text: One line.
        size: In points.

    Returns:
        Its width in points.
    """
    if not text.strip():
        return 0.0
    with house_style():
        return float(TextPath((0, 0), text, size=size).get_extents().width)


def axis_label(name: str, metadata: Mapping[str, Any]) -> str:
    """Name a coordinate and its unit.

    Args:
        name: `α` or `β`.
        metadata: Of the surface; `normalize` says how the directions were scaled.

    Returns:
        A label; without a unit where the normalization is unknown.

    Example:
        >>> axis_label("α", {"normalize": "filter"})
        'α (filter norms)'
    """
    how = str(metadata.get("normalize", ""))
    unit = {
        "filter": "filter norms",
        "layer": "layer norms",
        "weight": "weight norms",
        "unit": "parameter distance",
    }.get(how)
    return f"{name} ({unit})" if unit else name
