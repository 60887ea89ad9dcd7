"""The surface file: HDF5 that survives anything, opened directly by `xarray.open_dataset`.

The file is complete from birth: it is written under a temporary name with every array allocated
and filled, then renamed. Afterwards values are only overwritten in place, first the values of a
point, then the mark that they count, each followed by a flush; so a process can die at any moment
and a reader can open the file at any moment. One process writes, under a lock file.
"""

import contextlib
import json
import os
import shutil
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import filelock
import h5py
import numpy as np
from numpy.typing import NDArray

from landscape.errors import SettingsMismatchError, SurfaceFileError
from landscape.surface.surface import Array, Status, Surface

SCHEMA = "landscape-surface"
SCHEMA_VERSION = 1

Point = tuple[int, int, int]
_Run = tuple[tuple[int, int, slice], int, int]
Directions = Sequence[Mapping[str, NDArray[np.float32]]]


@dataclass(frozen=True, kw_only=True)
class Blueprint:
    """Everything about a surface that is known before the first point is evaluated.

    Args:
        alpha: Coordinates along the first direction, shape (A,).
        beta: Coordinates along the second, shape (B,); one for a line.
        gram: Gram matrix of each plane, shape (plane, axes, axes).
        center: Value of each metric at the center.
        identity: What must agree for a file to be continued, JSON-able.
        provenance: How the file came to be; strings and numbers.
        directions: For each plane its directions by parameter name; empty to store none.
    """

    alpha: Array
    beta: Array
    gram: Array
    center: Mapping[str, float]
    identity: Mapping[str, Any]
    provenance: Mapping[str, str | int | float]
    directions: Sequence[Directions] = ()


def create(path: Path, blueprint: Blueprint) -> None:
    """Write a new surface file with every point missing, replacing any file of that name.

    Args:
        path: Where, in an existing folder.
        blueprint: What the file holds from birth.

    Raises:
        SurfaceFileError: If it cannot be written, or the disk has too little room.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    _check_space(path, blueprint)
    with _write_errors(path):
        try:
            with h5py.File(temporary, "w") as file:
                _fill(file, blueprint)
            with temporary.open("rb") as handle:
                os.fsync(handle.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def _fill(file: h5py.File, blueprint: Blueprint) -> None:
    """Write coordinates, empty arrays, directions and attributes."""
    planes, axes = blueprint.gram.shape[:2]
    coordinates = {
        "plane": np.arange(planes),
        "beta": blueprint.beta,
        "alpha": blueprint.alpha,
        "axis": np.arange(axes),
        "other_axis": np.arange(axes),
    }
    for name, values in coordinates.items():
        file.create_dataset(name, data=values).make_scale(name)
    shape = tuple(coordinates[name].size for name in ("plane", "beta", "alpha"))
    grid = ("plane", "beta", "alpha")
    for metric in blueprint.center:
        for name in (metric, f"{metric}_se", f"{metric}_delta_se"):
            _attach(file, _allocate(file, name, shape, np.float64, np.nan), grid)
    _attach(file, _allocate(file, "status", shape, np.int8, Status.MISSING), grid)
    file["status"].attrs["flag_values"] = np.array([int(s) for s in Status], np.int8)
    file["status"].attrs["flag_meanings"] = " ".join(s.name.lower() for s in Status)
    gram = file.create_dataset("gram", data=blueprint.gram)
    _attach(file, gram, ("plane", "axis", "other_axis"))
    for plane, directions in enumerate(blueprint.directions):
        for index, direction in enumerate(directions):
            group = file.create_group(f"directions/{plane}/{('alpha', 'beta')[index]}")
            for name, array in direction.items():
                # Not compressed: Gaussian numbers shrink by 7 % at forty times the cost.
                group.create_dataset(_escaped(name), data=array)
    attributes: dict[str, Any] = {"schema": SCHEMA, "schema_version": SCHEMA_VERSION}
    attributes |= {f"center_{name}": value for name, value in blueprint.center.items()}
    attributes |= {"config": _canonical(blueprint.identity), **blueprint.provenance}
    for name, value in attributes.items():
        file.attrs[name] = value


def _check_space(path: Path, blueprint: Blueprint) -> None:
    """Refuse to begin what the disk cannot hold."""
    points = blueprint.gram.shape[0] * blueprint.alpha.size * blueprint.beta.size
    arrays = (array for plane in blueprint.directions for one in plane for array in one.values())
    needed = points * (3 * 8 * len(blueprint.center) + 1) + sum(array.nbytes for array in arrays)
    free = shutil.disk_usage(path.parent).free
    if needed > free:
        raise SurfaceFileError(
            f"{path} needs {needed / 1e9:.3g} GB, but {free / 1e9:.3g} GB are free",
            hint="take fewer steps or planes, or store no directions (--no-store-directions)",
        )


@contextlib.contextmanager
def _write_errors(path: Path) -> Iterator[None]:
    """Say in one line what HDF5 says in many when it cannot write."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        number = error.errno if isinstance(error, OSError) else None
        reason = os.strerror(number) if number else " ".join(str(error).split())[:120]
        raise SurfaceFileError(
            f"cannot write {path}: {reason}",
            hint="points stored so far are safe; make room, then repeat the command to go on",
        ) from error


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Be the one process that creates or changes a surface file; its folder is made.

    Args:
        path: The surface file, which need not exist. A file `<path>.lock` stays beside it.

    Yields:
        Nothing.

    Raises:
        SurfaceFileError: If another process is writing, or the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(f"{path}.lock", timeout=0):
            yield
    except filelock.Timeout:
        raise SurfaceFileError(
            f"{path} is being written by another process",
            hint="wait for it, or read the file meanwhile: reading is always safe",
        ) from None
    except PermissionError as error:
        raise SurfaceFileError(f"cannot write {path}: {error.strerror}") from error


def _escaped(name: str) -> str:
    """Write a parameter's name so that HDF5 does not take it for a path."""
    return urllib.parse.quote(name, safe=" ")


def _allocate(
    file: h5py.File, name: str, shape: tuple[int, ...], dtype: type, fill: float
) -> h5py.Dataset:
    """Create a contiguous array whose every byte is on disk at once."""
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_layout(h5py.h5d.CONTIGUOUS)
    properties.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    properties.set_fill_value(np.array(fill, dtype))
    properties.set_obj_track_times(False)
    space = h5py.h5s.create_simple(shape)
    kind = h5py.h5t.py_create(np.dtype(dtype), logical=True)
    h5py.h5d.create(file.id, name.encode(), kind, space, properties)
    dataset: h5py.Dataset = file[name]
    return dataset


def _attach(file: h5py.File, dataset: h5py.Dataset, dimensions: Iterable[str]) -> None:
    """Name the dimensions of an array by their coordinate variables."""
    for index, name in enumerate(dimensions):
        dataset.dims[index].attach_scale(file[name])


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
        self._file = _open(self._path, "r+")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with _write_errors(self._path):
            self._file.close()

    def missing(self) -> list[Point]:
        """Return the points without a value as (plane, beta, alpha) indices.

        Returns:
            Points never tried in grid order, then those that failed before.
        """
        status = self._file["status"][...]
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
        with _write_errors(self._path):
            for name, numbers in values.items():
                dataset = self._file[name]
                for where, start, stop in runs:
                    dataset[where] = numbers[start:stop]
            self._mark(runs, Status.MEASURED)

    def fail(self, points: Sequence[Point]) -> None:
        """Mark points whose evaluation raised an error or killed its process.

        Args:
            points: Indices (plane, beta, alpha).

        Raises:
            SurfaceFileError: If the disk is full or gone.
        """
        with _write_errors(self._path):
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


def load(path: str | os.PathLike[str]) -> Surface:
    """Read a surface file, finished or not, also while another process writes to it.

    Args:
        path: A surface file.

    Returns:
        The surface; points not measured yet are NaN and have status 0.

    Raises:
        SurfaceFileError: If the file is missing or not a surface file.
    """
    with _open(Path(path), "r") as file:
        status = file["status"][...]
        names = [
            name
            for name, item in file.items()
            if isinstance(item, h5py.Dataset) and item.shape == status.shape and name != "status"
        ]
        metadata = {name: _plain(value) for name, value in file.attrs.items()}
        metadata["path"] = str(path)
        metadata["config"] = json.loads(metadata["config"])
        return Surface(
            alpha=file["alpha"][...],
            beta=file["beta"][...],
            values={
                name: np.where(status == Status.MEASURED, file[name][...], np.nan) for name in names
            },
            status=status,
            gram=file["gram"][...],
            center={
                name: float(metadata[f"center_{name}"]) for name in names if f"{name}_se" in names
            },
            metadata=metadata,
        )


def load_directions(path: str | os.PathLike[str]) -> list[list[dict[str, NDArray[np.float32]]]]:
    """Read the directions stored in a surface file.

    Args:
        path: A surface file.

    Returns:
        For each plane its directions by parameter name; empty where only seeds were stored.

    Raises:
        SurfaceFileError: If the file is missing or not a surface file.
    """
    with _open(Path(path), "r") as file:
        group = file.get("directions", {})
        return [
            [
                {urllib.parse.unquote(name): array[...] for name, array in axes[key].items()}
                for key in sorted(axes)
            ]
            for axes in (group[str(plane)] for plane in range(len(group)))
        ]


def check_identity(path: Path, blueprint: Blueprint) -> None:
    """Refuse to continue a file that holds the result of something else.

    Args:
        path: An existing surface file.
        blueprint: What was asked for.

    Raises:
        SettingsMismatchError: Naming the first key that differs, with both values.
    """
    with _open(path, "r") as file:
        stored = json.loads(_plain(file.attrs["config"]))
        center = {name: _plain(file.attrs.get(f"center_{name}")) for name in blueprint.center}
    hint = "choose another file, or replace this one with --overwrite (overwrite=True)"
    wanted = json.loads(_canonical(blueprint.identity))
    for key in [*wanted, *(set(stored) - set(wanted))]:
        old, new = stored.get(key, "nothing"), wanted.get(key, "nothing")
        if old != new:
            raise SettingsMismatchError(
                f"{path} was computed with {key} = {_short(old)}, not {_short(new)}", hint=hint
            )
    # The same parameters and data with another value: the code of model or loss has changed.
    for name, new in blueprint.center.items():
        if not np.isclose(center[name], new, rtol=1e-4, atol=1e-9):
            raise SettingsMismatchError(
                f"{path} has {name} = {center[name]:.6g} at the center, this problem {new:.6g}: "
                "the code of the model or the loss has changed",
                hint=hint,
            )


def _open(path: Path, mode: str) -> h5py.File:
    """Open a surface file without HDF5's own locking, which network file systems refuse."""
    if path.is_dir():
        raise SurfaceFileError(f"expected a surface file, got a folder: {path}")
    if not path.is_file():
        raise SurfaceFileError(f"no such file: {path}")
    try:
        file = h5py.File(path, mode, locking=False)
    except OSError as error:
        raise SurfaceFileError(f"{path} is not an HDF5 file, or is damaged: {error}") from error
    if _plain(file.attrs.get("schema", "")) != SCHEMA:
        file.close()
        raise SurfaceFileError(
            f"{path} is an HDF5 file, but not a surface file",
            hint="surface files are written by landscape.compute",
        )
    version = int(file.attrs["schema_version"])
    if version > SCHEMA_VERSION:
        file.close()
        raise SurfaceFileError(
            f"{path} has schema version {version}, newer than {SCHEMA_VERSION}",
            hint="update lamp-landscape",
        )
    return file


def _canonical(value: Mapping[str, Any]) -> str:
    """Write settings as one line of JSON with a fixed order."""
    return json.dumps(value, sort_keys=True)


def _plain(value: Any) -> Any:
    """Turn an HDF5 attribute into a Python value."""
    if isinstance(value, bytes):
        return value.decode()
    return value.item() if isinstance(value, np.generic) else value


def _short(value: Any) -> str:
    """Show a setting in an error message; a fingerprint by its first digits."""
    text = json.dumps(value)
    return f"{text[:13]}..." + '"' if len(text) > 60 else text
