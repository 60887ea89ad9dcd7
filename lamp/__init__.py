"""Loss amplification (LAMP) for reconstruction-based anomaly detection.

Park et al., ICASSP 2024, https://arxiv.org/abs/2308.14595. Names load when they are first used.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lamp.checkpoint import load_checkpoint, save_checkpoint
    from lamp.data import hold_out, load_digits, load_folder, load_mnist, one_vs_rest
    from lamp.detection import anomaly_scores, auroc, evaluate, fit_detector, load_detector, measure
    from lamp.losses import BaseLoss, LampLoss, NormMatched, RunningMaximum, Scaled, amplify
    from lamp.models import Autoencoder, Classifier, Patchwise
    from lamp.study.run import run_study
    from lamp.study.settings import StudySettings
    from lamp.training import TrainingSettings, train

__all__ = [
    # losses
    "LampLoss",
    "BaseLoss",
    "RunningMaximum",
    "Scaled",
    "NormMatched",
    "amplify",
    # models and data
    "Autoencoder",
    "Classifier",
    "Patchwise",
    "load_digits",
    "load_mnist",
    "one_vs_rest",
    "load_folder",
    "hold_out",
    # training and detection
    "TrainingSettings",
    "train",
    "save_checkpoint",
    "load_checkpoint",
    "anomaly_scores",
    "auroc",
    "evaluate",
    "fit_detector",
    "load_detector",
    "measure",
    # the main job
    "StudySettings",
    "run_study",
]

_ROOMS = {
    "checkpoint": ("load_checkpoint", "save_checkpoint"),
    "data": ("hold_out", "load_digits", "load_folder", "load_mnist", "one_vs_rest"),
    "detection": (
        "anomaly_scores",
        "auroc",
        "evaluate",
        "fit_detector",
        "load_detector",
        "measure",
    ),
    "losses": ("BaseLoss", "LampLoss", "NormMatched", "RunningMaximum", "Scaled", "amplify"),
    "models": ("Autoencoder", "Classifier", "Patchwise"),
    "study.run": ("run_study",),
    "study.settings": ("StudySettings",),
    "training": ("TrainingSettings", "train"),
}
_HOME = {name: room for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> Any:
    """Load a public name from its room."""
    if name not in _HOME:
        raise AttributeError(f"module 'lamp' has no attribute {name!r}")
    return getattr(importlib.import_module(f"lamp.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
