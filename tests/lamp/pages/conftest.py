"""A surface to draw in pages."""

import numpy as np
import pytest

from landscape.surface import Surface


@pytest.fixture(scope="session")
def bowl() -> Surface:
    """1 at the center; doubles at radius 1/3, whatever the direction."""
    axis = np.linspace(-1, 1, 41)
    values = (1 + 9 * (axis**2 + axis[:, None] ** 2))[None]
    return Surface(
        alpha=axis,
        beta=axis,
        values={"loss": values},
        status=np.ones(values.shape, np.int8),
        gram=np.eye(2)[None],
        center={"loss": 1.0},
    )
