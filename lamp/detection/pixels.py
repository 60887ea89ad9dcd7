"""How well heat-maps tell defective pixels from normal ones."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from lamp.detection.curves import Curves, area

FPR_LIMIT = 0.3
"""Of AUPRO, as in Bergmann et al., CVPR 2020, and everywhere since."""

_NEIGHBOURS = np.ones((3, 3))  # a region hangs together over corners, as in their evaluation code


@dataclass(frozen=True, eq=False)
class Regions:
    """Maps and the defective regions in them.

    Args:
        maps: Score of each pixel, shape (N, H, W).
        defective: Shape (N, H, W), bool.
        weights: 1 / area of its region for each defective pixel, else 0, shape (N, H, W).
        counts: Number of regions of each image, shape (N,).
    """

    maps: NDArray[np.floating]
    defective: NDArray[np.bool_]
    weights: NDArray[np.float64]
    counts: NDArray[np.int64]


def pixel_auroc(maps: ArrayLike, masks: ArrayLike) -> float:
    """Compute the area under the ROC curve over all pixels of all images.

    Large defects weigh by their pixels: `aupro` does not have that.

    Args:
        maps: Score of each pixel, shape (N, H, W), higher = more anomalous.
        masks: Defective pixels, shape (N, H, W), bool or 0 and 1.

    Returns:
        A number in [0, 1]; 0.5 is chance.

    Raises:
        ValueError: If shapes differ, a score is not finite, or all pixels are of one class.

    Example:
        >>> pixel_auroc([[[0.1, 0.4], [0.35, 0.8]]], [[[0, 0], [1, 1]]])
        0.75
    """
    return pixel_metrics(find_regions(maps, masks))["pixel_AUROC"]


def aupro(maps: ArrayLike, masks: ArrayLike, *, limit: float = FPR_LIMIT) -> float:
    """Compute the area under the per-region overlap curve (Bergmann et al., CVPR 2020).

    At each threshold, the overlap of a region is the share of its pixels above the threshold; PRO
    is its mean over all regions of all images, so that small defects weigh as much as large ones.
    The curve is over the share of normal pixels above the threshold, from 0 to `limit`, and the
    area is divided by the limit. Regions are 8-connected. Every threshold counts: no binning.

    Args:
        maps: Score of each pixel, shape (N, H, W), higher = more anomalous.
        masks: Defective pixels, shape (N, H, W), bool or 0 and 1.
        limit: Largest false positive rate, in (0, 1].

    Returns:
        A number in [0, 1]; chance is limit / 2.

    Raises:
        ValueError: As `pixel_auroc`, or if the limit is out of its range.

    Example:
        >>> aupro([[[3, 0], [2, 1]]], [[[1, 0], [0, 0]]])
        1.0
        >>> aupro([[[3, 0], [2, 1]]], [[[0, 1], [0, 0]]])
        0.0
    """
    return pixel_metrics(find_regions(maps, masks), limit=limit)["pixel_AUPRO"]


def pixel_metrics(regions: Regions, *, limit: float = FPR_LIMIT) -> dict[str, float]:
    """Compute both metrics of pixels with one sort.

    Args:
        regions: Of `find_regions`.
        limit: Of AUPRO.

    Returns:
        `pixel_AUROC` and `pixel_AUPRO`.

    Raises:
        ValueError: If the limit is out of its range.
    """
    if not 0 < limit <= 1:
        raise ValueError(f"expected a limit in (0, 1], got {limit}")
    scores = regions.maps.ravel()
    order = np.argsort(-scores)
    ordered = scores[order]
    # Pixels of equal score are above a threshold together: only the last of them is a point.
    last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))

    def cumulated(values: NDArray[np.generic]) -> Curves:
        total = np.cumsum(values.ravel()[order], dtype=np.float64)[last]
        return np.asarray(total / total[-1])

    false = cumulated(~regions.defective)
    return {
        "pixel_AUROC": float(area(false, cumulated(regions.defective))),
        "pixel_AUPRO": float(area(false, cumulated(regions.weights), limit)),
    }


def find_regions(maps: ArrayLike, masks: ArrayLike) -> Regions:
    """Check maps and masks, and label the connected defects.

    Args:
        maps: Score of each pixel, shape (N, H, W).
        masks: Defective pixels, shape (N, H, W), bool or 0 and 1.

    Returns:
        Maps, masks, and what each pixel weighs.

    Raises:
        ValueError: As `pixel_auroc`.
    """
    maps, defective = np.asarray(maps), np.asarray(masks)
    if maps.ndim != 3 or maps.shape != defective.shape:
        raise ValueError(
            f"expected maps and masks of one shape (N, H, W), got {maps.shape} and "
            f"{defective.shape}"
        )
    if not np.isfinite(maps).all():
        raise ValueError("the heat-maps hold NaN or infinities: the training diverged")
    defective = defective.astype(bool)
    if defective.all() or not defective.any():
        kind = "defective" if defective.size and defective.all() else "normal"
        raise ValueError(
            f"expected defective and normal pixels, got only {kind} ones: "
            "without both there is no pixel metric"
        )
    weights = np.zeros(maps.shape)
    counts = np.zeros(len(maps), np.int64)
    for index in np.flatnonzero(defective.any((1, 2))):
        labelled, counts[index] = ndimage.label(defective[index], _NEIGHBOURS)
        areas = np.bincount(labelled.ravel())
        weights[index] = np.where(labelled > 0, 1 / areas[labelled], 0)
    return Regions(maps, defective, weights, counts)
