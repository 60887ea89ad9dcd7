"""Directions in a surface file, for those who want to evaluate the same planes elsewhere."""

import hashlib
import os
import urllib.parse
from collections.abc import Mapping, Sequence
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from landscape.surface.file import open_file
from landscape.surface.head import inner_dataset, inner_group, read_head

Direction = dict[str, NDArray[np.float32]]
Directions = Sequence[Mapping[str, NDArray[np.float32]]]
_AXES = ("alpha", "beta")


def size_of(planes: Sequence[Directions]) -> int:
    """Return the bytes that directions take, which are as large as each other.

    Args:
        planes: For each plane its directions by parameter name.

    Returns:
        Their size.
    """
    each = sum(array.nbytes for array in planes[0][0].values()) if planes else 0
    return each * sum(map(len, planes))


def write_directions(file: h5py.File, planes: Sequence[Directions]) -> str:
    """Store directions in a new file.

    Args:
        file: The file.
        planes: For each plane its directions by parameter name. Each array is asked for once, and
            not kept: directions are as large as the model.

    Returns:
        Their digest.
    """
    digest = hashlib.sha256()
    for plane, directions in enumerate(planes):
        for axis, direction in zip(_AXES, directions, strict=False):
            group = file.create_group(f"directions/{plane}/{axis}")
            for name in sorted(direction):
                array = np.asarray(direction[name], np.float32)
                # Not compressed: Gaussian numbers shrink by 7 % at forty times the cost.
                # Quoted, so that HDF5 does not take a name for a path.
                group.create_dataset(urllib.parse.quote(name, safe=" "), data=array)
                _add(digest, axis, name, array)
    return digest.hexdigest()


def load_directions(path: str | os.PathLike[str]) -> list[list[Direction]]:
    """Read the directions stored in a surface file.

    Args:
        path: A surface file.

    Returns:
        For each plane its directions by parameter name; empty where only seeds were stored.

    Raises:
        SurfaceFileError: If the file is missing, damaged, or not a surface file.
    """
    with open_file(Path(path)) as (file, size):
        _, attributes = read_head(file, size, path=Path(path))
        if "directions_digest" not in attributes:
            return []
        group = inner_group(file, "directions")
        stored = [inner_group(group, str(plane)) for plane in range(len(group))]
        planes = [
            [_read(inner_group(plane, axis), size) for axis in _AXES if axis in plane]
            for plane in stored
        ]
        if _digest(planes) != attributes["directions_digest"]:
            raise ValueError("the directions are not those that were written")
        return planes


def _read(group: h5py.Group, size: int) -> Direction:
    """Read one direction."""
    direction: Direction = {}
    for quoted in group:
        dataset = inner_dataset(group, quoted)
        if dataset.dtype != np.float32 or dataset.nbytes > size:
            raise ValueError(f"expected {quoted!r} of type float32 inside the file")
        direction[urllib.parse.unquote(quoted)] = dataset[...]
    return direction


def _digest(planes: Sequence[Directions]) -> str:
    """Return the SHA-256 of names, shapes and numbers."""
    digest = hashlib.sha256()
    for plane in planes:
        for axis, direction in zip(_AXES, plane, strict=False):
            for name in sorted(direction):
                _add(digest, axis, name, direction[name])
    return digest.hexdigest()


def _add(digest: "hashlib._Hash", axis: str, name: str, array: NDArray[np.float32]) -> None:
    """Hash one array of a direction."""
    digest.update(repr((axis, name, array.shape)).encode())
    digest.update(np.ascontiguousarray(array, "<f4").data)
