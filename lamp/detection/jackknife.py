"""Intervals of the metrics of pixels: images are what varies, not pixels."""

from collections.abc import Iterator, Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from lamp.detection.curves import area
from lamp.detection.pixels import Regions
from lamp.detection.proportion import Array, proportion_limits

MIN_DEFECTIVE = 5
"""Images with defects, below which there is no interval."""

USUAL = 0.5
"""Variance over defective images of 1 less a metric, in units of metric times 1 less metric."""

COUNTS = 4.0
"""Images that the usual variance counts for."""

_EDGE = 1e-9  # nearer to 0 or 1 a variance cannot be scaled
_BINS = 2048  # of equal numbers of pixels: moved both areas by less than 1e-5 where tried
_CHUNK = 2_000_000  # numbers held at once: tens of MB, whatever the number of images
_SIDES = 1 / (1 + np.exp(-np.linspace(-16, 16, 161)))


def pixel_estimates(
    regions: Regions, labels: NDArray[np.int64], exact: Mapping[str, float], *, limit: float
) -> dict[str, tuple[float, float]]:
    r"""Compute 95 % limits of pixel AUROC and AUPRO by leaving out one image at a time.

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
        exact: The metrics, by name.
        limit: Largest false positive rate of AUPRO.

    Returns:
        Lower and upper limits by name; NaN where less than five images have defects.
    """
    defective = int((regions.counts > 0).sum())
    if defective < MIN_DEFECTIVE:
        return dict.fromkeys(exact, (np.nan, np.nan))
    without = np.concatenate(list(_without_each(regions, limit)), axis=1)
    limits = {}
    for (name, value), left_out in zip(exact.items(), without, strict=True):
        measured = sum(_jackknife(left_out[labels == label]) for label in (0, 1))
        near = min(max(value, _EDGE), 1 - _EDGE)
        times = (COUNTS * USUAL / defective + defective * measured / (near * (1 - near))) / (
            COUNTS + defective
        )
        limits[name] = proportion_limits(value, _SIDES, partial(_scaled, times))
    return limits


def _scaled(times: float, truths: Array) -> Array:
    """Return a variance that goes along with that of a share."""
    return times * truths * (1 - truths)


def _jackknife(left_out: Array) -> float:
    """Return the variance that the images of one class contribute."""
    n = len(left_out)
    return (n - 1) / n * float(((left_out - left_out.mean()) ** 2).sum()) if n > 1 else 0.0


def _without_each(regions: Regions, limit: float) -> Iterator[Array]:
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
        yield np.stack([area(false, true), area(false, overlap, limit)])


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
