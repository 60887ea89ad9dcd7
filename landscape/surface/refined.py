"""How far a surface with a tolerance is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Refined:
    """How far the planes of a surface with a tolerance are.

    Args:
        done: Whether the tolerance is met, shape (plane,).
        error: Largest estimated relative error where accuracy is owed, shape (plane,); infinite
            where a region is not understood at all, NaN before the first estimate.
    """

    done: NDArray[np.bool_]
    error: NDArray[np.float64]
