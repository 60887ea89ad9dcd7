"""How well heat-maps tell defective pixels from normal ones, with intervals over images."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from lamp.detection.intervals import SIDES, Array, Interval, proportion_limits

FPR_LIMIT = 0.3
"""Of AUPRO, as in Bergmann et al., CVPR 2020, and everywhere since."""

MIN_DEFECTIVE = 5
"""Images with defects, below which there is no interval."""

USUAL = 0.5
"""Variance over defective images of 1 less a metric, in units of metric times 1 less metric."""

COUNTS = 4.0
"""Images that the usual variance counts for."""

_NEIGHBOURS = np.ones((3, 3))  # a region hangs together over corners, as in their evaluation code
_EDGE = 1e-9  # nearer to 0 or 1 a variance cannot be scaled
_BINS = 2048  # of equal numbers of pixels: moved both areas by less than 1e-5 where tried
_CHUNK = 2_000_000  # numbers held at once: tens of MB, whatever the number of images


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

    def cumulated(values: NDArray[np.generic]) -> Array:
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
    if not np.issubdtype(maps.dtype, np.floating):  # an unsigned integer has no negative to sort by
        maps = maps.astype(np.float64)
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


def pixel_intervals(regions: Regions, labels: ArrayLike) -> dict[str, Interval]:
    r"""Compute the metrics of pixels, each with a 95 % interval over whole images.

    Pixels of one image belong together, as clusters (Obuchowski, Biometrics 53:567, 1997). The
    variance is the jackknife's, summed over normal and anomalous images, $\sum_k (n_k - 1) / n_k
    \sum_i (\theta_{(i)} - \bar\theta_k)^2$; metrics without an image are from histograms of
    2,048 bins. That of few images is often too small just where the metric is too near 1, since
    seldom images cost it most: it is therefore averaged with a usual one, .5 A (1 - A) / n, which
    counts for four of the n images with defects. Limits are those of `proportion_limits`.

    Coverage in 200-400 draws of maps whose images differ as a whole (see
    `tests/lamp/detection/test_coverage.py`), which leaves a standard error of 1 to 2 %: 92-98 % for
    AUPRO of .6 and .92 and for AUROC of .84, but that of 5 + 5 images (99 %); 93-100 % for AUROC of
    .975, where the usual variance is more than that of such maps.

    Args:
        regions: Of `find_regions`.
        labels: 0 for normal, 1 for anomalous images, shape (N,).

    Returns:
        `pixel_AUROC` and `pixel_AUPRO`. Limits are NaN where fewer than five images have defects,
        or one alone has normal pixels.

    Raises:
        ValueError: If labels and maps are not equally many.
    """
    truth = np.asarray(labels)
    if truth.shape != (len(regions.maps),):
        raise ValueError(f"expected {len(regions.maps)} labels, got shape {truth.shape}")
    exact = pixel_metrics(regions)
    n = int((regions.counts > 0).sum())
    if n < MIN_DEFECTIVE or (~regions.defective).any((1, 2)).sum() == 1:
        return {name: Interval(value) for name, value in exact.items()}
    without = np.concatenate(list(_without_each(regions)), axis=1)
    found = {}
    for (name, value), left_out in zip(exact.items(), without, strict=True):
        measured = sum(_jackknife(left_out[truth == label]) for label in (0, 1))
        near = min(max(value, _EDGE), 1 - _EDGE)
        times = (COUNTS * USUAL / n + n * measured / (near * (1 - near))) / (COUNTS + n)
        limits = proportion_limits(value, SIDES, partial(_scaled, times))
        found[name] = Interval(value, *limits)
    return found


def _scaled(times: float, truths: Array) -> Array:
    """Return a variance that goes along with that of a share."""
    return times * truths * (1 - truths)


def _jackknife(left_out: Array) -> float:
    """Return the variance that the images of one class contribute."""
    n = len(left_out)
    return (n - 1) / n * float(((left_out - left_out.mean()) ** 2).sum()) if n > 1 else 0.0


def _without_each(regions: Regions) -> Iterator[Array]:
    """Yield both metrics without each image, shape (2, images of a chunk)."""
    histograms = _histograms(regions)
    totals = [counts.sum(axis=0) for counts in histograms]
    rows = max(1, _CHUNK // (3 * len(totals[0])))
    for start in range(0, len(histograms[0]), rows):
        false, true, overlap = (
            np.cumsum(total - counts[start : start + rows], axis=1)
            for total, counts in zip(totals, histograms, strict=True)
        )
        false, true, overlap = (each / each[:, -1:] for each in (false, true, overlap))
        yield np.stack([area(false, true), area(false, overlap, FPR_LIMIT)])


def _histograms(regions: Regions) -> tuple[Array, Array, Array]:
    """Count each image's normal, defective and region-weighted pixels, (N, bins), highest first."""
    pixels = regions.maps.reshape(len(regions.maps), -1)
    step = max(1, pixels.size // 1_000_000)
    edges = np.unique(np.quantile(pixels.ravel()[::step], np.linspace(0, 1, _BINS)[1:-1]))
    kinds = [~regions.defective, regions.defective, regions.weights]
    counted = [np.zeros((len(pixels), len(edges) + 1)) for _ in kinds]
    for index, row in enumerate(pixels):
        bins = len(edges) - np.searchsorted(edges, row)
        for kind, counts in zip(kinds, counted, strict=True):
            counts[index] = np.bincount(bins, kind[index].ravel(), len(edges) + 1)
    return counted[0], counted[1], counted[2]


def area(x: Array, y: Array, limit: float = 1.0) -> Array:
    """Compute the area under curves from x = 0 to x = limit, divided by the limit (trapezoids).

    Args:
        x: Shape (R, B) or (B,), each row ascending from above 0 to 1; (0, 0) is put before it.
        y: Same shape.
        limit: Where to stop, in (0, 1]; the point there is interpolated.

    Returns:
        Shape (R,) or a scalar.

    Example:
        >>> area(np.array([0.5, 1.0]), np.array([1.0, 1.0])).item()
        0.75
        >>> area(np.array([0.5, 1.0]), np.array([1.0, 1.0]), limit=0.25).item()
        0.25
    """
    right, left = x, np.concatenate([np.zeros_like(x[..., :1]), x[..., :-1]], axis=-1)
    before = np.concatenate([np.zeros_like(y[..., :1]), y[..., :-1]], axis=-1)
    width = right - left
    used = np.clip(limit - left, 0.0, width)
    # Height in the middle of the part of a trapezoid that lies before the limit.
    share = np.divide(used, width, out=np.zeros_like(used), where=width > 0)
    middle = before + (y - before) * share / 2
    result: Array = np.sum(used * middle, axis=-1) / limit
    return result
