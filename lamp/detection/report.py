"""How well a detector works on labelled images, beside trivial ones, and what must be known."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from lamp.detection.baselines import fit_baselines
from lamp.detection.decisions import Decisions, drift, normal_threshold
from lamp.detection.detector import Detector
from lamp.detection.intervals import Interval
from lamp.detection.metrics import IMAGE_METRICS, auroc_difference, image_intervals
from lamp.detection.pixels import find_regions, pixel_intervals
from lamp.detection.scores import Maps, Scores, smooth

METRICS = (*IMAGE_METRICS, "pixel_AUROC", "pixel_AUPRO")
"""In the order in which they are shown."""

Metrics = Mapping[str, Interval]

_SURELY = 0.01  # below it a difference is worth a note
_FAILURES = (ValueError, ArithmeticError, MemoryError)


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


@dataclass(frozen=True, kw_only=True)
class Report:
    """How well detectors tell anomalous images from normal ones.

    Args:
        metrics: By detector, the model first, by name; empty where labels are not known.
        notes: What must be known of them.
    """

    metrics: Mapping[str, Metrics]
    notes: tuple[str, ...]


def measure(
    detector: Detector,
    decided: Decisions,
    *,
    normal: Tensor | None = None,
    baselines: bool = True,
) -> Report:
    """Measure how well a detector works, beside trivial ones that learn from the same images.

    A metric that cannot be computed is left out and noted: the others are not lost.

    Args:
        detector: The detector.
        decided: What it says of images (`Detector.score`), normal and anomalous ones.
        normal: All normal images that it was fitted to, from which the trivial detectors learn.
        baselines: Whether to compare with trivial detectors.

    Returns:
        Metrics with intervals, and notes.
    """
    labels = decided.images.labels
    if labels is None:
        return Report(metrics={}, notes=())
    notes = _about_drift(decided.scores[labels.numpy() == 0], detector.held_out)
    if not 0 < int(labels.sum()) < len(labels):
        kind = "anomalous" if int(labels[0]) else "normal"
        notes.append(f"all test images are {kind}: without both kinds there are no metrics")
        return Report(metrics={}, notes=tuple(notes))
    masks = decided.images.masks
    if masks is not None and not masks.any():
        notes.append("no metrics of pixels: no mask marks a pixel")
    name = f"autoencoder, {detector.loss}"
    one = _Measured(name, decided.scores, decided.heat_maps, decided.threshold.value)
    metrics = {name: _metrics(decided, one, notes)}
    if baselines:
        others = _trivial(detector, decided, normal, notes)
        metrics |= {each.name: _metrics(decided, each, notes) for each in others}
        notes += _about_better(detector, one, others, labels)
    return Report(metrics=metrics, notes=tuple(notes))


@dataclass(frozen=True, eq=False)
class _Measured:
    """What one detector says of the images."""

    name: str
    scores: Scores
    maps: Maps | None
    threshold: float


def _metrics(decided: Decisions, found: _Measured, notes: list[str]) -> Metrics:
    """Evaluate one detector; metrics of pixels that fail leave those of images."""
    images = decided.images
    assert images.labels is not None
    for maps in (found.maps, None):
        try:
            return evaluate(
                found.scores,
                images.labels,
                threshold=found.threshold,
                maps=maps,
                masks=images.masks,
                masked=images.masked,
            )
        except _FAILURES as error:
            what = "metrics" if maps is None else "metrics of pixels"
            notes.append(f"no {what} of {found.name}: {error}")
    return {}


def _trivial(
    detector: Detector, decided: Decisions, normal: Tensor | None, notes: list[str]
) -> list[_Measured]:
    """Let trivial detectors learn from the images that the model had, and score."""
    split = None if normal is None else detector.split(normal)
    if split is None:
        notes.append(
            "no baselines: the images that the detector was trained on are not in train/good here"
        )
        return []
    train, held_out = split
    measured = []
    try:
        for each in fit_baselines(train):
            threshold = normal_threshold(each.detect(held_out)[0], decided.false_alarms).value
            scores, maps = each.detect(decided.images.images)
            smoothed = None if maps is None else smooth(maps, decided.sigma)
            measured.append(_Measured(each.title, scores, smoothed, threshold))
    except _FAILURES as error:
        notes.append(f"some baselines are missing: {error}")
    return measured


def _about_better(
    detector: Detector, one: _Measured, others: list[_Measured], labels: Tensor
) -> list[str]:
    """Say so if the best trivial detector is better than the model, and how surely."""
    differences = {
        each.name: auroc_difference(each.scores, one.scores, labels)
        for each in others
        if np.isfinite(each.scores).all()
    }
    if not differences:
        return []
    best = max(differences, key=lambda name: differences[name].value)
    found = differences[best]
    if found.value <= 0:
        return []
    known = "" if np.isnan(found.low) else f" [{found.low:.3f}, {found.high:.3f}]"
    doubt = "" if found.low > 0 else ", which more test images may turn round"
    line = (
        f"{best} is better than {one.name}, without any training: image_AUROC higher by "
        f"{found.value:.3f}{known}{doubt}; the autoencoder has a bottleneck of {detector.latent} "
        "numbers: try a narrower one (`lamp train --latent-channels`), more images or steps, or "
        "take the simpler detector"
    )
    return [line]


def _about_drift(normal: NDArray[np.float64], held_out: NDArray[np.float64]) -> list[str]:
    """Say so if normal test images do not score like those held out."""
    if len(normal) == 0 or (p_value := drift(normal, held_out)) >= _SURELY:
        return []
    line = (
        f"normal test images do not score like the held-out ones (median {np.median(normal):.3g}, "
        f"theirs {np.median(held_out):.3g}, Mann-Whitney p = {p_value:.1g}): the threshold and the "
        "p-values promise nothing for them"
    )
    return [line]
