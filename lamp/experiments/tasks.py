"""The images of a task; files that were read last are kept."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from torch import Tensor

from lamp.checkpoint import fingerprint
from lamp.data import ImageSet, load_digits, load_folder, load_mnist, one_vs_rest
from lamp.data.tasks import LabelledImages, print_defects
from lamp.experiments.settings import TaskSettings


@dataclass(frozen=True, kw_only=True, eq=False)
class Task:
    """Images to train and to test on.

    Args:
        name: Of the task.
        normal: Normal images to train on or hold out, shape (N, C, H, W), float32 in [0, 1].
        test: Test images, shape (M, C, H, W); None unless there are normal and anomalous ones.
        labels: 0 for normal, 1 for anomalous test images, shape (M,), int64; None without them.
        digest: SHA-256 of all of them.
        notes: What was done to some images and must be known.
        files: The normal images as a set of files, which knows how bright black and white are; None
            if they come from elsewhere.
        test_files: The test images likewise, with kinds and masks.
    """

    name: str
    normal: Tensor
    test: Tensor | None
    labels: Tensor | None
    digest: str
    notes: tuple[str, ...] = ()
    files: ImageSet | None = None
    test_files: ImageSet | None = None


def load_task(settings: TaskSettings, root: Path | None) -> Task:
    """Read the images of a task; the files of the last call are kept.

    Args:
        settings: Which.
        root: Folder that holds MNIST, or that a category is relative to.

    Returns:
        The task.

    Raises:
        FileNotFoundError: If files are missing.
        ValueError: If there is no such class, an image is damaged, or no root where one is needed.
    """
    if settings.data == "folder":
        return _folder(settings, root)
    assert settings.normal is not None
    made = one_vs_rest(labelled_images(settings.data, settings.size, root), settings.normal)
    if settings.printed:
        test, labels = print_defects(made.test[made.labels == 0], seed=settings.normal)
        return _task(settings.name, made.train, test, labels)
    return _task(settings.name, made.train, made.test, made.labels)


@lru_cache(maxsize=1)
def labelled_images(data: str, size: int, root: Path | None) -> LabelledImages:
    """Read all images and labels of digits or MNIST; those of the last call are kept.

    Args:
        data: `digits` or `mnist`.
        size: Side in pixels of the digits.
        root: Folder that holds MNIST.

    Returns:
        Images and labels.

    Raises:
        FileNotFoundError: If files are missing.
        ValueError: If no root is given where one is needed.
    """
    if data == "digits":
        return load_digits(size)
    if root is None:
        raise ValueError(
            "mnist needs --data-root, the folder that holds it; `lamp data mnist --data-root DIR` "
            "downloads it there"
        )
    return load_mnist(root)


@lru_cache(maxsize=1)
def _folder(settings: TaskSettings, root: Path | None) -> Task:
    """Read a category."""
    assert settings.category is not None
    path = Path(settings.category) if root is None else root / settings.category
    found = load_folder(path, size=settings.size, channels=settings.channels)
    test = None if found.test is None else found.test.images
    labels = None if found.test is None else found.test.labels
    if labels is not None and len(set(labels.tolist())) < 2:
        test, labels = None, None
    task = _task(settings.name, found.train.images, test, labels)
    return replace(task, notes=found.notes, files=found.train, test_files=found.test)


def _task(name: str, normal: Tensor, test: Tensor | None, labels: Tensor | None) -> Task:
    """Put a task together with its fingerprint."""
    parts = {"normal": normal, "test": test, "labels": labels}
    present = {part: tensor for part, tensor in parts.items() if tensor is not None}
    return Task(name=name, normal=normal, test=test, labels=labels, digest=fingerprint(present))
