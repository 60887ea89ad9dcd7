"""Surfaces as tables and arrays."""

import csv
import itertools
from pathlib import Path

import numpy as np

from landscape.surface.data import Surface
from landscape.surface.exchange.states import STATES, states


def write_csv(surface: Surface, path: Path) -> None:
    """Write one row a point, with every digit: plane, beta, alpha, status, and all numbers.

    Args:
        surface: The surface.
        path: Where.
    """
    names = sorted(surface.values, key=lambda name: name != "loss" and not name.startswith("loss_"))
    sides = (range(surface.planes), surface.beta.tolist(), surface.alpha.tolist())
    columns = [surface.values[name].ravel().tolist() for name in names]
    status = [STATES[code] for code in states(surface).ravel()]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["plane", "beta", "alpha", "status", *names])
        for point, row in zip(
            itertools.product(*sides), zip(status, *columns, strict=True), strict=True
        ):
            writer.writerow([*point, *row])


def write_array(surface: Surface, plane: int, metric: str, path: Path) -> None:
    """Write the known values of one metric as an array of shape (beta, alpha), or (alpha,).

    Args:
        surface: The surface.
        plane: Which of its planes.
        metric: Which of its metrics.
        path: Where.
    """
    known = surface.known(metric)[plane]
    with path.open("wb") as file:
        np.save(file, known[0] if surface.is_line else known)
