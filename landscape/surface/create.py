"""Create a surface file: HDF5 that survives anything, opened directly by `xarray.open_dataset`.

The file is complete from birth: it is written under a temporary name with every array allocated
and filled, then renamed. Afterwards values are only overwritten in place, first the values of a
point, then the mark that they count, each followed by a flush; so a process can die at any moment
and a reader can open the file at any moment. One process writes, under a lock file.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from landscape.errors import SurfaceFileError
from landscape.files import replacing, resolve
from landscape.surface.data import Array, Status
from landscape.surface.directions import Directions, size_of, write_directions
from landscape.surface.file import Disk, write_errors
from landscape.surface.head import NUMBERS, write_record
from landscape.surface.layout import SCHEMA, SCHEMA_VERSION, Layout
from landscape.surface.read import Contents


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
    def layout(self) -> Layout:
        """The arrays of the file."""
        shape = (self.gram.shape[0], self.beta.size, self.alpha.size)
        return Layout(tuple(self.center), shape, self.estimates)

    @property
    def attributes(self) -> dict[str, str | int | float]:
        """The attributes of the file, without its digest."""
        given: dict[str, str | int | float] = {
            "schema": SCHEMA,
            "schema_version": SCHEMA_VERSION,
            "metrics": " ".join(self.center),
            **{f"center_{name}": float(value) for name, value in self.center.items()},
            **{f"witness_{name}": float(value) for name, value in self.witness.items()},
            "config": canonical(self.identity),
            **self.provenance,
        }
        return {name: _storable(name, value) for name, value in given.items()}


def create(path: Path, blueprint: Blueprint) -> None:
    """Write a new surface file with every point missing, replacing any file of that name.

    Args:
        path: Where, in an existing folder, inside `writing(path)`; the target of a link is
            replaced, not the link.
        blueprint: What the file holds from birth.

    Raises:
        SurfaceFileError: If it cannot be written, or the disk has too little room.
    """
    with write_errors(path, hint="nothing is stored yet: make room, or choose another place"):
        _check_space(path, blueprint)
        with replacing(path) as temporary, Disk(temporary, "x+") as disk:
            try:
                with h5py.File(disk, "w") as file:
                    _fill(file, blueprint)
            finally:
                disk.check()  # in place of what HDF5 says when its bytes cannot be written


def blueprint_of(contents: Contents) -> Blueprint:
    """Return what a new file needs to be as a given one was at birth, without directions.

    Args:
        contents: Of the given file.

    Returns:
        The blueprint.
    """
    given, metrics = contents.attributes, contents.layout.metrics
    own = {"schema", "schema_version", "metrics", "config", "directions_digest"}
    own |= {f"{kind}_{name}" for kind in ("center", "witness") for name in metrics}
    numbers = contents.arrays
    return Blueprint(
        alpha=numbers["alpha"],
        beta=numbers["beta"],
        gram=numbers["gram"],
        center={name: float(given[f"center_{name}"]) for name in metrics},
        witness={
            name: float(given[f"witness_{name}"]) for name in metrics if f"witness_{name}" in given
        },
        identity=json.loads(str(given["config"])),
        provenance={name: value for name, value in given.items() if name not in own},
        estimates=contents.layout.estimates,
    )


def canonical(value: Mapping[str, Any]) -> str:
    """Write settings as one line of JSON with a fixed order.

    Args:
        value: The settings.

    Returns:
        The line.
    """
    return json.dumps(value, sort_keys=True)


def _check_space(path: Path, blueprint: Blueprint) -> None:
    """Refuse to begin what the disk cannot hold."""
    layout = blueprint.layout
    sizes = [
        np.dtype(dtype).itemsize * int(np.prod(layout.shape_of(name), dtype=object))
        for name, (_, dtype) in layout.arrays.items()
    ]
    needed = sum(sizes) + size_of(blueprint.directions)
    free = shutil.disk_usage(resolve(path).parent).free
    if needed > free:
        raise SurfaceFileError(
            f"{path} needs {needed / 1e9:.3g} GB, but {free / 1e9:.3g} GB are free",
            hint="take fewer steps or planes, or store no directions (--no-store-directions)",
        )


def _fill(file: h5py.File, blueprint: Blueprint) -> None:
    """Write empty arrays, coordinates, directions and attributes, then the digest of them."""
    layout = blueprint.layout
    numbers: dict[str, NDArray[Any]] = {
        name: np.arange(layout.sizes[name]) for name in ("plane", "axis", "other_axis")
    } | {"beta": blueprint.beta, "alpha": blueprint.alpha, "gram": blueprint.gram}
    for name, (dimensions, dtype) in layout.arrays.items():
        _allocate(file, name, layout.shape_of(name), dtype)
        if name in numbers:
            file[name][...] = numbers[name]
        if dimensions == (name,):
            file[name].make_scale(name)
    for name, (dimensions, _) in layout.arrays.items():
        for index, dimension in enumerate(dimensions if dimensions != (name,) else ()):
            file[name].dims[index].attach_scale(file[dimension])
    file["status"].attrs["flag_values"] = np.array([int(s) for s in Status], np.int8)
    file["status"].attrs["flag_meanings"] = " ".join(s.name.lower() for s in Status)
    attributes = blueprint.attributes
    if blueprint.directions:
        attributes["directions_digest"] = write_directions(file, blueprint.directions)
    file.flush()
    write_record(file, attributes, layout, {name: file[name][...] for name in NUMBERS})


def _allocate(file: h5py.File, name: str, shape: tuple[int, ...], dtype: str) -> None:
    """Create a contiguous array whose every byte is on disk at once: NaN, or 0 for integers."""
    kind = np.dtype(dtype)
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_layout(h5py.h5d.CONTIGUOUS)
    properties.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    properties.set_fill_value(np.array(np.nan if kind.kind == "f" else 0, kind))
    properties.set_obj_track_times(False)
    space = h5py.h5s.create_simple(shape)
    h5py.h5d.create(
        file.id, name.encode(), h5py.h5t.py_create(kind, logical=True), space, properties
    )


def _storable(name: str, value: str | int | float) -> str | int | float:
    """Return an attribute as HDF5 holds it: texts without NUL or bytes that are no UTF-8."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
    number = float(value) if isinstance(value, (float, np.floating)) else int(value)
    if isinstance(number, int) and not -(2**63) <= number < 2**63:
        raise SurfaceFileError(f"expected {name} to fit in 64 bits, got {number}")
    return number
