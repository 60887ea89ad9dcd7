"""What a contestant hands back."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Outcome:
    """A grid of losses over [-1, 1]^2 and the time that it took.

    Args:
        seconds: Wall time from the model and the data in memory to the values.
        values: Shape (beta, alpha); NaN where the contestant has no value on this grid.
        notes: What was chosen for this machine, in words or numbers.
    """

    seconds: float
    values: Array
    notes: dict[str, str | float] = field(default_factory=dict)


Run = Callable[[int], Outcome]
"""Evaluates a grid with so many points a side."""


def center_only(value: float, steps: int) -> Array:
    """Make a grid of which only the center is known."""
    values = np.full((steps, steps), np.nan)
    values[steps // 2, steps // 2] = value
    return values
