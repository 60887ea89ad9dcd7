"""Write points to a surface file in place: values and checksum first, then the mark."""

import itertools
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import h5py
import numpy as np
from numpy.typing import NDArray

from landscape.errors import SurfaceFileError
from landscape.files import resolve
from landscape.surface.checksum import (
    Checksums,
    estimate_checksum,
    failed_checksums,
    point_checksums,
)
from landscape.surface.create import blueprint_of, create
from landscape.surface.data import Array, Status
from landscape.surface.file import Disk, damage_errors, where_it_is, write_errors
from landscape.surface.read import FINAL, RESTING, Contents, read_contents

Point = tuple[int, int, int]
"""Indices (plane, beta, alpha) of a point."""

_Run = tuple[tuple[int, int, slice], int, int]
_HINT = "points stored so far are safe; make room, then repeat the command to go on"
_SYNC_SECONDS = 0.5  # a power cut loses no more; a disk takes some milliseconds for each


class SurfaceWriter:
    """Writes points to a surface file, as a context manager inside `writing(path)`.

    A point counts as soon as its checksum agrees with its values, so that a killed process loses
    none. Twice a second, after the disk has said that values and checksums are safe from a power
    cut, `status` says so, too: what it marks is there, or has been damaged.

    Args:
        path: An existing surface file.

    Raises:
        SurfaceFileError: If the file is damaged, or not a surface file.
    """

    def __init__(self, path: Path) -> None:
        self._path = resolve(path)

    def __enter__(self) -> Self:
        with write_errors(self._path, hint="check that it exists and may be written"):
            self._disk = Disk(self._path, "r+")
        self._size = self._path.stat().st_size
        try:
            with damage_errors(self._path):
                self._file = h5py.File(self._disk, "r+")
                self._contents = read_contents(self._file, self._size, path=self._path)
        except BaseException:
            self._close()
            raise
        self._arrays = {name: self._file[name] for name in self._contents.layout.arrays}
        self._status = self._contents.status.copy()
        self._stored = self._status.copy()  # without what has not been written to the end
        self._unmarked = {(int(k), int(j)) for k, j, _ in np.argwhere(self._unmarked_yet())}
        self._resting: set[int] = set()
        self._lost = False
        self._synced = time.monotonic()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if self._disk.error is None and not self._lost:
                self._check_place()
                with write_errors(self._path, hint=_HINT):
                    self._mark()
                    self._rest()
        finally:
            self._close()

    def status(self) -> NDArray[np.int8]:
        """Return the `Status` of every point, shape (plane, beta, alpha)."""
        return self._status.copy()

    def values(self, plane: int, names: Iterable[str]) -> dict[str, Array]:
        """Return arrays of one plane, shape (beta, alpha) each.

        Args:
            plane: Number of the plane.
            names: Names of arrays of the file.

        Returns:
            The arrays; what is not measured is NaN.
        """
        return {name: self._contents.arrays[name][plane].copy() for name in names}

    def write(self, points: Sequence[Point], values: Mapping[str, Sequence[float] | Array]) -> None:
        """Store measured points: they count from now on.

        Args:
            points: Indices (plane, beta, alpha).
            values: For each array of measured numbers one number a point.

        Raises:
            SurfaceFileError: If the disk is full or gone, or the file was replaced.
        """
        names = self._contents.layout.measured
        numbers = {name: np.asarray(values[name], np.float64) for name in names}
        where = _where(points)
        for name, array in numbers.items():
            self._contents.arrays[name][where] = array
        flat = np.ravel_multi_index(where, self._status.shape)
        checksums = point_checksums(flat, list(numbers.values()))
        self._store(points, {**numbers, "checksum": checksums}, Status.MEASURED)

    def fail(self, points: Sequence[Point]) -> None:
        """Mark points whose evaluation raised an error or killed its process.

        Args:
            points: Indices (plane, beta, alpha).

        Raises:
            SurfaceFileError: If the disk is full or gone, or the file was replaced.
        """
        flat = np.ravel_multi_index(_where(points), self._status.shape)
        self._store(points, {"checksum": failed_checksums(flat)}, Status.FAILED)

    def estimate(
        self, plane: int, arrays: Mapping[str, Array], *, error: float, done: bool
    ) -> None:
        """Store the estimates of a plane, and only then whether they are final.

        Args:
            plane: Number of the plane.
            arrays: `<metric>_estimate` and `<metric>_estimate_error`, shape (beta, alpha) each.
            error: Largest estimated relative error where accuracy is asked for.
            done: Whether the tolerance is met.

        Raises:
            SurfaceFileError: If the disk is full or gone, or the file was replaced.
        """
        estimates = [arrays[name] for name in self._contents.layout.estimated]
        checksum = estimate_checksum(plane, estimates, error, done=done)
        self._check_place()
        self._resting.discard(plane)
        with write_errors(self._path, hint=_HINT):
            if self._arrays["refined"][plane]:  # the mark goes before what it marks
                self._arrays["refined"][plane] = 0
                self._flush()
                self._disk.sync()
            for name in self._contents.layout.estimated:
                self._arrays[name][plane] = arrays[name]
            self._arrays["estimated_error"][plane] = error
            self._arrays["estimate_checksum"][plane] = checksum
            self._flush()
            if not done:
                self._resting.add(plane)
                return
            self._disk.sync()
            self._arrays["refined"][plane] = FINAL
            self._flush()

    def _store(
        self, points: Sequence[Point], arrays: Mapping[str, Array | Checksums], status: Status
    ) -> None:
        """Write numbers of points, and twice a second the marks of all since the last time."""
        self._status[_where(points)] = status
        self._check_place()
        with write_errors(self._path, hint=_HINT):
            runs = list(_runs(points))
            for name, numbers in arrays.items():
                dataset = self._arrays[name]
                for where, start, stop in runs:
                    dataset[where] = numbers[start:stop]
            self._flush()
            self._stored[_where(points)] = status
            self._unmarked |= {(plane, row) for plane, row, _ in points}
            if time.monotonic() - self._synced >= _SYNC_SECONDS:
                self._mark()

    def _mark(self) -> None:
        """Let the disk keep what was written, then say in `status` that it is there."""
        if not self._unmarked:
            return
        self._disk.sync()
        for plane, row in sorted(self._unmarked):
            self._arrays["status"][plane, row] = self._stored[plane, row]
        self._flush()
        self._unmarked.clear()
        self._synced = time.monotonic()

    def _rest(self) -> None:
        """Mark estimates that are not final, but will not be changed for now."""
        if not self._resting:
            return
        self._disk.sync()
        for plane in sorted(self._resting):
            self._arrays["refined"][plane] = RESTING
        self._flush()

    def _unmarked_yet(self) -> NDArray[np.bool_]:
        """Tell where a killed process left points without their mark."""
        unmarked: NDArray[np.bool_] = self._arrays["status"][...] != self._status
        return unmarked

    def _flush(self) -> None:
        self._file.flush()
        self._disk.check()

    def _check_place(self) -> None:
        """Notice if another program took the file away; keep what was measured beside it."""
        what = where_it_is(self._disk.fileno(), self._path, self._size)
        if what:
            self._lost = True
            hint = "nothing had been measured yet: repeat the command"
            if (self._status == Status.MEASURED).any():
                place = _rescue(self._path, self._contents, self._status)
                hint = (
                    f"what was measured is in {place}: move that file to {self._path}, then "
                    "repeat the command to go on"
                )
            raise SurfaceFileError(f"{self._path} {what} while it was being written", hint=hint)

    def _close(self) -> None:
        try:
            if hasattr(self, "_file"):
                self._file.close()
        finally:
            self._disk.close()


def _where(points: Sequence[Point]) -> tuple[NDArray[np.intp], ...]:
    """Return the indices of points along each dimension of the arrays."""
    return tuple(np.array(points, np.intp).reshape(-1, 3).T)


def _rescue(path: Path, contents: Contents, status: NDArray[np.int8]) -> Path:
    """Store all measured points in a new file beside a lost one."""
    folder = path.parent if path.parent.is_dir() else Path(tempfile.gettempdir())
    names = (
        f"{path.stem}.rescued{number}{path.suffix}"
        for number in itertools.chain([""], itertools.count(2))
    )
    place = next(folder / name for name in names if not (folder / name).exists())
    create(place, blueprint_of(contents))
    points = np.argwhere(status == Status.MEASURED)
    where = tuple(points.T)
    with SurfaceWriter(place) as writer:
        writer.write(
            [(int(k), int(j), int(i)) for k, j, i in points],
            {name: contents.arrays[name][where] for name in contents.layout.measured},
        )
    return place


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
