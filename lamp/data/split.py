"""Labelled images, and anomaly-detection tasks made of them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True, eq=False)
class LabelledImages:
    """A classification data set, to make anomaly-detection tasks of.

    Args:
        name: Name of the data set, for files and figures.
        train_images: Shape (N, C, H, W), float32 in [0, 1].
        train_labels: Class of each, shape (N,), int64.
        test_images: Shape (M, C, H, W), float32 in [0, 1].
        test_labels: Shape (M,), int64.

    Raises:
        ValueError: If images and labels do not belong together.
    """

    name: str
    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor

    def __post_init__(self) -> None:
        pairs = {
            "training": (self.train_images, self.train_labels),
            "test": (self.test_images, self.test_labels),
        }
        for part, (images, labels) in pairs.items():
            if images.ndim != 4 or images.dtype != torch.float32:
                raise ValueError(
                    f"expected {part} images of shape (N, C, H, W) in float32, "
                    f"got {tuple(images.shape)} in {images.dtype}"
                )
            if labels.dtype != torch.int64 or labels.shape != images.shape[:1]:
                raise ValueError(
                    f"expected {images.shape[0]} {part} labels in int64, "
                    f"got shape {tuple(labels.shape)} in {labels.dtype}"
                )

    @property
    def classes(self) -> tuple[int, ...]:
        """The classes of the training images, in order."""
        return tuple(int(label) for label in torch.unique(self.train_labels))


@dataclass(frozen=True, kw_only=True, eq=False)
class OneVsRest:
    """An anomaly-detection task: one class is normal, all others are anomalous (section 3.1).

    Args:
        name: Name of the data set.
        normal: The normal class.
        train: Training images of the normal class only, shape (N, C, H, W), float32.
        test: All test images, shape (M, C, H, W), float32.
        labels: 0 for normal, 1 for anomalous test images, shape (M,), int64.
    """

    name: str
    normal: int
    train: Tensor
    test: Tensor
    labels: Tensor


def one_vs_rest(dataset: LabelledImages, normal: int) -> OneVsRest:
    """Make the task in which class `normal` is normal and every other one anomalous.

    Args:
        dataset: Labelled images.
        normal: A class of it.

    Returns:
        The task. Its training images are a copy, its test images are those of the data set.

    Raises:
        ValueError: If there is no such class.

    Example:
        >>> from lamp.data import load_digits
        >>> task = one_vs_rest(load_digits(8), 3)
        >>> task.train.shape, int((task.labels == 0).sum()), len(task.labels)
        (torch.Size([128, 1, 8, 8]), 55, 540)
    """
    if normal not in dataset.classes:
        raise ValueError(
            f"expected a class of {dataset.name}, one of {', '.join(map(str, dataset.classes))}, "
            f"got {normal}"
        )
    return OneVsRest(
        name=dataset.name,
        normal=normal,
        train=dataset.train_images[dataset.train_labels == normal],
        test=dataset.test_images,
        labels=(dataset.test_labels != normal).long(),
    )


def hold_out(count: int, fraction: float = 0.1, *, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Split normal images into those to train on and those held out.

    Held-out images are normal and were never trained on: their scores are what a new normal image
    will score. Thresholds and p-values come from them, never from test images.

    Args:
        count: Number of normal images.
        fraction: Share to hold out, in (0, 1); at least one image is, and one is left. A tenth
            costs the training little; p-values cannot be below 1 / (held-out images + 1).
        seed: Seed of the draw.

    Returns:
        Indices to train on and indices held out, each in ascending order, int64.

    Raises:
        ValueError: If there are fewer than two images, or the fraction is out of its range.

    Example:
        >>> train, held_out = hold_out(10, 0.2)
        >>> len(train), len(held_out), sorted([*train.tolist(), *held_out.tolist()])
        (8, 2, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    """
    if not 0 < fraction < 1:
        raise ValueError(f"expected a fraction between 0 and 1 to hold out, got {fraction}")
    if count < 2:
        raise ValueError(f"expected at least 2 normal images, to hold one of them out, got {count}")
    number = min(max(round(fraction * count), 1), count - 1)
    # A stream of its own: the same seed also orders the samples of a training.
    order = torch.from_numpy(np.random.default_rng([seed, 0x5011D]).permutation(count))
    return order[number:].sort().values, order[:number].sort().values


def copies(first: Tensor, second: Tensor | None = None) -> tuple[tuple[int, int], ...]:
    """Find images that are the same to the last bit, as copied files are.

    Copies on both sides of a split make held-out or test images known to the model: thresholds and
    metrics from them promise too much. Call it on the two sides of any split.

    Args:
        first: Shape (N, C, H, W).
        second: Shape (M, C, H, W). By default copies within `first` are looked for.

    Returns:
        Pairs (i, j): `second[j]` is a copy of `first[i]`, the first that is equal. Within one set,
        `first[j]` is a copy of `first[i]`, i < j.

    Example:
        >>> images = torch.tensor([1.0, 2.0, 1.0]).view(3, 1, 1, 1)
        >>> copies(images), copies(images[:2], images[2:])
        (((0, 2),), ((0, 0),))
    """
    known: dict[bytes, int] = {}
    pairs = []
    for index, digest in enumerate(map(_digest, first)):
        earlier = known.setdefault(digest, index)
        if second is None and earlier != index:
            pairs.append((earlier, index))
    if second is not None:
        digests = enumerate(map(_digest, second))
        pairs = [(known[digest], index) for index, digest in digests if digest in known]
    return tuple(pairs)


def about_copies(
    train: Tensor,
    train_paths: Sequence[Path],
    test: Tensor | None = None,
    test_paths: Sequence[Path] = (),
) -> list[str]:
    """Say that images are copies: of one another in training, or of training images in the test.

    Args:
        train: Images to train on, shape (N, C, H, W).
        train_paths: Their files.
        test: Test images, shape (M, C, H, W). By default copies within `train` are looked for.
        test_paths: Their files.

    Returns:
        One note, or none.
    """
    pairs = copies(train, test)
    if not pairs:
        return []
    there, here = (
        train_paths[pairs[0][0]],
        (train_paths if test is None else test_paths)[pairs[0][1]],
    )
    example = f"(such as {_short(here)}, a copy of {_short(there)})"
    if test is None:
        line = (
            f"train: {len(pairs)} of {len(train)} images are copies of others {example}: where one "
            "is held out and the other is not, the threshold is too low; remove them"
        )
    else:
        line = (
            f"test: {len(pairs)} of {len(test)} images are among those to train on {example}: "
            "their scores say nothing of new images; remove them on one side"
        )
    return [line]


def _digest(image: Tensor) -> bytes:
    """Return a digest of one image."""
    return hashlib.sha256(image.detach().cpu().contiguous().numpy().tobytes()).digest()


def _short(path: Path) -> str:
    """Name a file with its folder."""
    return f"{path.parent.name}/{path.name}"
