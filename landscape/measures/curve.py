"""A metric on a line or curve between two checkpoints, above the chord of its ends."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from landscape.surface.data import Array

_DRAWS = 20_000


@dataclass(frozen=True, eq=False, kw_only=True)
class Curve:
    """A metric on the straight line between two checkpoints, or on a curve.

    Args:
        metric: Its name.
        batchnorm: What BatchNorm does between them.
        higher_is_better: Whether it falls where the loss rises.
        t: Coordinates from 0 to 1, shape (T,).
        values: Means over samples, shape (T,).
        residuals: What each sample adds to the error of each mean, shape (T, N); None where the
            loss gives no values of samples.
        samples: How many have a weight.
        bent: Whether it is on a Bezier curve.
        low: Smallest value that the metric can have.
        high: Largest.
    """

    metric: str
    batchnorm: str
    higher_is_better: bool
    t: Array
    values: Array
    residuals: Array | None
    samples: int
    bent: bool = False
    low: float = -np.inf
    high: float = np.inf

    @property
    def name(self) -> str:
        """What it is beside others of its metric, such as `Bezier, recalibrated`."""
        return ", ".join(filter(None, ["Bezier" if self.bent else "", self.batchnorm])) or "line"

    @cached_property
    def chord(self) -> Array:
        """The straight line between the values at both ends."""
        return _chord(self.t, self.values)

    @cached_property
    def heights(self) -> Array:
        """How much worse than the chord each point is: above it, or below where more is better."""
        with np.errstate(invalid="ignore"):
            heights = self.values - self.chord
        heights[[0, -1]] = 0.0
        return np.asarray(0.0 - heights if self.higher_is_better else heights)  # 0, never -0

    @cached_property
    def standard_errors(self) -> Array:
        """Of the heights, paired over samples; NaN where they are unknown."""
        errors = self._errors
        if errors is None:
            return np.full(len(self.t), np.nan)
        scale = self.samples / (self.samples - 1)
        return np.asarray(np.sqrt(np.square(errors).sum(1) * scale))

    def multiple(self, confidence: float) -> float:
        """Return how many standard errors no height deviates more than, with this probability."""
        errors = self._errors
        if errors is None:
            return math.nan
        moving = self.standard_errors > 0
        if not moving.any():
            return 0.0
        rows = errors[moving]
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)  # they sum to 0 already
        values, vectors = np.linalg.eigh(rows @ rows.T)
        generator = np.random.default_rng(0)
        normal = generator.standard_normal((_DRAWS, len(rows)))
        deviations = normal @ (vectors * np.sqrt(np.maximum(values, 0.0))).T
        # Standard errors are estimated too: Student's t with one error for all.
        freedom = self.samples - 1
        spread = np.sqrt(generator.chisquare(freedom, _DRAWS) / freedom)
        return float(np.quantile(np.abs(deviations).max(1) / spread, confidence))

    @cached_property
    def _errors(self) -> Array | None:
        """What each sample adds to the error of each height."""
        if self.residuals is None or self.samples < 2:
            return None
        errors = self.residuals - _chord(self.t[:, None], self.residuals)
        errors[[0, -1]] = 0.0
        return errors


def _chord(t: Array, values: Array) -> Array:
    """Return the straight line between the first and the last of several values."""
    return np.asarray((1 - t) * values[0] + t * values[-1])
