"""What losses, models and trainings can be told, for settings and command lines: without torch.

Command lines read it for `--help`, which is to come at once.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import Field

Scope = Literal["sample", "batch", "none"]
"""Scope of LAMP's maximum (Eq. 2)."""

SMALLEST_EPSILON = 1e-7
"""Below, 1 - epsilon is 1 in single precision."""

Epsilon = Annotated[float, Field(ge=SMALLEST_EPSILON, lt=1)]
"""LAMP's epsilon (Eq. 2)."""

EPSILON = 0.1
"""The paper gives no value."""

Optimizer = Literal["adam", "sgd", "rmsprop"]
"""With torch's defaults; the three that the paper tries (section 3.1)."""

Rate = Annotated[float, Field(gt=0, allow_inf_nan=False)]
"""Learning rate."""

RATE = 1e-3
"""Adam's own."""

Depth = Annotated[int, Field(ge=1, le=12)]
"""Layers of the encoder, and of the decoder; 2^12 is the largest side."""

Width = Annotated[int, Field(ge=1, le=1024)]
"""Channels of the first layer."""

Samples = Annotated[int, Field(ge=1, le=10**12)]
"""Budget of a training, in images seen."""

BATCH_SIZE = 16
"""As in the paper for MVTec AD (section 3.4)."""

LossName = Literal["l2", "l1", "ssim", "bce", "l2-lamp", "l1-lamp", "ssim-lamp"]
"""Training losses; those that end in -lamp are amplified."""

READINGS: Mapping[str, Mapping[str, Any]] = {
    "literal": {},
    "detached": {"detach": True},
    "author": {"scale": "batch", "floor": 1.0},
    "author-signed": {"scale": "batch", "floor": 0.25},
    "batch": {"scale": "batch"},
    "none": {"scale": "none"},
    "scalar": {"scale": "batch", "per": "sample"},
}
"""Readings of Eq. 1 and 2, which leave open what the maximum ranges over and whether it moves.

`author` is the code that an author of the paper published in December 2022, eight months before the
preprint, for images in [0, 1]: `s = max(1, largest error of the batch)`. Errors of images in
[-1, 1] are four times as large, so that there it is, in terms of images in [0, 1], a maximum of at
least 1/4 (`author-signed`, for L2). The others do not depend on the range, but for `none`.
"""


def split_loss(name: str) -> tuple[str, Mapping[str, Any]]:
    """Take a loss and how its equations are read apart.

    Args:
        name: Such as `l2`, `l2-lamp` (read literally) or `l2-lamp:author`.

    Returns:
        The loss, and what its reading changes.

    Raises:
        ValueError: If there is no such loss or reading.

    Example:
        >>> split_loss("l2-lamp:detached")
        ('l2-lamp', {'detach': True})
    """
    loss, _, reading = name.partition(":")
    known = loss in get_args(LossName)
    if not known or (reading and (reading not in READINGS or not loss.endswith("-lamp"))):
        raise ValueError(
            f"expected losses among {', '.join(get_args(LossName))}, and for how the equations of "
            f"an amplified one are read its name with one of {', '.join(READINGS)}, such as "
            f"l2-lamp:author, got {name!r}"
        )
    return loss, READINGS.get(reading, {})


def check_encoder(*, size: int, depth: int, kernel_size: int) -> None:
    """Refuse numbers that make no encoder, each block of which halves the size of an image.

    Raises:
        ValueError: If kernels have no middle, or the size cannot be halved so often.
    """
    factor = 2**depth
    if kernel_size < 1 or kernel_size % 2 == 0:
        raise ValueError(
            f"expected an odd kernel_size, which leaves the size of an image as it is, "
            f"got {kernel_size}"
        )
    if size % factor:
        below = size - size % factor
        nearest = [str(near) for near in (below, below + factor) if near]
        raise ValueError(
            f"expected size to be a multiple of 2^depth = {factor}, got {size}: "
            f"resize or pad the images to {' or '.join(nearest)}, or use a smaller depth"
        )


def check_patches(patches: int, *, size: int, depth: int) -> None:
    """Refuse patches that leave no block, or do not tile.

    Raises:
        ValueError: If their number along a side is none that fits.
    """
    halvings = patches.bit_length() - 1
    if patches != 2**halvings or halvings >= depth or size % patches:
        raise ValueError(
            f"expected patches per side to be a power of two below 2^depth = {2**depth} "
            f"that divides the size, {size}, got {patches}"
        )
