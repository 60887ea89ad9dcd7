"""Judge a model at the marks of its training."""

import copy
from typing import Any

import numpy as np
from torch import nn

from lamp.detection import anomaly_scores, auroc
from lamp.experiments.lens import measure_sharpness
from lamp.experiments.tasks import Task
from lamp.experiments.trial import (
    Files,
    Judgement,
    Mark,
    Trial,
    check_images,
    due_samples,
    split_normal,
)
from lamp.models.batchnorm import batchnorms, recalibrate


class Judge:
    """Judges a model at the marks of its training, and remembers what it found.

    Args:
        files: Of the trial; what it found is written there, and taken up from there.
        task: Images.
    """

    def __init__(self, files: Files, task: Task) -> None:
        self.files, self.task, self.settings = files, task, files.settings
        self.train_on, self.choose = split_normal(self.settings, task)
        self.due = due_samples(self.settings)
        self.found: dict[int, Mark] = {}
        if stored := files.read_marks():
            check_images(stored, task)
            self.found = {mark.samples: mark for mark in stored.marks}

    def trial(self, seconds: float = 0.0, failure: str = "") -> Trial:
        """Return what came of the trial so far."""
        marks = tuple(self.found[samples] for samples in sorted(self.found))
        return Trial(
            settings=self.settings,
            marks=() if failure else marks,
            seconds=seconds,
            data=self.task.digest,
            failure=failure,
        )

    def __call__(self, model: nn.Module, samples: int) -> None:
        """Judge a copy of the model, its BatchNorm recalibrated, if it is at a mark."""
        if samples not in self.due or samples in self.found:
            return
        model = copy.deepcopy(model).eval()  # its parameters are views while it is trained
        lens = self.settings.lens
        sharp = lens is not None and (lens.every_mark or samples == self.due[-1])
        running = None
        if self.settings.training.recalibrate and batchnorms(model):
            running = self._judgement(model, sharp=sharp and lens is not None and lens.running)
            recalibrate(model, self.train_on)
        judged = self._judgement(model, sharp=sharp)
        self.found[samples] = Mark(samples=samples, judged=judged, running=running)
        self.files.write_marks(self.trial())

    def knows(self, samples: int) -> bool:
        """Tell whether all marks of a training that has seen so many samples were judged."""
        return all(due in self.found for due in self.due if due <= samples)

    def _judgement(self, model: nn.Module, *, sharp: bool) -> Judgement:
        """Score images, and take the sharpness if it is asked for."""
        lens = self.settings.lens
        area = None
        if self.task.test is not None and self.task.labels is not None:
            area = auroc(_finite(anomaly_scores(model, self.task.test)), self.task.labels)
        return Judgement(
            held_out=_finite(anomaly_scores(model, self.choose)).mean().item(),
            auroc=area,
            sharpness=measure_sharpness(model, self.train_on, lens) if lens and sharp else None,
        )


def _finite(scores: Any) -> Any:
    """Return scores, or raise a FloatingPointError if one is NaN or infinite."""
    if not np.isfinite(scores).all():
        raise FloatingPointError("scores are NaN or infinite: lower the learning rate")
    return scores
