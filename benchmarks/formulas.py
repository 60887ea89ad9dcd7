"""Surfaces by formula with random parameters: features of known width, jumps, ripples, waves."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landscape.points.refinement import RESOLUTION

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Formula:
    """A surface over [-1, 1]^2.

    Args:
        name: Its kind and seed.
        value: Function of alpha, shape (1, A), and beta, shape (B, 1).
        is_too_narrow: Whether it has a feature below the resolution that is stated.
    """

    name: str
    value: Callable[[Array, Array], Array]
    is_too_narrow: bool = False


WIDTHS = (0.03, 0.05, 0.08, 0.12, 0.18)
"""Standard deviations of bumps; a bump is seen as a disc of about twice that radius."""
RADII = (0.06, 0.10, 0.15, 0.2)
"""Of discs with walls around them."""


def formulas(seed: int) -> Iterator[Formula]:
    """Yield one surface of each kind with the parameters of a seed."""
    generator = np.random.default_rng(seed)
    for width in WIDTHS:
        for sign, kind in ((0.5, "bump"), (-0.5, "dip")):
            at = generator.uniform(-0.9, 0.9, 2)
            yield Formula(f"{kind}-{width}-{seed}", _bump(at, width, sign), 2 * width < RESOLUTION)
    for radius in RADII:
        at = generator.uniform(-0.8, 0.8, 2)
        yield Formula(f"wall-{radius}-{seed}", _wall(at, radius), radius < RESOLUTION)
    phase, angle = generator.uniform(0, 1), generator.uniform(0, np.pi)
    yield Formula(f"aliased-{seed}", _aliased(4.0, phase * seed))
    yield Formula(f"stairs-{seed}", _stairs(2 + 2 * seed, angle))
    yield Formula(f"crease-{seed}", _crease(angle, phase))
    yield Formula(f"valley-{seed}", _valley(angle))
    for periods in (0.3, 0.7, 1.2):
        yield Formula(f"waves-{periods}-{seed}", _waves(generator, periods))


def _bowl(a: Array, b: Array) -> Array:
    return 1 + 5 * (a**2 + b**2)


def _bump(at: Array, width: float, height: float) -> Callable[[Array, Array], Array]:
    return lambda a, b: (
        _bowl(a, b) * (1 + height * np.exp(-((a - at[0]) ** 2 + (b - at[1]) ** 2) / (2 * width**2)))
    )


def _wall(at: Array, radius: float) -> Callable[[Array, Array], Array]:
    return lambda a, b: _bowl(a, b) * np.where(np.hypot(a - at[0], b - at[1]) < radius, 1e3, 1.0)


def _aliased(periods: float, phase: float) -> Callable[[Array, Array], Array]:
    """Return ripples that the nested 5 x 5 grid cannot tell from a constant."""
    return lambda a, b: (
        1 + 0.5 * np.sin(periods * np.pi * a) ** 2 * np.cos(phase + periods * np.pi * b) ** 2
    )


def _stairs(steps: float, angle: float) -> Callable[[Array, Array], Array]:
    def value(a: Array, b: Array) -> Array:
        along, across = np.cos(angle) * a + np.sin(angle) * b, np.cos(angle) * b - np.sin(angle) * a
        return np.floor(steps * (1 + 4 * along**2 + 2 * across**2)) / steps

    return value


def _crease(angle: float, height: float) -> Callable[[Array, Array], Array]:
    return lambda a, b: (
        1 + a**2 + b**2 + (0.2 + height) * np.abs(np.cos(angle) * a + np.sin(angle) * b - 0.2)
    )


def _valley(angle: float) -> Callable[[Array, Array], Array]:
    return lambda a, b: (
        0.02
        + (np.cos(angle) * a + np.sin(angle) * b + 0.3 * a * b) ** 2
        + 0.01 * (np.cos(angle) * b - np.sin(angle) * a) ** 2
    )


def _waves(generator: np.random.Generator, periods: float) -> Callable[[Array, Array], Array]:
    """Return the exponential of eight random waves of at most some periods over the grid."""
    frequency = generator.uniform(-np.pi * periods, np.pi * periods, (8, 2))
    phase, size = generator.uniform(0, 2 * np.pi, 8), generator.normal(0, 0.6, 8)
    return lambda a, b: np.exp(
        sum(
            s * np.sin(f[0] * a + f[1] * b + p)
            for s, f, p in zip(size, frequency, phase, strict=True)
        )
    )
