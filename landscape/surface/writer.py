"""Write points to a surface file in place: values first, then the mark that they count."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from landscape.surface.data import Array, Status
from landscape.surface.file import open_file, write_errors

Point = tuple[int, int, int]
"""Indices (plane, beta, alpha) of a point."""

_Run = tuple[tuple[int, int, slice], int, int]


class SurfaceWriter:
    """Writes points to a surface file, as a context manager inside `writing(path)`.

    Args:
        path: An existing surface file.

    Raises:
        SurfaceFileError: If the file is not a surface file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        self._file = open_file(self._path, "r+")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with write_errors(self._path):
            self._file.close()

    def status(self) -> NDArray[np.int8]:
        """Return the `Status` of every point, shape (plane, beta, alpha)."""
        status: NDArray[np.int8] = self._file["status"][...]
        return status

    def values(self, plane: int, names: Iterable[str]) -> dict[str, Array]:
        """Return arrays of one plane, shape (beta, alpha) each.

        Args:
            plane: Number of the plane.
            names: Names of arrays of the file.

        Returns:
            The arrays; what is not measured is NaN.
        """
        return {name: self._file[name][plane] for name in names}

    def missing(self) -> list[Point]:
        """Return the points without a value as (plane, beta, alpha) indices.

        Returns:
            Points never tried in grid order, then those that failed before.
        """
        status = self.status()
        kinds = (Status.MISSING, Status.FAILED)
        found = [np.argwhere(status == kind) for kind in kinds]
        return [(int(k), int(j), int(i)) for k, j, i in np.concatenate(found)]

    def write(self, points: Sequence[Point], values: Mapping[str, Sequence[float]]) -> None:
        """Store measured points: the values first, then the mark that they count.

        Args:
            points: Indices (plane, beta, alpha).
            values: For each array of the file one number a point.

        Raises:
            SurfaceFileError: If the disk is full or gone.
        """
        runs = list(_runs(points))
        with write_errors(self._path):
            for name, numbers in values.items():
                dataset = self._file[name]
                for where, start, stop in runs:
                    dataset[where] = numbers[start:stop]
            self._mark(runs, Status.MEASURED)

    def estimate(
        self, plane: int, arrays: Mapping[str, Array], *, error: float, done: bool
    ) -> None:
        """Store the estimates of a plane, and only then whether they are final.

        Args:
            plane: Number of the plane.
            arrays: `<metric>_estimate` and `<metric>_estimate_error`, shape (beta, alpha) each.
            error: Largest estimated relative error where accuracy is owed.
            done: Whether the tolerance is met.

        Raises:
            SurfaceFileError: If the disk is full or gone.
        """
        with write_errors(self._path):
            for name, values in arrays.items():
                self._file[name][plane] = values
            self._file["estimated_error"][plane] = error
            self._file.flush()
            self._file["refined"][plane] = done
            self._file.flush()

    def fail(self, points: Sequence[Point]) -> None:
        """Mark points whose evaluation raised an error or killed its process.

        Args:
            points: Indices (plane, beta, alpha).

        Raises:
            SurfaceFileError: If the disk is full or gone.
        """
        with write_errors(self._path):
            self._mark(list(_runs(points)), Status.FAILED)

    def _mark(self, runs: Sequence[_Run], status: Status) -> None:
        self._file.flush()
        for where, _, _ in runs:
            self._file["status"][where] = status
        self._file.flush()


def _runs(points: Sequence[Point]) -> Iterator[_Run]:
    """Join neighbours along alpha, which HDF5 writes in one piece.

    Yields:
        Index of a piece in the arrays, and its first and last + 1 position among the points.
    """
    start = 0
    for stop in range(1, len(points) + 1):
        plane, row, column = points[start]
        if stop < len(points) and points[stop] == (plane, row, column + stop - start):
            continue
        yield (plane, row, slice(column, column + stop - start)), start, stop
        start = stop
