"""Detection: scores, heat-maps, thresholds from held-out images, and metrics with intervals."""

from lamp.detection.baselines import Baseline, fit_baselines
from lamp.detection.bootstrap import (
    Interval,
    auroc_difference,
    image_intervals,
    pixel_intervals,
)
from lamp.detection.detector import Detector, fit_detector, load_detector
from lamp.detection.evaluate import METRICS, evaluate
from lamp.detection.metrics import aupr, auroc, f1_score
from lamp.detection.pixels import aupro, find_regions, pixel_auroc
from lamp.detection.scores import Scored, anomaly_scores, score_images, smooth
from lamp.detection.threshold import Threshold, drift, normal_threshold, p_values

__all__ = [
    # a model with what detection needs
    "Detector",
    "fit_detector",
    "load_detector",
    # scores and heat-maps
    "anomaly_scores",
    "score_images",
    "Scored",
    "smooth",
    # decisions
    "Threshold",
    "normal_threshold",
    "p_values",
    "drift",
    # metrics, and with intervals
    "auroc",
    "aupr",
    "f1_score",
    "pixel_auroc",
    "aupro",
    "find_regions",
    "Interval",
    "image_intervals",
    "pixel_intervals",
    "auroc_difference",
    "METRICS",
    "evaluate",
    # what to compare with
    "Baseline",
    "fit_baselines",
]
