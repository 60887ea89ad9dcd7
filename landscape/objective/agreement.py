"""Whether two forms of one computation give the same values up to rounding."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from landscape.objective.values import Sample

Values = Mapping[str, Sample]

# Of a value and the typical one at its point, in units of the dtype's rounding: 1e-5 in float32.
# Networks of up to 80 convolutions differ by 4 units between memory layouts, folded or not.
_UNITS = 84
_SMALL = 0.1  # of the same, for small losses: differences of large numbers carry their rounding
_LARGEST = 1e-2  # in half precision


@dataclass(frozen=True)
class TwoPoints:
    """Values at the center and away from it, where a loss may fail."""

    center: Values
    away: Values | None


def agree(found: TwoPoints, expected: TwoPoints, tolerance: float) -> bool:
    """Tell whether values are those expected, or the first of them, up to rounding.

    Args:
        found: Under some tuning.
        expected: As the caller's code computes them.
        tolerance: Relative; see `rounding`. 0 asks for the same bits.

    Returns:
        Whether they agree at both points.
    """
    if found.away is None or expected.away is None:
        same = found.away is expected.away
        return same and _close(found.center, expected.center, tolerance, {})
    small = {name: _SMALL * tolerance * _size(sample) for name, sample in expected.away.items()}
    return _close(found.center, expected.center, tolerance, small) and _close(
        found.away, expected.away, tolerance, small
    )


def _close(found: Values, expected: Values, tolerance: float, small: Mapping[str, float]) -> bool:
    """Compare all metrics at one point; where values are infinite or NaN, both have to be."""
    if list(found) != list(expected):
        return False
    for name, sample in found.items():
        wanted = expected[name].values[: sample.values.size]
        if wanted.shape != sample.values.shape:
            return False
        floor = tolerance * _size(expected[name]) + small.get(name, 0.0)
        if not np.allclose(sample.values, wanted, rtol=tolerance, atol=floor, equal_nan=True):
            return False
    return True


def _size(sample: Sample) -> float:
    """Return the typical size of a metric's values."""
    finite = np.abs(sample.values[np.isfinite(sample.values)])
    return float(finite.mean()) if finite.size else 0.0


def rounding(model: nn.Module) -> float:
    """Return the relative difference that rounding may cause in a deep network.

    Args:
        model: For the dtypes of its parameters.

    Returns:
        1e-5 in float32.
    """
    dtypes = {value.dtype for value in model.parameters() if value.is_floating_point()}
    unit = max((torch.finfo(dtype).eps for dtype in dtypes), default=0.0)
    return min(_UNITS * unit, _LARGEST)


def deviation(found: TwoPoints | None, expected: TwoPoints) -> tuple[float | None, float | None]:
    """Return the largest relative difference of a metric's mean at both points.

    Args:
        found: Under some tuning; None if the loss cannot be evaluated under it.
        expected: As the caller's code computes them.

    Returns:
        At the center and away from it; None where there is no such number.
    """
    if found is None:
        return None, None
    return _difference(found.center, expected.center), _difference(found.away, expected.away)


def _difference(found: Values | None, expected: Values | None) -> float | None:
    """Return the largest relative difference of a metric's mean at one point."""
    if found is None or expected is None:
        return None
    worst = 0.0
    for name, sample in found.items():
        mine, wanted = sample.mean, expected[name].mean
        if mine != wanted:
            worst = max(worst, abs(mine - wanted) / abs(wanted) if wanted else math.inf)
    return worst if math.isfinite(worst) else None
