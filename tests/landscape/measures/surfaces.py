"""Surfaces with known answers."""

import numpy as np

from landscape.points.grid import axis
from landscape.surface import Surface


def make(
    function,
    *,
    radius=1.0,
    steps=51,
    planes=1,
    line=False,
    gram=None,
    center=None,
    alpha=None,
    **fields,
):
    """Evaluate function(alpha, beta, plane) on a grid."""
    alpha = axis(radius, steps) if alpha is None else alpha
    beta = np.zeros(1) if line else alpha
    grid = np.meshgrid(alpha, beta)
    loss = np.stack([function(*grid, plane) * np.ones(grid[0].shape) for plane in range(planes)])
    axes = 1 if line else 2
    gram = np.eye(axes) if gram is None else np.asarray(gram)
    if center is None:
        center = float(function(np.zeros(1), np.zeros(1), 0)[0])
    return Surface(
        **{
            "alpha": alpha,
            "beta": beta,
            "values": {"loss": loss},
            "status": np.ones(loss.shape, np.int8),
            "gram": np.broadcast_to(gram, (planes, axes, axes)),
            "center": {"loss": center},
            **fields,
        }
    )


def replace(surface, **fields):
    """Copy a surface with other fields."""
    names = ("alpha", "beta", "values", "status", "gram", "center", "metadata")
    return Surface(**{**{name: getattr(surface, name) for name in names}, **fields})


def with_loss(surface, change):
    """Copy a surface with a changed copy of its loss."""
    loss = surface.loss.copy()
    change(loss)
    return replace(surface, values={"loss": loss})


def bowl(curvature=4.0, floor=0.5, shift=(0.0, 0.0)):
    """Return f(a, b) = floor + curvature/2 |z - shift|^2."""
    return lambda a, b, _: floor + curvature / 2 * ((a - shift[0]) ** 2 + (b - shift[1]) ** 2)


def noisy(factors, *, planes=6, name="seed", **metadata):
    """Make bowls whose curvature varies by plane: 4 times the factors."""
    return make(
        lambda a, b, plane: 0.5 + 4 * factors[plane] * (a**2 + b**2),
        planes=planes,
        steps=11,
        metadata={name: 1, "normalize": "filter", **metadata},
    )
