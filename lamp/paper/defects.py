"""Errors of reconstructions in normal images, in defects, and around them, for Fig. 4."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from lamp.data import NORMAL, ImageSet
from lamp.detection import auroc_difference, image_intervals, score_images
from lamp.experiments import TaskSettings, Trial, TrialSettings, check_images, load_task
from lamp.experiments.surfaces import trained_model
from lamp.paper.categories import Brightness, brightness_of
from lamp.paper.work import Work
from landscape.measures import Interval, mean_interval

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Errors:
    """How large the errors of one model are.

    Args:
        scores: Mean squared error of each test image, shape (N,).
        in_defects: Of the defective pixels of each defective image with a mask, shape (M,).
        around: Of the other pixels of the same images, shape (M,).
        labels: 0 for normal, 1 for anomalous test images, shape (N,).
        auroc: Of the scores, with its interval over test images.
        reconstructions: Shape (N, C, H, W).
    """

    scores: Array
    in_defects: Array
    around: Array
    labels: NDArray[np.int64]
    auroc: Interval
    reconstructions: NDArray[np.float32]

    @property
    def normal(self) -> float:
        """Mean over normal images."""
        return float(self.scores[self.labels == 0].mean())

    @property
    def anomalous(self) -> float:
        """Mean over anomalous images."""
        return float(self.scores[self.labels == 1].mean())

    @property
    def inside(self) -> float | None:
        """Mean over images of the error in defects; None without masks."""
        return _mean(self.in_defects)

    @property
    def outside(self) -> float | None:
        """Mean over the same images of the error around defects; None without masks."""
        return _mean(self.around)

    def row(self) -> dict[str, Any]:
        """Return a row of a table of files."""
        return {
            "auroc": self.auroc.value,
            "auroc_low": self.auroc.low,
            "auroc_high": self.auroc.high,
            "normal": self.normal,
            "defective": self.anomalous,
            "in_defects": self.inside,
            "around_defects": self.outside,
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class Category:
    """What was measured in one category.

    Args:
        task: Which.
        data: SHA-256 of its images.
        test: Test images.
        errors: Of every model, by the title of its loss, the base loss first.
        brightness: Of its images.
    """

    task: TaskSettings
    data: str
    test: ImageSet
    errors: dict[str, Errors]
    brightness: Brightness

    @property
    def name(self) -> str:
        """Name of the category, such as `screw`."""
        return Path(self.task.name).name.replace("_", " ")

    def mask(self, index: int) -> NDArray[np.bool_] | None:
        """Return the defective pixels of a test image, if they are known."""
        masks, known = self.test.masks, self.test.masked
        if masks is None or known is None or not known[index]:
            return None
        found: NDArray[np.bool_] = masks[index].numpy()
        return found

    @property
    def differences(self) -> dict[str, dict[str, Interval]]:
        """Every other model against that of the base loss (`compare_errors`)."""
        base, *others = self.errors
        return {title: compare_errors(self.errors[title], self.errors[base]) for title in others}


def check_there(task: TaskSettings, root: Path | None) -> None:
    """Raise a FileNotFoundError if a category is not where it is expected, or has no test images.

    Args:
        task: Names the category.
        root: Folder that holds it.

    Raises:
        FileNotFoundError: Saying where it is to be put.
    """
    if task.category is None:
        return
    remedy = (
        "put the category there in MVTec layout (train/good, test/<kind>, ground_truth/<defect>), "
        f"and give the folder that holds {task.category} as --data-root"
    )
    path = None if root is None else root / task.category
    if path is None or not path.is_dir():
        lacking = (
            f"{task.category}, got no --data-root"
            if path is None
            else f"{path}, got no such folder"
        )
        raise FileNotFoundError(f"expected images in {lacking}; {remedy}")
    if load_task(task, root).test is None:
        raise FileNotFoundError(f"expected normal and defective images in {path}/test; {remedy}")


def measure(work: Work, trials: Sequence[TrialSettings]) -> Category:
    """Reconstruct the test images of a category by all models.

    Args:
        work: Where and how; the models are trained, if they are not yet.
        trials: Of one category, alike in all but the loss, the base loss first.

    Returns:
        The measurements.

    Raises:
        FloatingPointError: If a training diverged.
        ValueError: If the models were trained on other images than those that are there.
    """
    task = trials[0].task
    test = images_to_test(task, work.root)
    found = load_task(task, work.root)
    done = work.run(trials)
    for trial in done:
        check_images(trial, found)
    return Category(
        task=task,
        data=found.digest,
        test=test,
        errors={trial.settings.loss.title: errors_of(trial, work.trials, test) for trial in done},
        brightness=brightness_of(found),
    )


def images_to_test(task: TaskSettings, root: Path | None) -> ImageSet:
    """Read the test images of a task with their masks.

    Args:
        task: A category, or digits or MNIST with printed defects.
        root: Folder of the data.

    Returns:
        With kinds, and masks where there are any. Printed pixels are those that differ from the
        image before.
    """
    found = load_task(task, root)
    if found.test_files is not None:
        return found.test_files
    before = load_task(task.model_copy(update={"printed": False}), root)
    test, labels = _known(found.test), _known(found.labels)
    masks = (test != _known(before.test)[_known(before.labels) == 0]).any(1)
    return ImageSet(
        paths=(),
        images=test,
        kinds=tuple("printed" if label else NORMAL for label in labels.tolist()),
        masks=masks,
        masked=masks.new_ones(len(masks)),
    )


def _mean(values: Array) -> float | None:
    """Average numbers; None without any."""
    return float(values.mean()) if values.size else None


def _known(part: Tensor | None) -> Tensor:
    """Return a part of a task that has it."""
    assert part is not None
    return part


def errors_of(trial: Trial, folder: Path, test: ImageSet) -> Errors:
    """Measure the errors of a trial's model on test images.

    Args:
        trial: Which.
        folder: Of the trials.
        test: With labels, and masks where there are any.

    Returns:
        The errors.

    Raises:
        FloatingPointError: If the training diverged.
    """
    scored = score_images(trained_model(trial, folder), test.images)
    assert test.labels is not None
    labels = test.labels.numpy()
    # The threshold is of F1 alone.
    area = image_intervals(scored.scores, labels, threshold=float(np.median(scored.scores)))
    found = area["image_AUROC"]
    pairs = [
        (error[mask].mean(dtype=np.float64), error[~mask].mean(dtype=np.float64))
        for error, mask in _with_defects(scored.maps, test)
    ]
    inside, outside = np.array(pairs, np.float64).reshape(-1, 2).T
    return Errors(
        scores=np.asarray(scored.scores),
        in_defects=inside,
        around=outside,
        labels=labels,
        auroc=Interval(found.value, found.low, found.high, len(labels)),
        reconstructions=scored.reconstructions.numpy(),
    )


def compare_errors(model: Errors, reference: Errors) -> dict[str, Interval]:
    """Compare two models image by image.

    Args:
        model: Errors of one model.
        reference: Errors of the other, in the same images.

    Returns:
        With intervals over images: `log_normal`, mean log ratio of the error of normal images;
        `log_standing_out`, that of how many times larger the error is in a defect than around it,
        NaN without masks; `auroc`, the difference.
    """
    normal = reference.labels == 0
    area = auroc_difference(model.scores, reference.scores, reference.labels)
    standing = np.log(model.in_defects / model.around)
    standing -= np.log(reference.in_defects / reference.around)
    return {
        "log_normal": mean_interval(np.log(model.scores[normal] / reference.scores[normal])),
        "log_standing_out": mean_interval(standing if standing.size else [np.nan]),
        "auroc": Interval(area.value, area.low, area.high, len(reference.labels)),
    }


def _with_defects(
    maps: NDArray[np.float32], test: ImageSet
) -> list[tuple[NDArray[np.float32], NDArray[np.bool_]]]:
    """List heat-maps and masks of images that are in part defective."""
    if test.masks is None or test.masked is None:
        return []
    masks = test.masks.numpy()
    known = test.masked.numpy() & masks.any((1, 2)) & ~masks.all((1, 2))
    return [(maps[index], masks[index]) for index in np.flatnonzero(known)]
