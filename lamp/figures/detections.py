"""Image, reconstruction, residual, heat-map and ground truth, side by side in one colour range."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, Normalize, PowerNorm
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from landscape.errors import shown
from landscape.figures import HouseFigure, house_style
from landscape.figures.colormap import house_map
from landscape.figures.style import GREY, INK, PAGE, PAPER, SIZES
from landscape.figures.text import AS_WRITTEN, shortened, text_width

Array = NDArray[np.floating]

SHOWN_SHARE = 0.999
"""Of all pixels of a run that the colours tell apart; what is beyond has the last colour."""

COLUMNS = ("image", "reconstruction", "residual", "heat-map", "ground truth")

RESIDUAL_MAP = "RdBu_r"
_DEFECT = "#d1495b"
# In points: margins, gap between panels, room for column titles, for a row's text, for the bars.
_SIDE, _GAP, _HEADER, _TEXT, _FOOT, _BAR = 8.0, 5.0, 15.0, 13.0, 47.0, 6.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Detection:
    """What there is to show of one image.

    Args:
        title: Its name and kind.
        verdict: Its score and what follows from it.
        anomalous: Whether that is the verdict, which is then in colour.
        image: Shape (C, H, W), in [0, 1].
        reconstruction: Same shape.
        heat_map: Shape (H, W).
        mask: Defective pixels, shape (H, W), bool; None where they are unknown.
    """

    title: str
    verdict: str
    anomalous: bool
    image: Array
    reconstruction: Array
    heat_map: Array
    mask: NDArray[np.bool_] | None = None

    @property
    def residual(self) -> Array:
        """Image less reconstruction, mean over channels, shape (H, W)."""
        difference: Array = (self.image - self.reconstruction).mean(0)
        return difference


@dataclass(frozen=True)
class Ranges:
    """The colour ranges that all pictures of a run share.

    Args:
        residual: Residuals are coloured from -residual to residual.
        heat_map: Heat-maps are coloured from 0 to heat_map.
    """

    residual: float
    heat_map: float


def ranges_of(residuals: Array, heat_maps: Array) -> Ranges:
    """Choose colour ranges for all images of a run.

    Args:
        residuals: Of all images.
        heat_maps: Of all images.

    Returns:
        Ranges that hold 99.9 % of the pixels: a single bright one does not darken the rest.

    Example:
        >>> ranges_of(np.zeros((1, 2, 2)), np.full((1, 2, 2), 0.5))
        Ranges(residual=1e-06, heat_map=0.5)
    """
    residual, heat_map = (
        max(
            float(np.quantile(np.abs(np.where(np.isfinite(values), values, 0.0)), SHOWN_SHARE)),
            1e-6,
        )
        for values in (residuals, heat_maps)
    )
    return Ranges(residual, heat_map)


def draw_detections(rows: Sequence[Detection], ranges: Ranges) -> Figure:
    """Draw one row for each image, all in the same colours.

    The ground truth is outlined in the heat-map, too. Its column is left out where no row has one.

    Args:
        rows: At least one.
        ranges: Colour ranges, of the whole run: pictures are then comparable.

    Returns:
        The figure.

    Raises:
        ValueError: If there is no row.
    """
    if not rows:
        raise ValueError("expected at least one image to draw, got none")
    columns = COLUMNS if any(row.mask is not None for row in rows) else COLUMNS[:-1]
    # Without ground truth the panels stay as large as with it.
    panel = (PAGE * 72 - 2 * _SIDE - _GAP * (len(COLUMNS) - 1)) / len(COLUMNS)
    page = 2 * _SIDE + len(columns) * panel + _GAP * (len(columns) - 1)
    height = _HEADER + len(rows) * (panel + _TEXT) + _FOOT
    with house_style():
        figure = HouseFigure(figsize=(page / 72, height / 72))
        for index, row in enumerate(rows):
            top = height - _HEADER - index * (panel + _TEXT)
            _write_row(figure, row, y=(top - 9) / height, margin=_SIDE / page)
            bottom, wide, high = (top - _TEXT - panel) / height, panel / page, panel / height
            axes = [
                figure.add_axes(
                    ((_SIDE + column * (panel + _GAP)) / page, bottom, wide, high),
                    label=f"{name} {index}",
                )
                for column, name in enumerate(columns)
            ]
            _draw_row(axes, row, ranges)
        for column, name in enumerate(columns):
            x = (_SIDE + column * (panel + _GAP) + panel / 2) / page
            figure.text(x, (height - 11) / height, name, ha="center", fontsize=SIZES["title"])
        _draw_bars(figure, ranges, page=page, height=height, panel=panel)
    return figure


def _write_row(figure: Figure, row: Detection, *, y: float, margin: float) -> None:
    """Write what a row shows, and what is said of it, above its panels."""
    wide = 72 * figure.get_size_inches()[0] * (1 - 2 * margin)
    room = wide - text_width(row.verdict, SIZES["tick"]) - 8
    title = shortened(shown(row.title), SIZES["tick"], room)
    figure.text(margin, y, title, fontsize=SIZES["tick"], **AS_WRITTEN)
    color = _DEFECT if row.anomalous else GREY
    style = {"ha": "right", "color": color, "fontsize": SIZES["tick"], **AS_WRITTEN}
    figure.text(1 - margin, y, row.verdict, **style)


def _draw_row(axes: Sequence[Axes], row: Detection, ranges: Ranges) -> None:
    """Draw the panels of one image."""
    for ax in axes:
        ax.set_xticks([])
        ax.set_yticks([])
    norms = _norms(ranges)
    show_image(axes[0], row.image)
    show_image(axes[1], row.reconstruction)
    for ax, values, (norm, cmap) in zip(
        axes[2:4], (row.residual, row.heat_map), norms, strict=True
    ):
        ax.imshow(values, norm=norm, cmap=cmap)
    if row.mask is not None and row.mask.any():
        outline_mask(axes[3], row.mask)
    if len(axes) == len(COLUMNS):
        _draw_truth(axes[4], row)


def show_image(ax: Axes, image: Array, *, alpha: float = 1.0) -> None:
    """Draw a grey or colour image.

    Args:
        ax: Where.
        image: Shape (1 or 3, H, W), in [0, 1].
        alpha: Opacity.
    """
    if len(image) == 1:
        ax.imshow(image[0], cmap="gray", vmin=0, vmax=1, alpha=alpha)
    else:
        ax.imshow(np.clip(image.transpose(1, 2, 0), 0, 1), alpha=alpha)


def _draw_truth(ax: Axes, row: Detection) -> None:
    """Draw the defect over the faded image, or say that there is none or none known."""
    show_image(ax, row.image, alpha=0.45)
    if row.mask is not None and row.mask.any():
        veil = np.zeros((*row.mask.shape, 4))
        veil[row.mask] = (*(int(_DEFECT[i : i + 2], 16) / 255 for i in (1, 3, 5)), 0.35)
        ax.imshow(veil)
        outline_mask(ax, row.mask, _DEFECT)
        return
    text = "no mask" if row.mask is None else "no defect"
    effects = [withStroke(linewidth=2.0, foreground=PAPER)]
    ax.text(0.5, 0.5, text, ha="center", va="center", transform=ax.transAxes, path_effects=effects)


def outline_mask(ax: Axes, mask: NDArray[np.bool_], color: str = PAPER) -> None:
    """Draw a line around a mask, also where it touches the border.

    Args:
        ax: Where an image is drawn already.
        mask: Shape (H, W).
        color: Of the line; white is edged with ink, to be seen everywhere.
    """
    around = np.pad(mask, 1).astype(float)
    place = np.arange(-1, len(mask) + 1)
    across = np.arange(-1, mask.shape[1] + 1)
    lines = ax.contour(across, place, around, levels=[0.5], colors=color, linewidths=0.9)
    if color == PAPER:
        lines.set_path_effects([withStroke(linewidth=1.8, foreground=INK)])
    ax.set_xlim(-0.5, mask.shape[1] - 0.5)
    ax.set_ylim(len(mask) - 0.5, -0.5)


def draw_bar(ax: Axes, mappable: ScalarMappable, ticks: Sequence[float]) -> None:
    """Draw a horizontal colorbar.

    Args:
        ax: What it fills.
        mappable: Scale and map.
        ticks: Where to write numbers.
    """
    figure = cast("Figure", ax.figure)
    bar = figure.colorbar(mappable, cax=ax, orientation="horizontal", ticks=ticks)
    ax.set_xticklabels([f"{tick:.2g}".replace("-", "−") for tick in ticks])
    bar.outline.set_linewidth(0.6)


def _norms(ranges: Ranges) -> tuple[tuple[Normalize, Colormap | str], ...]:
    """Return scale and map of residuals and heat-maps.

    A heat-map is a squared error: the root brings it back to the scale on which errors are seen.
    """
    return (
        (Normalize(-ranges.residual, ranges.residual), RESIDUAL_MAP),
        (PowerNorm(0.5, 0.0, ranges.heat_map), house_map()),
    )


def _draw_bars(figure: Figure, ranges: Ranges, *, page: float, height: float, panel: float) -> None:
    """Draw the two colorbars below their columns, and say whose range they show."""
    ends = ((-ranges.residual, 0.0, ranges.residual), (0.0, ranges.heat_map / 4, ranges.heat_map))
    for column, (norm, cmap), ticks in zip((2, 3), _norms(ranges), ends, strict=True):
        left = _SIDE + column * (panel + _GAP)
        place = (left / page, (_FOOT - 5 - _BAR) / height, panel / page, _BAR / height)
        ax = figure.add_axes(place, label=f"{COLUMNS[column]} bar")
        draw_bar(ax, ScalarMappable(norm, cmap), ticks)
        labels = ax.get_xticklabels()
        labels[0].set_horizontalalignment("left")
        labels[-1].set_horizontalalignment("right")
    said = (
        f"One colour range for all images of the run: it holds {SHOWN_SHARE:.1%} of their pixels, "
        "the rest has the last colour. Heat-map on a square-root scale."
    )
    lines = [said]
    if text_width(said, SIZES["note"]) > page - 2 * _SIDE:
        half = said.index(",") + 1
        lines = [said[:half], said[half + 1 :]]
    for number, line in enumerate(reversed(lines)):
        y = (3 + 8.5 * number) / height
        figure.text(_SIDE / page, y, line, fontsize=SIZES["note"], color=GREY)
