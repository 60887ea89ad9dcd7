"""One trial: train, judge at its marks, take the sharpness; resumable at every step."""

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
from lamp.losses.settings import make_loss
from lamp.models.settings import make_model
from lamp.training import train
from lamp.training.resume import partial_state
from lamp.trials.lens import Sharpness, measure_sharpness
from lamp.trials.settings import TrialSettings
from lamp.trials.tasks import Task, load_task


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A model judged at some point of its training.

    Args:
        samples: Images seen so far.
        held_out: Mean score of held-out normal images: what may be chosen by.
        auroc: Area under the ROC curve of the test scores; None without normal and anomalous
            test images.
    """

    samples: int
    held_out: float
    auroc: float | None


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What came of a trial.

    Args:
        settings: What it was.
        marks: How it stood at its marks, the last at its end; none if the training diverged.
        sharpness: Under the common lens; None if it was not asked for.
        seconds: Time of the training.
        data: SHA-256 of the images.
        failure: Why there is no result, such as a loss that became NaN; empty where all is well.
    """

    settings: TrialSettings
    marks: Sequence[Mark]
    sharpness: Sharpness | None
    seconds: float
    data: str
    failure: str = ""

    @property
    def last(self) -> Mark:
        """How it stood at its end."""
        return self.marks[-1]


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
    judge = _Judge(files, held_out, task)
    model = make_model(settings.model, seed=settings.training.seed)
    marks: tuple[Mark, ...] = ()
    sharpness = None
    failure, seconds = "", 0.0
    try:
        seconds = _train(settings, model, train_on, judge)
        marks = judge.marks
        if settings.lens is not None:
            sharpness = measure_sharpness(model, train_on, settings.lens)
    except FloatingPointError as error:
        failure = str(error)
    trial = Trial(
        settings=settings,
        marks=marks,
        sharpness=sharpness,
        seconds=seconds,
        data=task.digest,
        failure=failure,
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
        sharpness = found["sharpness"]
        if sharpness is not None:
            sharpness = Sharpness(**{**sharpness, "radii": tuple(sharpness["radii"])})
        return Trial(
            settings=self.settings,
            marks=tuple(Mark(**mark) for mark in found["marks"]),
            sharpness=sharpness,
            seconds=found["seconds"],
            data=found["data"],
            failure=found["failure"],
        )


class _Judge:
    """Judges a model whenever a mark is passed, and remembers what it found."""

    def __init__(self, files: Files, held_out: Tensor, task: Task) -> None:
        self.files, self.held_out, self.task = files, held_out, task
        settings = files.settings
        total = settings.training.steps * settings.training.batch_size
        self.due = [total * (i + 1) // settings.marks for i in range(settings.marks)]
        self.found: dict[int, Mark] = {}
        if files.marks.exists():
            stored = json.loads(files.marks.read_text())
            self.found = {mark["samples"]: Mark(**mark) for mark in stored["marks"]}

    @property
    def marks(self) -> tuple[Mark, ...]:
        """What was found, in order."""
        return tuple(self.found[samples] for samples in sorted(self.found))

    def __call__(self, model: nn.Module, samples: int) -> None:
        """Judge the model if it has passed a mark since it was last judged."""
        passed = sum(due <= samples for due in self.due)
        if passed <= sum(mark <= samples for mark in self.found):
            return
        self.found[samples] = Mark(
            samples=samples,
            held_out=_finite(anomaly_scores(model, self.held_out)).mean().item(),
            auroc=self._auroc(model),
        )
        write_info(self.files.marks, {"marks": [asdict(mark) for mark in self.marks]})

    def _auroc(self, model: nn.Module) -> float | None:
        """Score the test images, if there are any."""
        if self.task.test is None or self.task.labels is None:
            return None
        return auroc(_finite(anomaly_scores(model, self.task.test)), self.task.labels)


def _train(settings: TrialSettings, model: nn.Module, images: Tensor, judge: _Judge) -> float:
    """Train and judge; return the seconds that the training took."""
    partial = judge.files.checkpoint.with_suffix(".partial.safetensors")
    if partial.is_file():  # it may have died after this was written and before it was judged
        state, samples = partial_state(partial)
        stopped = make_model(settings.model)
        stopped.load_state_dict(state)
        judge(stopped, samples)
    history = train(
        model,
        make_loss(settings.loss),
        images,
        settings.training,
        path=judge.files.checkpoint,
        progress=lambda done, _total, _info: judge(model, done),
    )
    judge(model, int(history.samples[-1]))  # if it died between its end and the last mark
    return history.seconds


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
