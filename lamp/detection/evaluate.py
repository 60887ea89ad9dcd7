"""All metrics of one detector on one labelled set of images."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike
from torch import Tensor

from lamp.detection.intervals import image_intervals, pixel_intervals
from lamp.detection.mover import Interval
from lamp.detection.pixels import find_regions
from lamp.detection.scores import Maps

METRICS = ("image_AUROC", "image_AUPR", "image_F1Score", "pixel_AUROC", "pixel_AUPRO")
"""Names as users of anomalib know them."""


def evaluate(
    scores: ArrayLike,
    labels: ArrayLike,
    *,
    threshold: float,
    maps: Maps | None = None,
    masks: Tensor | None = None,
    masked: Tensor | None = None,
) -> Mapping[str, Interval]:
    """Compute all metrics that scores, heat-maps and masks allow, with their intervals.

    Args:
        scores: Anomaly scores, shape (N,), higher = more anomalous.
        labels: 0 for normal, 1 for anomalous, shape (N,).
        threshold: From held-out normal images, for the F1 score.
        maps: Heat-maps, shape (N, H, W). Without them, or without masks that mark some pixels and
            not all, there is no metric of pixels.
        masks: Defective pixels, shape (N, H, W), bool.
        masked: Images whose defective pixels are known, shape (N,), bool; all by default. Only
            they count for the metrics of pixels.

    Returns:
        Metrics of `METRICS`, in that order.

    Raises:
        ValueError: If a class is absent among images, or scores or maps are not finite.

    Example:
        >>> {k: v.value for k, v in evaluate([1, 2, 3], [0, 0, 1], threshold=2).items()}
        {'image_AUROC': 1.0, 'image_AUPR': 1.0, 'image_F1Score': 1.0}
    """
    labels = np.asarray(labels)
    found = image_intervals(scores, labels, threshold=threshold)
    if maps is None or masks is None:
        return found
    known = slice(None) if masked is None else masked.numpy()
    defective = masks.numpy()[known]
    if defective.any() and not defective.all():
        regions = find_regions(maps[known], defective)
        found |= pixel_intervals(regions, labels[known])
    return found
