"""Images and what several models make of them: a column an image, a row a model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lamp.figures.detections import RESIDUAL_MAP, draw_bar, outline_mask, show_image
from landscape.errors import shown
from landscape.figures import HouseFigure, house_style
from landscape.figures.style import GREY, PAGE, SIZES
from landscape.figures.text import AS_WRITTEN

Array = NDArray[np.floating]

# In points: margins, gap between panels, room for names of columns and of rows, for the bar.
_SIDE, _GAP, _HEADER, _ROW, _FOOT, _BAR = 4.0, 4.0, 15.0, 52.0, 30.0, 6.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Examples:
    """Images and their reconstructions.

    Args:
        titles: What each image is.
        images: Shape (N, C, H, W), in [0, 1].
        reconstructions: Of each model by its title, same shape.
        masks: Defective pixels of each image, shape (H, W), bool; None where unknown.
    """

    titles: Sequence[str]
    images: Array
    reconstructions: Mapping[str, Array]
    masks: Sequence[NDArray[np.bool_] | None]


def draw_reconstructions(examples: Examples, *, residual: float) -> Figure:
    """Draw images, every model's reconstruction, and image less reconstruction in one colour range.

    Defects, as far as they are known, are outlined in the residuals.

    Args:
        examples: At least one image.
        residual: Residuals are coloured from -residual to residual.

    Returns:
        The figure.

    Raises:
        ValueError: If there is no image.
    """
    count = len(examples.titles)
    if not count:
        raise ValueError("expected at least one image to draw, got none")
    rows = _rows(examples)
    page = PAGE * 72
    panel = (page - 2 * _SIDE - _ROW - _GAP * (count - 1)) / count
    high = panel * examples.images.shape[2] / examples.images.shape[3]
    height = _HEADER + len(rows) * (high + _GAP) + _FOOT
    norm = Normalize(-residual, residual)
    with house_style():
        figure = HouseFigure(figsize=(PAGE, height / 72))
        for row, (name, pictures) in enumerate(rows.items()):
            bottom = height - _HEADER - (row + 1) * high - row * _GAP
            middle = (bottom + high / 2) / height
            figure.text(
                _SIDE / page, middle, name, va="center", fontsize=SIZES["label"], **AS_WRITTEN
            )
            for column, picture in enumerate(pictures):
                left = _SIDE + _ROW + column * (panel + _GAP)
                place = (left / page, bottom / height, panel / page, high / height)
                ax = figure.add_axes(place, label=f"{name} {column}")
                ax.set(xticks=[], yticks=[])
                if picture.ndim == 3:
                    show_image(ax, picture)
                else:
                    ax.imshow(picture, norm=norm, cmap=RESIDUAL_MAP)
                    mask = examples.masks[column]
                    if mask is not None and mask.any():
                        outline_mask(ax, mask)
                if row == 0:
                    title = shown(examples.titles[column])
                    ax.set_title(title, fontsize=SIZES["tick"], loc="center", **AS_WRITTEN)
        _draw_bar(figure, norm, left=(_SIDE + _ROW) / page, height=height)
    return figure


def _rows(examples: Examples) -> dict[str, Array]:
    """Name the rows: pictures of shape (C, H, W), residuals of shape (H, W)."""
    rows: dict[str, Array] = {"input": examples.images}
    rows |= examples.reconstructions
    for name, found in examples.reconstructions.items():
        rows[f"input −\n{name}"] = (examples.images - found).mean(1)
    return rows


def _draw_bar(figure: Figure, norm: Normalize, *, left: float, height: float) -> None:
    """Draw the colorbar of residuals at the lower edge."""
    ax = figure.add_axes((left, (_FOOT - 5 - _BAR) / height, 0.3, _BAR / height), label="bar")
    limit = float(norm.vmax or 0.0)
    draw_bar(ax, ScalarMappable(norm, RESIDUAL_MAP), (-limit, 0.0, limit))
    figure.text(
        left + 0.33,
        (_FOOT - 5 - _BAR) / height,
        "residual: input less reconstruction; defects outlined",
        fontsize=SIZES["note"],
        color=GREY,
    )
