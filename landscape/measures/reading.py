"""What a measure reads off one plane."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Reading:
    """One number from one plane, and what must be known about it.

    Args:
        value: The number; NaN where there is none.
        note: Why not, or that it is a bound; empty where all is well.
    """

    value: float
    note: str = ""


def relative(reading: Reading, center: float) -> Reading:
    """Divide by the value at the center.

    Args:
        reading: A number in units of the loss.
        center: The value at the center.

    Returns:
        The scale-free number; NaN where the center is not positive.
    """
    if not center > 0:
        return Reading(np.nan, f"needs a positive value at the center, which is {center:.4g}")
    return Reading(reading.value / center, reading.note)
