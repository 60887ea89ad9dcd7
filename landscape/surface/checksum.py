"""Checksums: a number that was changed after it was written is never believed.

A point, the estimates of a plane, and all that a file is born with have one each. The checksum of a
point also says whether the point counts: it agrees with the values only when all of them have been
written. `status`, written last, repeats that for other programs, and tells values that were changed
later (an error) from values whose writing was cut short (the point is missing).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from landscape.surface.data import Array, Status

Checksums = NDArray[np.uint64]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FAILED = np.uint64(0x5DEECE66D)


def point_checksums(where: NDArray[np.intp], arrays: Sequence[Array]) -> Checksums:
    """Mix the bits of all numbers of each point with its place.

    Every step is a bijection of 64 bits (splitmix64; Steele, Lea and Flood 2014, "Fast splittable
    pseudorandom number generators"), so that one changed number always changes the result, and
    several do but for one case in 2^64.

    Args:
        where: Position of each point in the flattened grid of all planes, shape (n,).
        arrays: The numbers of the points, shape (n,) each, in the order of `Layout.measured`.

    Returns:
        Shape (n,).

    Example:
        >>> one, other = point_checksums(np.array([0, 1]), [np.array([0.5, 0.5])])
        >>> bool(one == other)
        False
    """
    state = _mixed(where.astype(np.uint64))
    for array in arrays:
        state = _mixed(state ^ np.ascontiguousarray(array, np.float64).view(np.uint64))
    return state


def failed_checksums(where: NDArray[np.intp]) -> Checksums:
    """Return the checksums of points that failed, whatever numbers they have.

    Args:
        where: Position of each point in the flattened grid of all planes, shape (n,).

    Returns:
        Shape (n,).
    """
    return _mixed(_mixed(where.astype(np.uint64)) ^ _FAILED)


def settled_status(
    status: NDArray[np.int8], checksums: Checksums, arrays: Sequence[Array]
) -> tuple[NDArray[np.int8], NDArray[np.bool_]]:
    """Tell the state of every point from its numbers.

    Args:
        status: As stored, shape (plane, beta, alpha), read before the numbers.
        checksums: As stored, of that shape.
        arrays: The numbers as stored, of that shape, in the order of `Layout.measured`.

    Returns:
        `Status` of every point, also where its writer was killed before the status was stored; and
        which points have other numbers than were written, and count as missing.
    """
    where = np.arange(status.size)
    measured = point_checksums(where, [a.ravel() for a in arrays]).reshape(status.shape)
    failed = failed_checksums(where).reshape(status.shape)
    is_measured, is_failed = checksums == measured, checksums == failed
    damaged = (status == Status.MEASURED) & ~is_measured
    damaged |= (status == Status.FAILED) & (checksums == 0)
    damaged |= ~np.isin(status, [int(s) for s in Status])
    is_failed |= (status == Status.FAILED) & ~is_measured
    choices = [np.int8(Status.MISSING), np.int8(Status.MEASURED), np.int8(Status.FAILED)]
    settled: NDArray[np.int8] = np.select([damaged, is_measured, is_failed], choices, np.int8(0))
    return settled, damaged


def estimate_checksum(plane: int, arrays: Sequence[Array], error: float, *, done: bool) -> int:
    """Return the checksum of the estimates of a plane.

    Args:
        plane: Number of the plane.
        arrays: Its estimates, shape (beta, alpha) each, in the order of `Layout.estimated`.
        error: Largest estimated relative error.
        done: Whether the tolerance is met.

    Returns:
        64 bits, never 0, which stands for no estimates.
    """
    digest = hashlib.sha256(np.array([plane, error, done], "<f8").tobytes())
    for array in arrays:
        digest.update(np.ascontiguousarray(array, "<f8").tobytes())
    return int.from_bytes(digest.digest()[:8], "little") or 1


def head_digest(
    attributes: Mapping[str, str | int | float],
    numbers: Mapping[str, NDArray[np.generic]],
    places: Mapping[str, tuple[str, tuple[int, ...], int]],
) -> str:
    """Return the SHA-256 of all that a file is born with and that never changes.

    Args:
        attributes: Of the file.
        numbers: Coordinates and Gram matrices.
        places: Type, shape and position in the file of every array.

    Returns:
        64 hexadecimal digits.
    """
    shown = {
        name: (type(value).__name__, value.hex() if isinstance(value, float) else value)
        for name, value in attributes.items()
    }
    digest = hashlib.sha256(json.dumps([shown, places], sort_keys=True).encode())
    for name in sorted(numbers):
        digest.update(np.ascontiguousarray(numbers[name]).tobytes())
    return digest.hexdigest()


def _mixed(state: Checksums) -> Checksums:
    """Scatter 64 bits: the output function of splitmix64."""
    state = state + _STEP
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))
