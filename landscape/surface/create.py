"""Create a surface file: HDF5 that survives anything, opened directly by `xarray.open_dataset`.

The file is complete from birth: it is written under a temporary name with every array allocated
and filled, then renamed. Afterwards values are only overwritten in place, first the values of a
point, then the mark that they count, each followed by a flush; so a process can die at any moment
and a reader can open the file at any moment. One process writes, under a lock file.
"""

import json
import os
import shutil
import urllib.parse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from landscape.errors import SurfaceFileError
from landscape.surface.data import Array, Status
from landscape.surface.file import SCHEMA, SCHEMA_VERSION, write_errors

Directions = Sequence[Mapping[str, NDArray[np.float32]]]


@dataclass(frozen=True, kw_only=True)
class Blueprint:
    """Everything about a surface that is known before the first point is evaluated.

    Args:
        alpha: Coordinates along the first direction, shape (A,).
        beta: Coordinates along the second, shape (B,); one for a line.
        gram: Gram matrix of each plane, shape (plane, axes, axes).
        center: Value of each metric at the center.
        witness: Value of each metric at one fixed point away from the center, which tells whether
            the objective is still the same.
        identity: What must agree for a file to be continued, JSON-able; `directions` is their
            fingerprint.
        provenance: How the file came to be; strings and numbers.
        directions: For each plane its directions by parameter name; empty to store none.
        estimates: Whether points that are not measured will be estimated.
    """

    alpha: Array
    beta: Array
    gram: Array
    center: Mapping[str, float]
    identity: Mapping[str, Any]
    provenance: Mapping[str, str | int | float]
    witness: Mapping[str, float] = field(default_factory=dict)
    directions: Sequence[Directions] = ()
    estimates: bool = False

    @property
    def arrays(self) -> list[str]:
        """Names of the arrays of numbers over the grid."""
        kinds = ("", "_se", "_delta_se") + ("_estimate", "_estimate_error") * self.estimates
        return [f"{metric}{kind}" for metric in self.center for kind in kinds]


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
    with write_errors(path):
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
    for name in blueprint.arrays:
        _attach(file, _allocate(file, name, shape, np.float64, np.nan), grid)
    if blueprint.estimates:
        _attach(file, _allocate(file, "refined", shape[:1], np.int8, 0), grid[:1])
        _attach(file, _allocate(file, "estimated_error", shape[:1], np.float64, np.nan), grid[:1])
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
    attributes |= {f"witness_{name}": value for name, value in blueprint.witness.items()}
    attributes |= {"config": canonical(blueprint.identity), **blueprint.provenance}
    for name, value in attributes.items():
        file.attrs[name] = value


def _check_space(path: Path, blueprint: Blueprint) -> None:
    """Refuse to begin what the disk cannot hold."""
    points = blueprint.gram.shape[0] * blueprint.alpha.size * blueprint.beta.size
    arrays = (array for plane in blueprint.directions for one in plane for array in one.values())
    needed = points * (8 * len(blueprint.arrays) + 1) + sum(array.nbytes for array in arrays)
    free = shutil.disk_usage(path.parent).free
    if needed > free:
        raise SurfaceFileError(
            f"{path} needs {needed / 1e9:.3g} GB, but {free / 1e9:.3g} GB are free",
            hint="take fewer steps or planes, or store no directions (--no-store-directions)",
        )


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


def canonical(value: Mapping[str, Any]) -> str:
    """Write settings as one line of JSON with a fixed order."""
    return json.dumps(value, sort_keys=True)
