"""Areas under curves of cumulated counts, many curves at once."""

import numpy as np
from numpy.typing import NDArray

Curves = NDArray[np.float64]


def area(x: Curves, y: Curves, limit: float = 1.0) -> Curves:
    """Compute the area under curves from x = 0 to x = limit, divided by the limit (trapezoids).

    Args:
        x: Shape (R, B) or (B,), each row ascending from above 0 to 1; (0, 0) is put before it.
        y: Same shape.
        limit: Where to stop, in (0, 1]; the point there is interpolated.

    Returns:
        Shape (R,) or a scalar.

    Example:
        >>> area(np.array([0.5, 1.0]), np.array([1.0, 1.0])).item()
        0.75
        >>> area(np.array([0.5, 1.0]), np.array([1.0, 1.0]), limit=0.25).item()
        0.25
    """
    right, left = x, np.concatenate([np.zeros_like(x[..., :1]), x[..., :-1]], axis=-1)
    before = np.concatenate([np.zeros_like(y[..., :1]), y[..., :-1]], axis=-1)
    width = right - left
    used = np.clip(limit - left, 0.0, width)
    # Height in the middle of the part of a trapezoid that lies before the limit.
    share = np.divide(used, width, out=np.zeros_like(used), where=width > 0)
    middle = before + (y - before) * share / 2
    result: Curves = np.sum(used * middle, axis=-1) / limit
    return result


def average_precision(false: Curves, true: Curves) -> Curves:
    """Compute average precision from cumulated counts of false and true alarms.

    Args:
        false: False alarms at each threshold, from the highest down, shape (R, B).
        true: True alarms, same shape; each row ends with the number of anomalous images.

    Returns:
        Shape (R,).

    Example:
        >>> average_precision(np.array([[0, 1, 1, 2]]), np.array([[1, 1, 2, 2]])).round(4)
        array([0.8333])
    """
    flagged = false + true
    precision = np.divide(true, flagged, out=np.zeros(flagged.shape), where=flagged > 0)
    found = np.diff(true, axis=-1, prepend=0)
    return np.asarray((found * precision).sum(-1) / true[..., -1])
