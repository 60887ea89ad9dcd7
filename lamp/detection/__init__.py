"""Detection: scores, heat-maps, thresholds from held-out images, and metrics with intervals."""

from lamp.detection.baselines import Baseline, ByComponents, fit_baselines, pca_auroc
from lamp.detection.decisions import Decisions, Threshold, drift, normal_threshold, p_values
from lamp.detection.detector import Detector, load_detector
from lamp.detection.fit import fit_detector
from lamp.detection.intervals import Interval
from lamp.detection.metrics import (
    aupr,
    auroc,
    auroc_difference,
    f1_score,
    fpr_at_tpr,
    image_intervals,
)
from lamp.detection.pixels import aupro, find_regions, pixel_auroc, pixel_intervals
from lamp.detection.report import METRICS, Report, evaluate, measure
from lamp.detection.scores import Scored, anomaly_scores, score_images, smooth

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
    "Decisions",
    "Threshold",
    "normal_threshold",
    "p_values",
    "drift",
    # metrics, and with intervals
    "auroc",
    "aupr",
    "f1_score",
    "fpr_at_tpr",
    "pixel_auroc",
    "aupro",
    "find_regions",
    "Interval",
    "image_intervals",
    "pixel_intervals",
    "auroc_difference",
    "METRICS",
    "evaluate",
    # everything at once, beside what to compare with
    "Report",
    "measure",
    "Baseline",
    "fit_baselines",
    "ByComponents",
    "pca_auroc",
]
