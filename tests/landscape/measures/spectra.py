"""Random planes of models whose Hessians have known spectra."""

import numpy as np

from landscape.points.grid import axis
from landscape.surface import Surface

EIGENVALUES = 2000


def spectrum(power, *, signed=False, seed=0):
    """Return eigenvalues i^-power, with random signs or without, of mean square 1 over planes."""
    values = np.arange(1.0, EIGENVALUES + 1) ** -power
    if signed:
        values *= np.random.default_rng(seed).choice([-1, 1], values.size)
    return values / np.abs(values).sum()


def random_planes(eigenvalues, planes, *, seed, steps=11):
    """Evaluate a loss over random planes through its near-minimum.

    f = 1 + g x + sum_i (20 l_i x_i^2 + 4 |l_i| x_i^3 + 4 |l_i| x_i^4) over directions whose entries
    are of order 1. The gradient moves the minimum by about a grid spacing, so that on some planes
    the center is the lowest point of the grid, on others not. Equal seeds give equal planes.
    """
    rng = np.random.default_rng(seed)
    a = axis(1, steps)
    alpha, beta = np.meshgrid(a, a)
    shape = (planes, steps, steps)
    loss, gram = np.empty(shape), np.empty((planes, 2, 2))
    slope = np.random.default_rng(99).standard_normal(EIGENVALUES) * np.sqrt(np.abs(eigenvalues))
    for plane in range(planes):
        d = rng.standard_normal((2, EIGENVALUES))
        d *= np.sqrt(EIGENVALUES) / np.linalg.norm(d, axis=1, keepdims=True)
        gram[plane] = d @ d.T / EIGENVALUES
        loss[plane] = 1 + 1.5 * (alpha * (d[0] @ slope) + beta * (d[1] @ slope))
        for order, factor in ((2, 20.0), (3, 4.0), (4, 4.0)):
            for j in range(order + 1):
                binomial = np.prod(np.arange(order, j, -1.0)) / np.prod(np.arange(1, order - j + 1))
                weight = eigenvalues if order == 2 else np.abs(eigenvalues)
                moment = (weight * d[0] ** j * d[1] ** (order - j)).sum()
                loss[plane] += factor * binomial * moment * alpha**j * beta ** (order - j)
    return Surface(
        alpha=a,
        beta=a,
        values={"loss": loss},
        status=np.ones(shape, np.int8),
        gram=gram,
        center={"loss": 1.0},
        metadata={"seed": seed},
    )
