"""A window around what a plane is made for, such as the path of an optimizer."""

import math
from collections.abc import Sequence

_MARGIN = 0.15  # of the longer side of what is inside
_SLIM = 0.6  # least share of the longer side that the shorter one gets


def window_around(reach: Sequence[tuple[float, float]], steps: int) -> tuple[float, ...]:
    """Find ends such that the given ranges are inside with margins and 0 is on the grid.

    The shorter side is made more than half the longer one: figures are to scale then.

    Args:
        reach: Lowest and highest coordinate of what is to be inside, for each direction.
        steps: Points per side, at least 3.

    Returns:
        Lowest and highest coordinate for each direction, with three digits for a step.

    Example:
        >>> window_around([(0.0, 8.0), (-1.0, 1.0)], 11)
        (-2.3, 9.2, -3.12, 3.12)
    """
    whole = [(min(low, 0.0), max(high, 0.0)) for low, high in reach]
    margin = _MARGIN * max(high - low for low, high in whole)
    padded = [(low - margin, high + margin) for low, high in whole]
    least = _SLIM * max(high - low for low, high in padded)
    ends: list[float] = []
    for low, high in padded:
        more = max(0.0, least - (high - low)) / 2
        ends += _with_zero(low - more, high + more, steps)
    return tuple(ends)


def _with_zero(low: float, high: float, steps: int) -> tuple[float, float]:
    """Widen a range as little as puts 0 on its grid, which it contains."""
    size, before = min(
        (max(-low / count, high / (steps - 1 - count)), count) for count in range(1, steps - 1)
    )
    digits = 2 - math.floor(math.log10(size))
    size = math.ceil(size * 10**digits) / 10**digits
    return round(-before * size, digits), round((steps - 1 - before) * size, digits)
