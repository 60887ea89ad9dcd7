"""What `lamp score` works out before it prints: scores, decisions, metrics, and baselines."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from lamp.cli.found import Found
from lamp.cli.settings import ScoringSettings
from lamp.detection import (
    Detector,
    Interval,
    Scored,
    Threshold,
    drift,
    evaluate,
    fit_baselines,
    normal_threshold,
    p_values,
    score_images,
    smooth,
)

Metrics = Mapping[str, Interval]

_SURELY = 0.01  # below it a difference is worth a note


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """The result of scoring.

    Args:
        scored: Scores, heat-maps and reconstructions.
        heat_maps: The heat-maps, smoothed.
        threshold: From held-out normal images.
        p_values: One for each image.
        metrics: By detector, the model first; empty where labels are not known.
        notes: What must be known of the metrics.
    """

    scored: Scored
    heat_maps: NDArray[np.float32]
    threshold: Threshold
    p_values: NDArray[np.float64]
    metrics: Mapping[str, Metrics]
    notes: tuple[str, ...]


def work_out(detector: Detector, found: Found, settings: ScoringSettings) -> Outcome:
    """Score images and, where labels are known, measure how well.

    Args:
        detector: Of `lamp train`.
        found: Images.
        settings: How to decide and to measure. Baselines need the images trained on.

    Returns:
        The outcome.
    """
    scored = score_images(detector.model, found.images.images)
    threshold = normal_threshold(detector.held_out, settings.false_alarms)
    heat_maps = smooth(scored.maps, settings.sigma(detector.size))
    notes = _about_threshold(threshold, settings.false_alarms)
    metrics: dict[str, Metrics] = {}
    labels = found.images.labels
    if labels is not None:
        notes += _about_drift(scored.scores[labels.numpy() == 0], detector.held_out)
    if labels is not None and 0 < int(labels.sum()) < len(labels):
        name = f"autoencoder, {detector.loss}"
        metrics[name] = _measure(found, scored.scores, heat_maps, threshold)
        if settings.baselines:
            metrics |= _baselines(detector, found, settings, notes)
    elif labels is not None:
        kind = "anomalous" if int(labels[0]) else "normal"
        notes.append(f"all test images are {kind}: without both kinds there are no metrics")
    return Outcome(
        scored=scored,
        heat_maps=heat_maps,
        threshold=threshold,
        p_values=p_values(scored.scores, detector.held_out),
        metrics=metrics,
        notes=tuple(notes),
    )


def whole_result(detector: Detector, found: Found, outcome: Outcome) -> dict[str, Any]:
    """Put everything that was worked out into what JSON holds."""
    return {
        "threshold": vars(outcome.threshold),
        "held_out_scores": detector.held_out.tolist(),
        "metrics": {
            who: {name: vars(interval) for name, interval in metrics.items()}
            for who, metrics in outcome.metrics.items()
        },
        "images": rows(found, outcome),
        "notes": [*found.images.notes, *outcome.notes],
    }


def rows(found: Found, outcome: Outcome) -> list[dict[str, Any]]:
    """Describe each image in one row: `path, score, threshold, anomalous, p_value, label, kind`.

    `label` and `kind` are None where they are not known.
    """
    labels, kinds = found.images.labels, found.images.kinds
    return [
        {
            "path": name,
            "score": float(score),
            "threshold": outcome.threshold.value,
            "anomalous": int(score > outcome.threshold.value),
            "p_value": float(outcome.p_values[index]),
            "label": None if labels is None else int(labels[index]),
            "kind": None if kinds is None else kinds[index],
        }
        for index, (name, score) in enumerate(zip(found.names, outcome.scored.scores, strict=True))
    ]


def _baselines(
    detector: Detector, found: Found, settings: ScoringSettings, notes: list[str]
) -> dict[str, Metrics]:
    """Measure trivial detectors that had the same images to learn from."""
    split = None if found.normal is None else detector.split(found.normal)
    if split is None:
        notes.append(
            "no baselines: the images that the detector was trained on are not in train/good here"
        )
        return {}
    train, held_out = split
    metrics: dict[str, Metrics] = {}
    for baseline in fit_baselines(train, latent=detector.latent, seed=detector.seed):
        threshold = normal_threshold(baseline.detect(held_out)[0], settings.false_alarms)
        scores, maps = baseline.detect(found.images.images)
        smoothed = None if maps is None else smooth(maps, settings.sigma(detector.size))
        metrics[baseline.name] = _measure(found, scores, smoothed, threshold)
    return metrics


def _measure(
    found: Found,
    scores: NDArray[np.float64],
    maps: NDArray[np.float32] | None,
    threshold: Threshold,
) -> Metrics:
    """Evaluate one detector on the images found."""
    labels = found.images.labels
    assert isinstance(labels, Tensor)
    return evaluate(
        scores,
        labels,
        threshold=threshold.value,
        maps=maps,
        masks=found.images.masks,
        masked=found.images.masked,
    )


def _about_drift(normal: NDArray[np.float64], held_out: NDArray[np.float64]) -> list[str]:
    """Say so if normal test images do not score like those held out."""
    if len(normal) == 0 or (p_value := drift(normal, held_out)) >= _SURELY:
        return []
    ratio = float(np.median(normal) / np.median(held_out))
    line = (
        f"normal test images do not score like the held-out ones (median {ratio:.2f} times theirs, "
        f"Mann-Whitney p = {p_value:.1g}): the threshold and the p-values promise nothing for them"
    )
    return [line]


def _about_threshold(threshold: Threshold, false_alarms: float) -> list[str]:
    """Say so if there are too few held-out images for the rate that was asked for."""
    if threshold.false_alarms <= false_alarms:
        return []
    line = (
        f"{threshold.held_out} held-out images cannot promise a rate of false alarms of "
        f"{false_alarms:g}: the threshold is their largest score, which normal images exceed with "
        f"probability up to {threshold.false_alarms:.3g}; hold out more (`lamp train --held-out`)"
    )
    return [line]
