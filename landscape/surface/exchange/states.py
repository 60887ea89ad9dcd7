"""What is known of each point, as files for other programs say it."""

import numpy as np
from numpy.typing import NDArray

from landscape.surface.data import Status, Surface

_ESTIMATED = len(Status)
STATES = (*(status.name.lower() for status in Status), "estimated")
"""Names of the codes, which are those of a surface file but for the last."""


def states(surface: Surface) -> NDArray[np.int8]:
    """Return the code of each point.

    Args:
        surface: The surface.

    Returns:
        Indices of `STATES`, shape (plane, beta, alpha).
    """
    return np.where(surface.estimated, _ESTIMATED, surface.status).astype(np.int8)
