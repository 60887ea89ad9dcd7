"""Which numbers are black and white: one range for a whole data set, from its training images.

A camera of 12 bits writes files of 16 bits: divided by what the type can hold, its images end at
0.06. Divided by what each image holds, they could not be compared. So all images of a set share
one range, which a detector keeps and passes back in when it scores.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamp.data.pixels import Pixels

Intensity = tuple[float, float]
"""The numbers that are black and white in files of more than 8 bits."""

_BITS = (8, 10, 12, 14, 16, 20, 24, 32)  # that cameras and file types have
_OUTLIERS = 0.001  # share of an image's pixels that may be broken, at either end
_NARROW = 1 / 16  # share of a range below which more than 4 of its bits are idle


@dataclass(frozen=True)
class Levels:
    """What one image of more than 8 bits holds.

    Args:
        low: Its lowest number, but for single broken pixels.
        high: Its highest one.
        floating: Whether they are floating-point numbers.
    """

    low: float
    high: float
    floating: bool


def levels_of(pixels: NDArray[Any]) -> Levels:
    """Find the levels of an image of more than 8 bits, but for a thousandth of it at either end.

    Example:
        >>> hot = np.full(5000, 100, np.uint16)
        >>> hot[:2] = 65535
        >>> levels_of(hot)
        Levels(low=100.0, high=100.0, floating=False)
    """
    values = pixels.ravel()
    skipped = int(_OUTLIERS * values.size)
    ordered = np.partition(values, (skipped, values.size - 1 - skipped))
    low, high = ordered[skipped], ordered[values.size - 1 - skipped]
    return Levels(float(low), float(high), values.dtype.kind == "f")


def choose_intensity(found: Sequence[Levels]) -> Intensity:
    """Choose black and white for a set of images, from those to train on.

    Floating-point numbers within 0 to 1 stay as they are. Others are divided by 2^bits - 1, the
    least of 8, 10, 12, 14, 16, ... bits that holds them: then a set is the same in 8 and in more
    bits. Where numbers are negative, or leave more than 4 of the bits idle (temperatures), black
    and white are half their spread below and above them.

    Raises:
        ValueError: If integers and floating-point numbers are mixed.

    Example:
        >>> choose_intensity([Levels(12, 2866, False), Levels(40, 3001, False)])
        (0.0, 4095.0)
        >>> choose_intensity([Levels(29_000, 31_000, False)])
        (28000.0, 32000.0)
    """
    if len({levels.floating for levels in found}) > 1:
        raise ValueError(
            "expected files of more than 8 bits to hold either integers or floating-point numbers, "
            "got both: convert them to one kind"
        )
    low, high = min(levels.low for levels in found), max(levels.high for levels in found)
    if found[0].floating and low >= 0 and high <= 1:
        return 0.0, 1.0
    white = next((2.0**bits - 1 for bits in _BITS if high <= 2.0**bits - 1), high)
    if low >= 0 and (high - low >= _NARROW * white or low == high):
        return 0.0, white
    margin = (high - low) / 2
    return low - margin, high + margin


def scale(pixels: Pixels, intensity: Intensity) -> Pixels:
    """Bring numbers to [0, 1]; what is beyond black and white is cut.

    Example:
        >>> scale(np.array([0.0, 1023.75, 9000.0], np.float32), (0, 4095)).tolist()
        [0.0, 0.25, 1.0]
    """
    black, white = intensity
    return ((pixels - np.float32(black)) / np.float32(white - black)).clip(0, 1)


def about_intensity(
    found: Sequence[Levels], intensity: Intensity, *, images: int, given: bool
) -> tuple[str, ...]:
    """Say which numbers were taken as black and white, and whether images leave the range.

    Args:
        found: Of the images of more than 8 bits.
        intensity: Their black and white.
        images: How many images there are in all.
        given: Whether the range is that of other images.
    """
    black, white = intensity
    notes = []
    if 0 < len(found) < images:
        notes.append(f"{len(found)} of {images} files have more than 8 bits, the others 8")
    if not given and intensity not in ((0.0, 1.0), (0.0, 65535.0)):
        low, high = min(one.low for one in found), max(one.high for one in found)
        notes.append(
            f"numbers from {low:g} to {high:g} in files of more than 8 bits: {black:g} is taken as "
            f"black and {white:g} as white"
        )
    spread = white - black
    cut = sum(one.low < black - spread / 100 or one.high > white + spread / 100 for one in found)
    if cut:
        notes.append(
            f"{cut} images go beyond the black and white of the images to train on ({black:g} to "
            f"{white:g}) and were cut there: are they of the same camera?"
        )
    if given and max(one.high - one.low for one in found) < _NARROW * spread:
        notes.append(
            f"the numbers fill less than a sixteenth of the range of the images to train on "
            f"({black:g} to {white:g}): are they of the same camera?"
        )
    return tuple(notes)
