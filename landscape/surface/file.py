"""Open and lock surface files, and say in words what goes wrong with them."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import filelock
import h5py

from landscape.errors import SurfaceFileError

SCHEMA = "landscape-surface"
SCHEMA_VERSION = 1


def open_file(path: Path, mode: str) -> h5py.File:
    """Open a surface file without HDF5's own locking, which network file systems refuse.

    Args:
        path: The file.
        mode: `"r"` or `"r+"`.

    Returns:
        The open file.

    Raises:
        SurfaceFileError: If it is missing, damaged, no surface file, or of a newer version.
    """
    if path.is_dir():
        raise SurfaceFileError(f"expected a surface file, got a folder: {path}")
    if not path.is_file():
        raise SurfaceFileError(f"no such file: {path}")
    try:
        file = h5py.File(path, mode, locking=False)
    except OSError as error:
        raise SurfaceFileError(f"{path} is not an HDF5 file, or is damaged: {error}") from error
    if file.attrs.get("schema", "") != SCHEMA:
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


@contextlib.contextmanager
def write_errors(path: Path) -> Iterator[None]:
    """Say in one line what HDF5 says in many when it cannot write.

    Args:
        path: The file that is written.

    Yields:
        Nothing.

    Raises:
        SurfaceFileError: If writing fails.
    """
    try:
        yield
    except (OSError, RuntimeError) as error:
        number = error.errno if isinstance(error, OSError) else None
        reason = os.strerror(number) if number else " ".join(str(error).split())[:120]
        raise SurfaceFileError(
            f"cannot write {path}: {reason}",
            hint="points stored so far are safe; make room, then repeat the command to go on",
        ) from error
