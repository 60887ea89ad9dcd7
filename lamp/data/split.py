"""Which normal images are held out, and which are copies of one another."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor


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
    known: dict[str, int] = {}
    pairs = []
    for index, digest in enumerate(digests(first)):
        earlier = known.setdefault(digest, index)
        if second is None and earlier != index:
            pairs.append((earlier, index))
    if second is not None:
        others = enumerate(digests(second))
        pairs = [(known[digest], index) for index, digest in others if digest in known]
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


def digests(images: Tensor) -> list[str]:
    """Return a digest of the pixels of each image, 8 bytes in hexadecimal.

    Two of a million different images have the same one with probability 3e-8.

    Args:
        images: Shape (N, C, H, W).

    Example:
        >>> digests(torch.zeros(1, 1, 1, 2))  # of eight zero bytes
        ['af5570f5a1810b7a']
    """
    rows = images.detach().cpu().flatten(1).contiguous().view(torch.uint8)
    return [hashlib.sha256(row.numpy().data).hexdigest()[:16] for row in rows]


def _short(path: Path) -> str:
    """Name a file with its folder."""
    return f"{path.parent.name}/{path.name}"
