"""Labelled images, and the anomaly-detection tasks made of them."""

from dataclasses import dataclass

import numpy as np
import torch
from sklearn.datasets import load_digits as sklearn_digits
from sklearn.model_selection import train_test_split
from torch import Tensor
from torch.nn.functional import interpolate

NATIVE_SIZE = 8  # pixels a side
TEST_FRACTION = 0.3  # leaves 128 training and 55 test images a digit: few, but enough to rank
_SIDE = 8  # of a spot, as a part of the image's side: 4 pixels of 32


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


def load_digits(size: int = 16, *, seed: int = 0) -> LabelledImages:
    """Load the 1,797 handwritten digits of scikit-learn (UCI, Alpaydin and Kaynak 1998).

    Args:
        size: Side to which the 8 x 8 images are resized (bilinear), at least 8 pixels. The
            default is the smallest that an autoencoder of depth 4 takes.
        seed: Seed of the split: 70 % for training, 30 % for the test, stratified by digit.

    Returns:
        Images of shape (N, 1, size, size), scaled from 0..16 to [0, 1].

    Raises:
        ValueError: If `size` is below 8.

    Example:
        >>> digits = load_digits()
        >>> digits.train_images.shape, len(digits.test_labels), digits.classes
        (torch.Size([1257, 1, 16, 16]), 540, (0, 1, 2, 3, 4, 5, 6, 7, 8, 9))
    """
    if size < NATIVE_SIZE:
        raise ValueError(f"expected size of at least {NATIVE_SIZE}, the images' own, got {size}")
    bunch = sklearn_digits()
    labels = torch.from_numpy(bunch.target.astype(np.int64))
    images = torch.from_numpy(bunch.images.astype(np.float32))[:, None] / 16
    if size != NATIVE_SIZE:
        images = interpolate(images, (size, size), mode="bilinear", align_corners=False)
    train, test = train_test_split(
        np.arange(len(labels)), test_size=TEST_FRACTION, random_state=seed, stratify=labels.numpy()
    )
    return LabelledImages(
        name="digits",
        train_images=images[train],
        train_labels=labels[train],
        test_images=images[test],
        test_labels=labels[test],
    )


def print_defects(images: Tensor, *, seed: int) -> tuple[Tensor, Tensor]:
    """Print a spot on every second image: a square in which light and dark are exchanged.

    Its center is one of the brightest pixels of the image, so that it lies on what is shown. A
    detector that cannot find these defects is broken, whatever it is trained with.

    Args:
        images: Normal images, shape (N, C, H, W), in [0, 1]. Left as they are.
        seed: Of the places.

    Returns:
        The images, shape (N, C, H, W), and labels: 1 where a defect was printed, shape (N,), int64.

    Example:
        >>> images = torch.zeros(2, 1, 16, 16)
        >>> images[:, :, 8, 8] = 1.0
        >>> test, labels = print_defects(images, seed=0)
        >>> labels.tolist(), int((test != images).sum())
        ([0, 1], 4)
    """
    draw = np.random.default_rng(seed)
    result = images.clone()
    labels = torch.arange(len(images)) % 2
    height, width = images.shape[-2:]
    side = max(1, min(height, width) // _SIDE)
    for index in torch.nonzero(labels).flatten().tolist():
        bright = images[index].amax(0)
        places = torch.nonzero(bright > bright.max() / 2)
        row, column = places[int(draw.integers(len(places)))].tolist() if len(places) else (0, 0)
        top, left = (
            min(max(center - side // 2, 0), length - side)
            for center, length in ((row, height), (column, width))
        )
        spot = result[index, :, top : top + side, left : left + side]
        spot.copy_(1 - spot)
    return result, labels
