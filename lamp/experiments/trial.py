"""What a trial is, what came of it, and the files that hold that."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from torch import Tensor

from lamp.checkpoint import damage_errors, read_info, write_info
from lamp.data import hold_out
from lamp.experiments.lens import Sharpness
from lamp.experiments.settings import TrialSettings
from lamp.experiments.tasks import Task
from lamp.training.loop import BLOCK


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
    marks: tuple[Mark, ...]
    seconds: float
    data: str
    failure: str = ""

    @property
    def finished(self) -> bool:
        """Whether it came to its end, if only by diverging; a search stops some before."""
        seen = self.marks[-1].samples if self.marks else 0
        return bool(self.failure) or seen >= self.settings.training.samples

    @property
    def last(self) -> Judgement:
        """What the model was worth at its end, or where it was stopped."""
        return self.marks[-1].judged

    def until(self, mark: int) -> "Trial | None":
        """Return what was known of it at a mark, counted from 1; None if it has not come there."""
        due = due_samples(self.settings)[mark - 1]
        marks = tuple(found for found in self.marks if found.samples <= due)
        return replace(self, marks=marks) if marks and marks[-1].samples == due else None


def due_samples(settings: TrialSettings) -> list[int]:
    """Return after how many images a model is judged, at each of its marks.

    Marks part the budget equally; a training is looked at between blocks of batches, so that a mark
    is at the first look from there on. Those of a small budget may fall together.

    Example:
        >>> from lamp.experiments.settings import TaskSettings
        >>> from lamp.training import TrainingSettings
        >>> training = TrainingSettings(samples=2048)
        >>> due_samples(TrialSettings(task=TaskSettings(normal=3), training=training, marks=3))
        [1024, 1536, 2048]
    """
    size = settings.training.batch_size
    total = settings.training.steps * size
    look = max(1, BLOCK // size) * size
    parts = [total * (i + 1) // settings.marks for i in range(settings.marks)]
    return [min(total, max(1, -(-part // look)) * look) for part in parts]


@dataclass(frozen=True)
class Files:
    """Where the files of a trial are, all beginning with its key."""

    folder: Path
    settings: TrialSettings

    @property
    def checkpoint(self) -> Path:
        """Trained parameters."""
        return self.folder / f"{self.settings.key}.safetensors"

    @property
    def marks(self) -> Path:
        """Marks of a training that is not finished, or that diverged after them."""
        return self.folder / f"{self.settings.key}.marks.json"

    @property
    def result(self) -> Path:
        """The result."""
        return self.folder / f"{self.settings.key}.result.json"

    def write(self, trial: Trial) -> None:
        """Write the result, and remove what led to it unless that is all there is."""
        self._write(self.result, trial)
        if trial.marks:
            self.marks.unlink(missing_ok=True)

    def write_marks(self, trial: Trial) -> None:
        """Write how far a trial came."""
        self._write(self.marks, trial)

    def read(self, until: int | None = None) -> Trial | None:
        """Read what came of it, or what was known at a mark; None where that is still to be done.

        Raises:
            ValueError: If a file is damaged, was edited, or is of other settings.
        """
        whole = self._load(self.result) if self.result.is_file() else None
        if until is None or (whole is None and not self.marks.is_file()):
            return whole
        # What diverged later counts at a mark as it did before.
        if whole is None or whole.failure:
            early = self.read_marks()
            return (early and early.until(until)) or whole
        return whole.until(until)

    def read_marks(self) -> Trial | None:
        """Read how far an unfinished trial came, if it came to a mark."""
        return self._load(self.marks) if self.marks.is_file() else None

    def _write(self, path: Path, trial: Trial) -> None:
        """Write a trial, with a digest by which it is recognised."""
        document = {**asdict(trial), "settings": trial.settings.model_dump(mode="json")}
        write_info(path, {**document, "sha256": _digest(document)})

    def _load(self, path: Path) -> Trial:
        """Read a trial, whole or not, and check that it is what was written."""
        remedy = "remove it to do this trial anew"
        with damage_errors(path, remedy):
            found = read_info(path, remedy)
            if found.pop("sha256", None) != _digest(found):
                raise ValueError("its numbers are not those that were written")
            trial = _TRIAL.validate_python(found)
            if trial.settings != self.settings:
                raise ValueError(f"{path} is of other settings than its name says: remove it")
            samples = [mark.samples for mark in trial.marks]
            due = sorted(set(due_samples(trial.settings)))
            ended = not samples if trial.failure else samples == due
            if samples != due[: len(samples)] or (path == self.result and not ended):
                raise ValueError(f"it has marks at {samples} images, not at {due}")
        return trial


_TRIAL = TypeAdapter(Trial)


def _digest(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a JSON document without its own."""
    rest = {key: value for key, value in document.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True, eq=False)
class Split:
    """How the normal images of a trial are divided: indices, each in ascending order.

    Args:
        train: Trained on.
        choose: Held out: the error on them may be chosen by.
        calibrate: Held out, too, and left alone: they give the threshold of a detector. None
            unless the trial's settings ask for it.
    """

    train: Tensor
    choose: Tensor
    calibrate: Tensor


def split_indices(settings: TrialSettings, count: int) -> Split:
    """Divide so many normal images as a trial does.

    Args:
        settings: Whose seed, share of held-out images, and half to calibrate on.
        count: Number of normal images.

    Returns:
        The indices.

    Raises:
        ValueError: If there are too few.

    Example:
        >>> from lamp.experiments.settings import TaskSettings
        >>> split = split_indices(TrialSettings(task=TaskSettings(normal=3), calibrate=True), 40)
        >>> len(split.train), len(split.choose), len(split.calibrate)
        (36, 2, 2)
    """
    seed = settings.training.seed
    train, held_out = hold_out(count, settings.held_out, seed=seed)
    if not settings.calibrate:
        return Split(train=train, choose=held_out, calibrate=held_out[:0])
    if len(held_out) < 2:
        raise ValueError(
            f"expected at least 2 held-out images, half to choose by and half to calibrate on, got "
            f"{len(held_out)} of {count}: hold out a larger share"
        )
    choose, calibrate = hold_out(len(held_out), 0.5, seed=seed)
    return Split(train=train, choose=held_out[choose], calibrate=held_out[calibrate])


def split_normal(settings: TrialSettings, task: Task) -> tuple[Tensor, Tensor]:
    """Take the normal images of a trial that are trained on, and those that may be chosen by.

    Args:
        settings: Whose seed and share of held-out images.
        task: Whose images.

    Returns:
        Images to train on and images to choose by, each of shape (N, C, H, W).
    """
    split = split_indices(settings, len(task.normal))
    return task.normal[split.train], task.normal[split.choose]


def check_images(trial: Trial, task: Task) -> None:
    """Raise a ValueError if a stored trial is of other images than those of the task."""
    if trial.data != task.digest:
        raise ValueError(
            f"expected the images of {task.name} that the stored trials saw, got others: give "
            "another --out, or the data as they were"
        )
