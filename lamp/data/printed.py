"""Printed defects: anomalies that a reconstruction error can see, as a positive control."""

import numpy as np
import torch
from torch import Tensor

_SIDE = 8  # of a spot, as a part of the image's side: 4 pixels of 32


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
