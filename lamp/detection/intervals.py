"""Metrics with 95 % intervals over images: what other test images could have given.

What other seeds of training could have given they do not tell, and that is often more.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from lamp.detection.checks import check_scores
from lamp.detection.jackknife import pixel_estimates
from lamp.detection.metrics import aupr, auroc, f1_score
from lamp.detection.mover import Interval, difference, f1_interval
from lamp.detection.pixels import FPR_LIMIT, Regions, pixel_metrics
from lamp.detection.precision import precision_limits, precision_of
from lamp.detection.ranking import Placements, auroc_limits, placements

MIN_IMAGES = 2
"""Of each class; below, nothing is known of what varies, and there is no interval."""


def image_intervals(
    scores: ArrayLike, labels: ArrayLike, *, threshold: float
) -> dict[str, Interval]:
    """Compute the metrics of images, each with a 95 % interval that few images have too.

    Each interval is for the same numbers of both classes, and for AUROC and AUPR of any monotone
    function of the scores. See `auroc_limits`, `precision_limits` and `f1_interval` for the methods
    and for how often they cover. Where all images are in order the interval is one-sided.

    Args:
        scores: Anomaly scores, shape (N,), higher = more anomalous.
        labels: 0 for normal, 1 for anomalous, shape (N,).
        threshold: Above it an image is called anomalous, for F1. Not chosen by these images.

    Returns:
        `image_AUROC`, `image_AUPR` and `image_F1Score`. Limits are NaN where a class has less than
        two images.

    Raises:
        ValueError: As `auroc`.

    Example:
        >>> found = image_intervals([1, 2, 3, 4], [0, 0, 1, 1], threshold=2.5)
        >>> {name[6:]: (round(each.low, 2), each.high) for name, each in found.items()}
        {'AUROC': (0.23, 1.0), 'AUPR': (0.32, 1.0), 'F1Score': (0.34, 1.0)}
    """
    scores, labels = check_scores(scores, labels)
    values = {
        "image_AUROC": auroc(scores, labels),
        "image_AUPR": aupr(scores, labels),
        "image_F1Score": f1_score(scores, labels, threshold),
    }
    flagged = scores > threshold
    counts = [int((labels == label).sum()) for label in (0, 1)]
    if min(counts) < MIN_IMAGES:
        return {name: _without(value) for name, value in values.items()}
    alarms, hits = (int(flagged[labels == label].sum()) for label in (0, 1))
    decided = f1_interval(hits, alarms, counts[1], counts[0])
    limits = {
        "image_AUROC": auroc_limits(placements(scores[labels == 0], scores[labels == 1])),
        "image_AUPR": precision_limits(precision_of(scores, labels)),
        "image_F1Score": (decided.low, decided.high),
    }
    return {name: Interval(values[name], *ends) for name, ends in limits.items()}


def auroc_difference(scores_a: ArrayLike, scores_b: ArrayLike, labels: ArrayLike) -> Interval:
    """Compute AUROC(a) - AUROC(b) on the same images, with its 95 % interval.

    From the intervals of both (see `auroc_limits`), and the correlation of both estimates, which
    is that of their placements (DeLong et al. 1988), see `mover.difference`.

    In 500 draws of normal scores each, AUROC .9 to .97, it is covered by 95-99 % of 41 + 119
    images, 97-100 % of 20 + 20, and 99-100 % of fewer: few out of order tell little of a
    correlation.

    Args:
        scores_a: Anomaly scores of one model, shape (N,).
        scores_b: Scores of the other, for the same images.
        labels: 0 for normal, 1 for anomalous, shape (N,).

    Returns:
        The difference. Limits are NaN where a class has less than two images.

    Raises:
        ValueError: As `auroc`.

    Example:
        >>> labels = [0, 0, 0, 1, 1, 1]
        >>> found = auroc_difference([1, 2, 3, 4, 5, 6], [1, 2, 5, 4, 3, 6], labels)
        >>> round(found.value, 2), round(found.low, 2), round(found.high, 2)
        (0.22, -0.44, 0.79)
    """
    ranked = []
    for scores in (scores_a, scores_b):
        checked, truth = check_scores(scores, labels)
        ranked.append(placements(checked[truth == 0], checked[truth == 1]))
    a, b = ranked
    if min(len(a.normal), len(a.anomalous)) < MIN_IMAGES:
        return _without(a.auroc - b.auroc)
    first, second = (Interval(each.auroc, *auroc_limits(each)) for each in ranked)
    return difference(first, second, _correlation(a, b))


def pixel_intervals(
    regions: Regions, labels: ArrayLike, *, limit: float = FPR_LIMIT
) -> dict[str, Interval]:
    """Compute the metrics of pixels, each with a 95 % interval over whole images.

    Pixels of one image belong together: see `pixel_estimates`.

    Args:
        regions: Of `find_regions`.
        labels: 0 for normal, 1 for anomalous images, shape (N,).
        limit: Largest false positive rate of AUPRO.

    Returns:
        `pixel_AUROC` and `pixel_AUPRO`.

    Raises:
        ValueError: If labels and maps are not equally many.
    """
    truth = np.asarray(labels)
    if truth.shape != (len(regions.maps),):
        raise ValueError(f"expected {len(regions.maps)} labels, got shape {truth.shape}")
    exact = pixel_metrics(regions, limit=limit)
    limits = pixel_estimates(regions, truth, exact, limit=limit)
    return {name: Interval(value, *limits[name]) for name, value in exact.items()}


def _correlation(a: Placements, b: Placements) -> float:
    """Correlate two estimates of AUROC; 0 where one of them does not vary."""

    def together(one: Placements, other: Placements) -> float:
        return sum(
            float(np.cov(x, y)[0, 1]) / len(x)
            for x, y in ((one.normal, other.normal), (one.anomalous, other.anomalous))
        )

    spread = together(a, a) * together(b, b)
    return together(a, b) / math.sqrt(spread) if spread > 0 else 0.0


def _without(value: float) -> Interval:
    """Return a value that has no interval."""
    return Interval(value, math.nan, math.nan)
