"""Values between the points of a grid, by blended parabolas."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landscape.surface.data import Array


@dataclass(frozen=True, eq=False)
class _Stencil:
    """What values at points need along one axis: few nodes in a row, and weights of these.

    Args:
        nodes: Numbers of the nodes of each point, shape (Q, few).
        smooth: Weights of blended parabolas, shape (Q, few).
        straight: Weights of the chord between the two nodes beside a point, shape (Q, few).
        curved: Weights of the curvature at these two nodes, each of shape (Q, few).
        bulge: Distance of a parabola of curvature 1 from its chord, shape (Q,).
    """

    nodes: NDArray[np.intp]
    smooth: Array
    straight: Array
    curved: tuple[Array, Array]
    bulge: Array


_Along = Callable[[_Stencil, Array], Array]
"""Takes a stencil and values at its nodes, shape (..., Q, few), to values, shape (..., Q)."""


def sample(alpha: Array, beta: Array, values: Array, points: Array) -> Array:
    """Interpolate at scattered points.

    Along each axis the parabola through three points is blended with the next one (Overhauser
    1968; on equal spacings Catmull-Rom): continuously differentiable, exact for quadratic
    surfaces, and local, so that a value that is not finite spoils its neighbourhood only. There
    the four corners of a cell serve instead, and a cell with a bad corner is infinite throughout.
    Beside a cliff such parabolas swing far below all values, to minima that are not there: beyond
    the values at both its ends a cell goes only as far as the curvature of the less curved end
    takes it, which a parabola needs, and not at all where these curve to different sides (as by
    the minmod limiter of flow solvers: Harten and Osher 1987).

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
    """Interpolate smoothly where all values that this touches are finite, else along chords."""
    apply = _on_grid if outer else _at_points
    stencils = _stencil(beta, rows), _stencil(alpha, columns)
    bad = ~np.isfinite(values)
    filled, marks = np.where(bad, 0.0, values), bad.astype(np.float64)
    result = apply(*stencils, filled, _smooth)
    if not bad.any():
        return result
    touched = [apply(*stencils, marks, along) > 0 for along in (_reached, _straight)]
    straight = apply(*stencils, filled, _straight)
    return np.where(touched[0], np.where(touched[1], np.inf, straight), result)


def _smooth(stencil: _Stencil, values: Array) -> Array:
    """Blend parabolas; beyond both ends of a cell only as far as both are curved like this."""
    value, chord, one, other = (
        (weights * values).sum(-1)
        for weights in (stencil.smooth, stencil.straight, *stencil.curved)
    )
    alike = np.where(np.sign(one) == np.sign(other), np.minimum(np.abs(one), np.abs(other)), 0.0)
    room = stencil.bulge * alike
    beside = np.where(stencil.straight != 0, values, np.nan)
    low, high = np.fmin.reduce(beside, axis=-1), np.fmax.reduce(beside, axis=-1)
    result: Array = np.clip(value, np.minimum(low, chord - room), np.maximum(high, chord + room))
    return result


def _straight(stencil: _Stencil, values: Array) -> Array:
    """Interpolate along chords."""
    result: Array = (stencil.straight * values).sum(-1)
    return result


def _reached(stencil: _Stencil, marks: Array) -> Array:
    """Count the marks that parabolas touch."""
    result: Array = ((stencil.smooth != 0) * marks).sum(-1)
    return result


def _on_grid(down: _Stencil, across: _Stencil, values: Array, along: _Along) -> Array:
    """Interpolate at every row and every column, shape (rows, columns)."""
    for stencil in (across, down):
        values = along(stencil, values[:, stencil.nodes]).T
    return values


def _at_points(down: _Stencil, across: _Stencil, values: Array, along: _Along) -> Array:
    """Interpolate at each pair of a row and a column, shape (pairs,)."""
    rows = [along(across, values[row[:, None], across.nodes]) for row in down.nodes.T]
    return along(down, np.stack(rows, axis=-1))


def _stencil(nodes: Array, points: Array) -> _Stencil:
    """Make the weights along one axis."""
    count, index = points.size, np.arange(points.size)
    if nodes.size == 1:  # a line's only row
        one, none = np.ones((count, 1)), np.zeros((count, 1))
        return _Stencil(np.zeros((count, 1), np.intp), one, one, (none, none), np.zeros(count))
    cell = np.clip(np.searchsorted(nodes, points, side="right") - 1, 0, nodes.size - 2)
    ends = nodes[cell], nodes[cell + 1]
    width = ends[1] - ends[0]
    share = (points - ends[0]) / width
    few = min(4, nodes.size)
    start = np.clip(cell - 1, 0, nodes.size - few)
    smooth, straight = np.zeros((count, few)), np.zeros((count, few))
    straight[index, cell - start] = 1.0 - share
    straight[index, cell - start + 1] = share
    for first, blend in ((cell - 1, 1.0 - share), (cell, share)):
        first = np.clip(first, 0, nodes.size - 3)  # at the border both are the same parabola
        near = nodes[first[:, None] + np.arange(3)]
        for j, (k, m) in enumerate(((1, 2), (0, 2), (0, 1))):
            above = (points - near[:, k]) * (points - near[:, m])
            below = (near[:, j] - near[:, k]) * (near[:, j] - near[:, m])
            smooth[index, first + j - start] += blend * above / below
    numbers = start[:, None] + np.arange(few)
    curved = _curvatures(nodes[numbers], ends)
    return _Stencil(numbers, smooth, straight, curved, share * (1.0 - share) * width**2 / 2)


def _curvatures(near: Array, ends: tuple[Array, Array]) -> tuple[Array, Array]:
    """Weight three or four nodes for the curvature at two places, extrapolated at a border."""
    found = np.zeros((2, *near.shape))
    for first, weights in zip((0, near.shape[1] - 3), found, strict=True):
        for j, (k, m) in enumerate(((1, 2), (0, 2), (0, 1))):
            x, y, z = (near[:, first + n] for n in (j, k, m))
            weights[:, first + j] = 2 / ((x - y) * (x - z))
    if near.shape[1] == 3:
        return found[0], found[0]
    shares = [((end - near[:, 1]) / (near[:, 2] - near[:, 1]))[:, None] for end in ends]
    one, other = (found[0] + share * (found[1] - found[0]) for share in shares)
    return one, other


def _divide(nodes: Array, factor: int) -> Array:
    """Divide each interval into equal parts."""
    index = np.arange((nodes.size - 1) * factor + 1) / factor
    return np.interp(index, np.arange(nodes.size), nodes)
