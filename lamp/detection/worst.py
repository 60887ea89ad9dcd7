"""Whether one pixel is the worst of most images, as an amplified loss can leave it."""

from dataclasses import dataclass

import numpy as np

from lamp.detection.scores import Maps

_FEWEST = 2  # images: of one, some pixel is always the worst
_LEAST = 0.01  # share of the error below which a heat-map does not tell of that pixel alone


@dataclass(frozen=True)
class WorstPixel:
    """A pixel with the largest error in more than half of the images.

    Args:
        row: From the top, counted from 0.
        column: From the left, counted from 0.
        images: In how many images it is the worst.
        of: How many images there are.
        share: Of the whole error of those images.
    """

    row: int
    column: int
    images: int
    of: int
    share: float


def worst_pixel(maps: Maps) -> WorstPixel | None:
    """Look for one pixel that is the worst of most images.

    Args:
        maps: Squared errors, shape (N, H, W).

    Returns:
        The pixel, or None if there is no such one, if it has less than 1 % of the error, or if
        there is but one image.

    Example:
        >>> maps = np.zeros((3, 2, 2), np.float32)
        >>> maps[:, 1, 0], maps[:, 0, 0] = 3.0, 1.0
        >>> worst_pixel(maps)
        WorstPixel(row=1, column=0, images=3, of=3, share=0.75)
    """
    flat = maps.reshape(len(maps), -1).astype(np.float64)
    wrong = flat[flat.max(1, initial=0) > 0]  # a perfect reconstruction has no worst pixel
    if len(flat) < _FEWEST or 2 * len(wrong) <= len(flat):
        return None
    places = wrong.argmax(1)
    place = int(np.bincount(places).argmax())
    members = wrong[places == place]
    if 2 * len(members) <= len(flat):
        return None
    row, column = divmod(place, maps.shape[2])
    share = float((members[:, place] / members.sum(1)).mean())
    return WorstPixel(row, column, len(members), len(flat), share) if share >= _LEAST else None


def about_worst(found: WorstPixel, *, amplified: bool) -> str:
    """Say where the pixel is, what it costs, and what to do.

    Args:
        found: The pixel.
        amplified: Whether the model was trained by LAMP with the maximum differentiated, which
            gains by giving one pixel away: the larger the maximum, the smaller all other terms.

    Returns:
        A sentence.
    """
    remedy = (
        "train with LAMP's maximum detached (`detach=True`, as `lamp train` does by default)"
        if amplified
        else "look at that place in the images, and train longer or with another seed"
    )
    return (
        f"one pixel, row {found.row}, column {found.column}, is the worst of {found.images} of "
        f"{found.of} held-out images and has {found.share:.1%} of their error: heat-maps show it "
        f"whatever the image is; {remedy}"
    )
