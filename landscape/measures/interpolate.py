"""Values between the points of a grid, by blended parabolas."""

import numpy as np
from numpy.typing import NDArray

from landscape.surface.data import Array

Weights = tuple[NDArray[np.intp], Array | NDArray[np.bool_]]
"""For each point the first node that it needs, shape (points,), and the weights of this node and
the next ones, shape (points, few)."""


def sample(alpha: Array, beta: Array, values: Array, points: Array) -> Array:
    """Interpolate at scattered points.

    Along each axis the parabola through three points is blended with the next one (Overhauser
    1968; on equal spacings Catmull-Rom): continuously differentiable, exact for quadratic
    surfaces, and local, so that a value that is not finite spoils its neighbourhood only. There
    the four corners of a cell serve instead, and a cell with a bad corner is infinite throughout.

    Args:
        alpha: Ascending coordinates, shape (A,), at least 3.
        beta: Ascending coordinates, shape (B,), at least 3; or one, for a line.
        values: Shape (B, A).
        points: (alpha, beta) inside the grid, shape (Q, 2).

    Returns:
        Shape (Q,).

    Example:
        >>> axis = np.linspace(-1, 1, 5)
        >>> bowl = axis**2 + axis[:, None] ** 2
        >>> sample(axis, axis, bowl, np.array([[0.3, 0.4]])).round(12)
        array([0.25])
    """
    return _interpolate(alpha, beta, values, points[:, 0], points[:, 1], outer=False)


def refine(alpha: Array, beta: Array, values: Array, factor: int) -> tuple[Array, Array, Array]:
    """Interpolate on a finer grid, as `sample` does.

    Args:
        alpha: Ascending coordinates, shape (A,).
        beta: Ascending coordinates, shape (B,).
        values: Shape (B, A).
        factor: New intervals for each old one.

    Returns:
        Finer alpha, beta, and values; the old points are among them, unchanged.
    """
    columns, rows = _divide(alpha, factor), _divide(beta, factor)
    return columns, rows, _interpolate(alpha, beta, values, columns, rows, outer=True)


def _interpolate(
    alpha: Array, beta: Array, values: Array, columns: Array, rows: Array, *, outer: bool
) -> Array:
    """Apply the smooth weights where all values they touch are finite, else the linear ones."""
    apply = _on_grid if outer else _at_points
    bad = ~np.isfinite(values)
    filled, marks = np.where(bad, 0.0, values), bad.astype(np.float64)
    smooth = _smooth(beta, rows), _smooth(alpha, columns)
    result = apply(*smooth, filled)
    if not bad.any():
        return result
    linear = _linear(beta, rows), _linear(alpha, columns)
    touched = [apply(_used(row), _used(column), marks) > 0 for row, column in (smooth, linear)]
    return np.where(touched[0], np.where(touched[1], np.inf, apply(*linear, filled)), result)


def _used(weights: Weights) -> Weights:
    """Mark the nodes that have a weight."""
    return weights[0], weights[1] != 0


def _on_grid(rows: Weights, columns: Weights, values: Array) -> Array:
    """Weight the values for every row with every column."""
    for first, weights in (rows, columns):
        parts = (weights[:, j, None] * values[first + j] for j in range(weights.shape[1]))
        values = sum(parts, np.zeros((len(first), values.shape[1]))).T
    return values


def _at_points(rows: Weights, columns: Weights, values: Array) -> Array:
    """Weight the values for each pair of a row and a column."""
    (down, by_row), (across, by_column) = rows, columns
    start, flat = down * values.shape[1] + across, values.ravel()
    total = np.zeros(len(start))
    for i in range(by_row.shape[1]):
        near = start + i * values.shape[1]
        parts = (by_column[:, j] * flat[near + j] for j in range(by_column.shape[1]))
        total += by_row[:, i] * sum(parts, np.zeros(len(start)))
    return total


def _linear(nodes: Array, points: Array) -> Weights:
    """Make the weights of linear interpolation."""
    if nodes.size == 1:
        return _alone(points)
    cell, share = _locate(nodes, points)
    return cell, np.stack([1.0 - share, share], axis=1)


def _smooth(nodes: Array, points: Array) -> Weights:
    """Make the weights of blended parabolas."""
    if nodes.size == 1:
        return _alone(points)
    cell, share = _locate(nodes, points)
    width = min(4, nodes.size)
    start = np.clip(cell - 1, 0, nodes.size - width)
    weights = np.zeros((points.size, width))
    index = np.arange(points.size)
    for first, blend in ((cell - 1, 1.0 - share), (cell, share)):
        first = np.clip(first, 0, nodes.size - 3)  # at the border both are the same parabola
        near = nodes[first[:, None] + np.arange(3)]
        for j, (k, m) in enumerate(((1, 2), (0, 2), (0, 1))):
            above = (points - near[:, k]) * (points - near[:, m])
            below = (near[:, j] - near[:, k]) * (near[:, j] - near[:, m])
            weights[index, first + j - start] += blend * above / below
    return start, weights


def _alone(points: Array) -> Weights:
    """Make the weights of a line's only row."""
    return np.zeros(points.size, np.intp), np.ones((points.size, 1))


def _locate(nodes: Array, points: Array) -> tuple[NDArray[np.intp], Array]:
    """Find each point's cell and how far through it the point lies, from 0 to 1."""
    cell = np.clip(np.searchsorted(nodes, points, side="right") - 1, 0, nodes.size - 2)
    return cell, (points - nodes[cell]) / (nodes[cell + 1] - nodes[cell])


def _divide(nodes: Array, factor: int) -> Array:
    """Divide each interval into equal parts."""
    index = np.arange((nodes.size - 1) * factor + 1) / factor
    return np.interp(index, np.arange(nodes.size), nodes)
