"""One trial: train, judge at its marks, take the sharpness; resumable at every step."""

import copy
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor, nn

from lamp.checkpoint import write_info
from lamp.data import hold_out
from lamp.detection import anomaly_scores, auroc
from lamp.experiments.lens import Sharpness, measure_sharpness
from lamp.experiments.settings import TrialSettings
from lamp.experiments.tasks import Task, load_task
from lamp.losses.settings import make_loss
from lamp.models.batchnorm import batchnorms, recalibrate
from lamp.models.settings import make_model
from lamp.training import train
from lamp.training.resume import partial_state


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What a model is worth.

    Args:
        held_out: Mean score of held-out normal images: what may be chosen by.
        auroc: Area under the ROC curve of the test scores; None without normal and anomalous
            test images.
        sharpness: Under the common lens; None if it was not asked for.
    """

    held_out: float
    auroc: float | None
    sharpness: Sharpness | None = None


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A model judged at some point of its training.

    Args:
        samples: Images seen so far.
        judged: With the statistics of BatchNorm that its settings ask for, as a rule taken anew.
        running: With the running statistics, where others were asked for: as models are judged
            that are used as they come out of a training.
    """

    samples: int
    judged: Judgement
    running: Judgement | None = None


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What came of a trial.

    Args:
        settings: What it was.
        marks: How it stood at its marks, the last at its end; none if the training diverged.
        seconds: Time of the training.
        data: SHA-256 of the images.
        failure: Why there is no result, such as a loss that became NaN; empty where all is well.
    """

    settings: TrialSettings
    marks: Sequence[Mark]
    seconds: float
    data: str
    failure: str = ""

    @property
    def last(self) -> Judgement:
        """What the model was worth at its end."""
        return self.marks[-1].judged

    @property
    def sharpness(self) -> Sharpness | None:
        """The sharpness at its end; None if it diverged or that was not asked for."""
        return self.last.sharpness if self.marks else None


def run_trial(settings: TrialSettings, folder: Path, root: Path | None = None) -> Trial:
    """Run a trial, go on with it, or read what came of it.

    Files in the folder, all beginning with `settings.key`: the checkpoint, the marks so far, and
    at the end the result.

    Args:
        settings: Which.
        folder: Where its files are.
        root: Folder of the data.

    Returns:
        What came of it. A training that diverges is a result too.

    Raises:
        ValueError: If the stored result is of other images.
    """
    task = load_task(settings.task, root)
    files = Files(folder, settings)
    if files.result.exists():
        trial = files.read()
        check_images(trial, task)
        return trial
    train_on, held_out = split_normal(settings, task)
    judge = _Judge(files, train_on, held_out, task)
    model = make_model(settings.model, seed=settings.training.seed)
    marks: tuple[Mark, ...] = ()
    failure, seconds = "", 0.0
    try:
        seconds = _train(settings, model, train_on, judge)
        marks = judge.marks
    except FloatingPointError as error:
        failure = str(error)
    trial = Trial(
        settings=settings, marks=marks, seconds=seconds, data=task.digest, failure=failure
    )
    files.write(trial)
    return trial


@dataclass(frozen=True)
class Files:
    """Where the files of a trial are."""

    folder: Path
    settings: TrialSettings

    @property
    def checkpoint(self) -> Path:
        """Trained parameters."""
        return self.folder / f"{self.settings.key}.safetensors"

    @property
    def marks(self) -> Path:
        """Marks of a training that is not finished."""
        return self.folder / f"{self.settings.key}.marks.json"

    @property
    def result(self) -> Path:
        """The result."""
        return self.folder / f"{self.settings.key}.result.json"

    def write(self, trial: Trial) -> None:
        """Write the result, and remove what led to it."""
        document = {**asdict(trial), "settings": trial.settings.model_dump(mode="json")}
        write_info(self.result, document)
        self.marks.unlink(missing_ok=True)

    def read(self) -> Trial:
        """Read the result."""
        found = json.loads(self.result.read_text())
        if TrialSettings.model_validate(found["settings"]) != self.settings:
            raise ValueError(f"{self.result} is of other settings than its name says: remove it")
        return Trial(
            settings=self.settings,
            marks=tuple(_mark(mark) for mark in found["marks"]),
            seconds=found["seconds"],
            data=found["data"],
            failure=found["failure"],
        )


def _mark(found: dict[str, Any]) -> Mark:
    """Read a mark from its JSON."""
    parts = {name: found[name] and _judgement(found[name]) for name in ("judged", "running")}
    return Mark(samples=found["samples"], **parts)


def _judgement(found: dict[str, Any]) -> Judgement:
    """Read a judgement from its JSON."""
    sharpness = found["sharpness"]
    if sharpness is not None:
        sharpness = Sharpness(**{**sharpness, "radii": tuple(sharpness["radii"])})
    return Judgement(held_out=found["held_out"], auroc=found["auroc"], sharpness=sharpness)


class _Judge:
    """Judges a model whenever a mark is passed, and remembers what it found."""

    def __init__(self, files: Files, train_on: Tensor, held_out: Tensor, task: Task) -> None:
        self.files, self.train_on, self.held_out, self.task = files, train_on, held_out, task
        settings = files.settings
        total = settings.training.steps * settings.training.batch_size
        self.due = [total * (i + 1) // settings.marks for i in range(settings.marks)]
        self.found: dict[int, Mark] = {}
        if files.marks.exists():
            stored = json.loads(files.marks.read_text())
            self.found = {mark["samples"]: _mark(mark) for mark in stored["marks"]}

    @property
    def marks(self) -> tuple[Mark, ...]:
        """What was found, in order."""
        return tuple(self.found[samples] for samples in sorted(self.found))

    def __call__(self, model: nn.Module, samples: int) -> None:
        """Judge the model, before its BatchNorm is recalibrated, if it has passed a mark."""
        passed = sum(due <= samples for due in self.due)
        if passed <= sum(mark <= samples for mark in self.found):
            return
        model = copy.deepcopy(model).eval()  # its parameters are views while it is trained
        lens = self.files.settings.lens
        sharp = lens is not None and (lens.every_mark or passed == len(self.due))
        running = None
        if self.files.settings.training.recalibrate and batchnorms(model):
            running = self._judgement(model, sharp=sharp and lens is not None and lens.running)
            recalibrate(model, self.train_on)
        judged = self._judgement(model, sharp=sharp)
        self.found[samples] = Mark(samples=samples, judged=judged, running=running)
        write_info(self.files.marks, {"marks": [asdict(mark) for mark in self.marks]})

    def _judgement(self, model: nn.Module, *, sharp: bool) -> Judgement:
        """Score images, and take the sharpness if it is asked for."""
        lens = self.files.settings.lens
        area = None
        if self.task.test is not None and self.task.labels is not None:
            area = auroc(_finite(anomaly_scores(model, self.task.test)), self.task.labels)
        return Judgement(
            held_out=_finite(anomaly_scores(model, self.held_out)).mean().item(),
            auroc=area,
            sharpness=measure_sharpness(model, self.train_on, lens) if lens and sharp else None,
        )


def _train(settings: TrialSettings, model: nn.Module, images: Tensor, judge: _Judge) -> float:
    """Train and judge; return the seconds that the training took."""
    partial = judge.files.checkpoint.with_suffix(".partial.safetensors")
    if partial.is_file():  # it may have died after this was written and before it was judged
        state, samples = partial_state(partial)
        stopped = make_model(settings.model)
        stopped.load_state_dict(state)
        judge(stopped, samples)
    return train(
        model,
        make_loss(settings.loss),
        images,
        settings.training,
        path=judge.files.checkpoint,
        progress=lambda done, _total, _info: judge(model, done),
    ).seconds


def split_normal(settings: TrialSettings, task: Task) -> tuple[Tensor, Tensor]:
    """Divide the normal images of a trial.

    Args:
        settings: Whose seed and share of held-out images.
        task: Whose images.

    Returns:
        Images to train on and images held out, each of shape (N, C, H, W).
    """
    train_on, held_out = hold_out(len(task.normal), settings.held_out, seed=settings.training.seed)
    return task.normal[train_on], task.normal[held_out]


def check_images(trial: Trial, task: Task) -> None:
    """Raise a ValueError if a stored trial is of other images than those of the task."""
    if trial.data != task.digest:
        raise ValueError(
            f"expected the images of {task.name} that the stored trials saw, got others: give "
            "another --out, or the data as they were"
        )


def _finite(scores: Any) -> Any:
    """Return scores, or raise a FloatingPointError if one is NaN or infinite."""
    if not np.isfinite(scores).all():
        raise FloatingPointError("scores are NaN or infinite: lower the learning rate")
    return scores
