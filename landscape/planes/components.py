"""Principal components of the offsets of many points from a center, tensor by tensor."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from landscape.planes.parameters import Parameters

Array = NDArray[np.float64]

_ENTRIES = 2**20  # of all points together that are in memory at a time: 8 MB
_WALKS = 64  # that are simulated where there are few dimensions
_DIMENSIONS = 10  # for each step from which on a walk is one in infinitely many


def gram_of(points: Sequence[Mapping[str, Tensor]], center: Mapping[str, Tensor]) -> Array:
    """Multiply the offsets of points with each other.

    Args:
        points: With the center's names; only pieces of a tensor of each are in memory at a time.
        center: Names and shapes.

    Returns:
        Inner products of `point - center`, in float64, shape (points, points).
    """
    gram = np.zeros((len(points), len(points)))
    for name in center:
        for rows, _ in _pieces(points, center, name):
            gram += (rows @ rows.T).numpy()
    return gram


def combine(
    points: Sequence[Mapping[str, Tensor]], center: Mapping[str, Tensor], weights: Array
) -> tuple[Parameters, ...]:
    """Add up the offsets of points from a center, with weights.

    Args:
        points: With the center's names.
        center: Names, shapes and dtypes.
        weights: Of each point in each sum, shape (sums, points).

    Returns:
        The sums, in CPU memory and in float32 at least.
    """
    factors = torch.from_numpy(weights)
    sums: list[Parameters] = [{} for _ in weights]
    for name, value in center.items():
        dtype = torch.promote_types(value.dtype, torch.float32)
        for total in sums:
            total[name] = torch.zeros(value.shape, dtype=dtype)
        for rows, piece in _pieces(points, center, name):
            for total, added in zip(sums, factors @ rows, strict=True):
                total[name].view(-1)[piece] = added.to(dtype)
    return tuple(sums)


def _pieces(
    points: Sequence[Mapping[str, Tensor]], center: Mapping[str, Tensor], name: str
) -> Iterator[tuple[Tensor, slice]]:
    """Yield pieces of the offsets of one tensor, shape (points, entries), and where they are."""
    if not center[name].is_floating_point():  # does not move
        return
    middle = center[name].detach().cpu().reshape(-1)
    flat = [point[name].reshape(-1) for point in points]
    size = max(1, _ENTRIES // len(points))
    for start in range(0, middle.numel(), size):
        piece = slice(start, start + size)
        rows = torch.stack([values[piece].double() for values in flat])
        yield rows - middle[piece].double(), piece


def principal(gram: Array) -> tuple[Array, Array]:
    """Find the two directions through the center along which offsets are longest.

    The singular vectors of the offsets themselves, not of their differences to a mean: the plane
    goes through the center, and of all such planes it leaves the least squared distance.

    Args:
        gram: Inner products of the offsets, shape (points, points).

    Returns:
        Weights of the offsets in each unit direction, shape (2, points), of which the first makes
        the first offset's coordinate positive and the second its largest one; and the squared
        length of all offsets along each, shape (2,).

    Example:
        >>> weights, squares = principal(np.diag([4.0, 9.0]))
        >>> weights.round(3).tolist(), squares.tolist()
        ([[0.0, 0.333], [0.5, 0.0]], [9.0, 4.0])
    """
    values, vectors = (np.asarray(part, np.float64) for part in np.linalg.eigh(gram))
    squares, found = values[:-3:-1], vectors[:, :-3:-1].T
    if found[0, 0] < 0:
        found[0] *= -1
    found[1] *= np.sign(found[1, np.abs(found[1]).argmax()])
    weights = found / np.sqrt(np.maximum(squares, np.finfo(float).tiny))[:, None]
    # Another build of LAPACK has other last bits, which the directions must not have.
    digits = 12 - int(np.ceil(np.log10(np.abs(weights).max())))
    return np.round(weights, digits) + 0.0, squares


def project(gram: Array, weights: Array) -> tuple[Array, Array]:
    """Find the nearest points of a plane by least squares.

    Args:
        gram: Inner products of the offsets, shape (points, points).
        weights: Of the offsets in each direction, shape (2, points).

    Returns:
        Coordinates, shape (points, 2), and distances from the plane, shape (points,).
    """
    along = weights @ gram
    coordinates = np.linalg.solve(along @ weights.T, along).astype(np.float64)
    square = np.diag(gram) - (coordinates * along).sum(axis=0)
    lost = 8 * np.finfo(float).eps * np.diag(gram)  # to rounding: such a point is on the plane
    distances: Array = np.sqrt(np.where(square > lost, square, 0.0))
    return coordinates.T, distances


def walk_shares(ages: Sequence[int], dimensions: int) -> Array:
    """Tell which shares of its squared distances a random walk's two components have.

    Offsets of a walk from its end have inner products that are in expectation, and in many
    dimensions almost surely, proportional to the smaller of both ages; for N equal steps the k-th
    eigenvalue is 1 / (4 sin^2(pi (2k - 1) / (4N + 2))), so that for large N the shares are
    8 / pi^2 = 81 % and 9 %. (Antognini & Sohl-Dickstein 2018, arXiv 1806.08805, have 61 % and 15 %
    for offsets from the mean of the walk.)

    Args:
        ages: Steps from each point to the end.
        dimensions: Number of parameters; where there are few, walks are simulated.

    Returns:
        Two shares.

    Example:
        >>> walk_shares(range(1, 1001), 10**6).round(3).tolist()
        [0.811, 0.09]
    """
    reach = np.array([age for age in ages if age > 0], float)
    gram = np.minimum(reach[:, None], reach)
    if dimensions >= _DIMENSIONS * reach.size:
        return _shares(gram)
    generator = np.random.default_rng(0)
    root = np.linalg.cholesky(gram)
    walks = (root @ generator.normal(size=(reach.size, dimensions)) for _ in range(_WALKS))
    shares: Array = np.mean([_shares(walk @ walk.T) for walk in walks], axis=0)
    return shares


def _shares(gram: Array) -> Array:
    """Return the shares of the two largest eigenvalues."""
    values = np.linalg.eigvalsh(gram)
    shares = np.zeros(2)
    shares[: values.size] = values[:-3:-1] / values.sum()
    return shares
