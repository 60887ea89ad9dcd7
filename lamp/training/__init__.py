"""Training: reproducible, resumable, with the same order of samples for every loss."""

from lamp.training.loop import Loss, Progress, sample_order
from lamp.training.record import TrainingRecord, read_training
from lamp.training.settings import History, TrainingSettings
from lamp.training.train import train

__all__ = [
    "train",
    "TrainingSettings",
    "History",
    "Loss",
    "Progress",
    "sample_order",
    "read_training",
    "TrainingRecord",
]
