"""The digits that come with scikit-learn: real images, no download."""

import numpy as np
import torch
from sklearn.datasets import load_digits as sklearn_digits
from sklearn.model_selection import train_test_split
from torch.nn.functional import interpolate

from lamp.data.split import LabelledImages

NATIVE_SIZE = 8  # pixels a side
TEST_FRACTION = 0.3  # leaves 128 training and 55 test images a digit: few, but enough to rank


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
