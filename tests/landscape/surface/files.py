"""A small surface file and points to write to it."""

import numpy as np

from landscape.points.grid import axis
from landscape.surface.create import Blueprint

POINTS = [(0, 0, 0), (1, 2, 1), (1, 1, 3), (0, 2, 3)]
VALUES = {
    "loss": [1.5, float("nan"), float("inf"), -2.0],
    "loss_se": [0.1, 0.2, 0.3, 0.4],
    "loss_delta_se": [0.0, 1.0, 2.0, 3.0],
}


def blueprint(**changes) -> Blueprint:
    """Two planes of 3 x 5 points."""
    given = {
        "alpha": axis(1.0, 5),
        "beta": axis(2.0, 3),
        "gram": np.stack([np.eye(2), 2 * np.eye(2)]),
        "center": {"loss": 0.25},
        "identity": {"seed": 0, "normalize": "filter", "center": "a" * 64},
        "provenance": {"problem": "mine.py:build", "samples": 7},
    }
    return Blueprint(**(given | changes))


def directions():
    """Names and numbers for each plane and axis."""
    weight = np.arange(6, dtype=np.float32).reshape(2, 3)
    return [[{"0.weight": weight + i, "0.bias": np.float32(i)}] * 2 for i in range(2)]


def estimates(value, error=0.5):
    """Estimates of one plane."""
    return {
        "loss_estimate": np.full((3, 5), float(value)),
        "loss_estimate_error": np.full((3, 5), error),
    }
