"""HDF5 files of other programs: read with care, refused in one line."""

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from landscape.errors import LandscapeError, SurfaceFileError
from landscape.surface.file import reason

_MOST_PACKED = 1100
"""Deflate makes no more than 1,032 bytes of one: a larger array is not in the file."""


@contextlib.contextmanager
def open_foreign(path: Path, *, what: str) -> Iterator[h5py.File]:
    """Open an HDF5 file that another program wrote.

    Args:
        path: The file.
        what: What is expected, such as `a surface file of Li et al.`.

    Yields:
        The open file.

    Raises:
        SurfaceFileError: If it cannot be read, or anything goes wrong until it is closed.
    """
    with foreign_errors(path, what), io.FileIO(path) as disk, h5py.File(disk, "r") as file:
        yield file


@contextlib.contextmanager
def foreign_errors(path: Path, what: str) -> Iterator[None]:
    """Say in one line why a file of another program is not what is expected.

    Args:
        path: The file.
        what: What is expected.

    Yields:
        Nothing.

    Raises:
        SurfaceFileError: Whatever goes wrong.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise SurfaceFileError(f"no such file: {path}") from error
    except LandscapeError:
        raise
    except Exception as error:  # any: HDF5 and NumPy raise what they like on damaged bytes
        raise SurfaceFileError(
            f"{path} is not {what}: {reason(error)}",
            hint="check that it is the right file, and that it was copied to its end",
        ) from error


def read_array(group: h5py.Group, name: str) -> NDArray[Any]:
    """Read an array of numbers that lies in this file.

    Args:
        group: Where it is.
        name: Its name.

    Returns:
        The array.

    Raises:
        ValueError: If there is none, or it is a link, text, or larger than the file can hold.
    """
    if name not in group:
        present = ", ".join(sorted(group)[:8]) or "nothing"
        raise ValueError(f"it has no {name!r} (it has {present})")
    dataset = group[name] if isinstance(group.get(name, getlink=True), h5py.HardLink) else None
    if not isinstance(dataset, h5py.Dataset) or dataset.id.get_create_plist().get_external_count():
        raise ValueError(f"expected {name!r} to be an array in the file itself")
    if dataset.dtype.kind not in "fiu" or dataset.shape is None:
        raise ValueError(f"expected {name!r} to hold numbers, got {dataset.dtype}")
    if dataset.nbytes > _MOST_PACKED * group.file.id.get_filesize():
        raise ValueError(f"{name!r} of shape {dataset.shape} is larger than the file")
    array: NDArray[Any] = np.asarray(dataset[...])
    return array
