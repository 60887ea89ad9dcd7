"""Check what a surface file is born with, before anything else of it is read."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from landscape.errors import SurfaceFileError
from landscape.surface.checksum import head_digest
from landscape.surface.layout import GRID, GROUPS, SCHEMA_VERSION, Layout

Attributes = dict[str, str | int | float]
NUMBERS = ("plane", "beta", "alpha", "axis", "other_axis", "gram")
"""Arrays that are there from birth and never change."""
_LONGEST_TEXT = 2**26
_RECORD = "record/attributes"


def read_head(file: h5py.File, size: int, *, path: Path) -> tuple[Layout, Attributes]:
    """Check what never changes: attributes, kinds of arrays, coordinates and Gram matrices.

    Args:
        file: The file.
        size: Its size in bytes.
        path: Its name, for errors.

    Returns:
        Which arrays there are, and the attributes.

    Raises:
        ValueError: Or other errors of Python and HDF5, if it is damaged.
    """
    _check_schema(file, path)
    attributes, digest = _record(file, size)
    layout = _layout(file, attributes)
    places = _places_of(file, layout, size)
    numbers = {name: file[name][...] for name in NUMBERS}
    if head_digest(attributes, numbers, places) != digest:
        raise ValueError("settings, coordinates or Gram matrices are not those that were written")
    _check_numbers(numbers, imported="imported" in attributes)
    return layout, attributes


def write_record(
    file: h5py.File, attributes: Attributes, layout: Layout, numbers: Mapping[str, NDArray[Any]]
) -> None:
    """Store what `read_head` reads: attributes and the digest of all that never changes.

    The attributes of HDF5 are there for other programs: where a text in them is damaged, HDF5 may
    search for its end for ever.

    Args:
        file: A new file that has all of its arrays.
        attributes: Names and values.
        layout: Which arrays there are.
        numbers: Those that never change.
    """
    for name, value in attributes.items():
        file.attrs[name] = value
    digest = head_digest(attributes, numbers, _places_of(file, layout, file.id.get_filesize()))
    text = json.dumps({"digest": digest, "attributes": attributes})
    file.create_dataset(_RECORD, data=np.frombuffer(text.encode(), np.uint8))


def _places_of(
    file: h5py.File, layout: Layout, size: int
) -> dict[str, tuple[str, tuple[int, ...], int]]:
    """Check that every array is one piece inside the file, of the right type and shape.

    Args:
        file: The file.
        layout: Which arrays there must be.
        size: Of the file in bytes.

    Returns:
        Type, shape and position of each array.

    Raises:
        ValueError: If one is not, or there are other things in the file.
    """
    names = set(file)
    if names - GROUPS != set(layout.arrays):
        missing, more = set(layout.arrays) - names, names - set(layout.arrays) - GROUPS
        raise ValueError(f"arrays are missing ({_some(missing)}) or too many ({_some(more)})")
    places: dict[str, tuple[str, tuple[int, ...], int]] = {}
    total = 0
    for name, (_, dtype) in layout.arrays.items():
        dataset = inner_dataset(file, name)
        if (dataset.dtype.str, dataset.shape) != (dtype, layout.shape_of(name)):
            raise ValueError(
                f"expected {name} of type {dtype} and shape {layout.shape_of(name)}, got "
                f"{dataset.dtype.str} and {dataset.shape}"
            )
        offset = dataset.id.get_offset()
        total += dataset.nbytes
        if offset is None or offset + dataset.nbytes > size or total > size:
            raise ValueError(f"{name} lies outside of the file")
        places[name] = (dtype, dataset.shape, offset)
    return places


def inner_group(group: h5py.Group, name: str) -> h5py.Group:
    """Return a group of this file.

    Args:
        group: Where it is.
        name: Its name.

    Returns:
        The group.

    Raises:
        ValueError: If it is a link, or no group.
    """
    hard = isinstance(group.get(name, getlink=True), h5py.HardLink)
    if not hard or not isinstance(group[name], h5py.Group):
        raise ValueError(f"expected {name!r} to be a group")
    return group[name]


def inner_dataset(group: h5py.Group, name: str) -> h5py.Dataset:
    """Return an array whose bytes are one piece of this file and of no other.

    Args:
        group: Where it is.
        name: Its name.

    Returns:
        The array, not read.

    Raises:
        ValueError: If it is a link, a group, in pieces, compressed, or in another file.
    """
    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        raise ValueError(f"{name!r} is a link to something else")
    dataset = group[name]
    if not isinstance(dataset, h5py.Dataset):
        raise ValueError(f"expected {name!r} to be an array")
    properties = dataset.id.get_create_plist()
    if properties.get_layout() != h5py.h5d.CONTIGUOUS or properties.get_external_count():
        raise ValueError(f"expected {name!r} in one piece inside the file")
    return dataset


def _check_schema(file: h5py.File, path: Path) -> None:
    """Refuse other HDF5 files and other versions."""
    version = 0
    if "schema_version" in file.attrs and "schema" in file.attrs:
        handle = file.attrs.get_id("schema_version")
        version = int(file.attrs["schema_version"]) if handle.dtype == np.int64 else 0
    if version < 1:
        raise SurfaceFileError(
            f"{path} is an HDF5 file, but not a surface file",
            hint="surface files are written by landscape.compute",
        )
    if version > SCHEMA_VERSION:
        raise SurfaceFileError(
            f"{path} has schema version {version}, newer than {SCHEMA_VERSION}",
            hint="update lamp-landscape",
        )
    if version < SCHEMA_VERSION:
        raise SurfaceFileError(
            f"{path} has schema version {version}, which has no checksums and is not read any more",
            hint="compute it again with overwrite=True (--overwrite)",
        )


def _record(file: h5py.File, size: int) -> tuple[Attributes, str]:
    """Read the attributes and the digest."""
    dataset = inner_dataset(inner_group(file, "record"), "attributes")
    if dataset.dtype != np.uint8 or dataset.nbytes > min(size, _LONGEST_TEXT):
        raise ValueError("expected the settings as text inside the file")
    record = json.loads(dataset[...].tobytes())
    attributes = record["attributes"]
    for name, value in attributes.items():
        if not isinstance(value, (str, int, float)) or isinstance(value, bool):
            raise ValueError(f"expected a text or a number as {name!r}")
    for name in attributes["metrics"].split():
        if not isinstance(attributes[f"center_{name}"], float):
            raise ValueError(f"expected a number as center_{name}")
    return attributes, str(record["digest"])


def _layout(file: h5py.File, attributes: Attributes) -> Layout:
    """Tell which arrays there must be."""
    metrics = str(attributes["metrics"]).split()
    if "loss" not in metrics or len(set(metrics)) < len(metrics):
        raise ValueError(f"expected different metrics with 'loss' among them, got {_some(metrics)}")
    planes, rows, columns = (_length(file, name) for name in GRID)
    return Layout(tuple(metrics), (planes, rows, columns), estimates="refined" in file)


def _length(file: h5py.File, name: str) -> int:
    """Return the number of coordinates along a dimension."""
    shape = inner_dataset(file, name).shape
    if shape is None or len(shape) != 1 or shape[0] < 1:
        raise ValueError(f"expected at least one coordinate {name}, got shape {shape}")
    return int(shape[0])


def _check_numbers(numbers: Mapping[str, NDArray[Any]], *, imported: bool) -> None:
    """Refuse coordinates that do not ascend, and Gram matrices that are none."""
    for name in ("plane", "axis", "other_axis"):
        if not np.array_equal(numbers[name], np.arange(numbers[name].size)):
            raise ValueError(f"expected {name} to count from 0")
    for name in ("beta", "alpha"):
        if not (np.isfinite(numbers[name]).all() and (np.diff(numbers[name]) > 0).all()):
            raise ValueError(f"expected ascending finite coordinates {name}")
    gram = numbers["gram"]
    # Another program may not have kept its directions.
    known = gram[~np.isnan(gram).all(axis=(1, 2))] if imported else gram
    symmetric = np.allclose(known, known.transpose(0, 2, 1), rtol=1e-6, atol=0)
    if not (np.isfinite(known).all() and symmetric):
        raise ValueError("expected finite, symmetric Gram matrices")


def _some(names: Iterable[str]) -> str:
    """Show the first of some names."""
    return ", ".join(sorted(map(repr, names))[:3]) or "none"
