"""Open and lock surface files, and say in words what goes wrong with them."""

import contextlib
import errno
import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py

from landscape.errors import LandscapeError, SurfaceFileError
from landscape.files import locked, sync

SUFFIXES = (".h5", ".hdf5", ".nc")
"""Endings of surface files; NetCDF is HDF5."""
REPLACE_HINT = (
    "restore a copy of it, compute it again with overwrite=True (--overwrite), or give up its "
    "damaged points with landscape.surface.repair(path) and repeat the command that computed it"
)
_MADE_HINT = "landscape.compute(problem, path=...) makes one, and so does landscape compute --out"
_NO_LOCKS = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.ENOTSUP}


class Disk(io.FileIO):
    """The bytes under an HDF5 file.

    HDF5 reads and writes through this instead of by itself, so that it takes no locks of its own,
    which network file systems refuse and which another reader in this process may contradict; and
    so that a full disk is one error to be asked for: nothing is written after it, and HDF5 can
    still close the file.
    """

    error: OSError | None = None

    def write(self, data: Any, /) -> int:
        """Write all of the data, or keep the error and from then on write nothing."""
        view = memoryview(data).cast("B")
        done = 0
        while done < len(view) and self.error is None:
            try:
                done += super().write(view[done:]) or 0
            except OSError as error:
                self.error = error
        return len(view)

    def truncate(self, size: int | None = None, /) -> int:
        """Set the size of the file, or keep the error."""
        if self.error is None:
            try:
                return super().truncate(size)
            except OSError as error:
                self.error = error
        return size or 0

    def sync(self) -> None:
        """Wait until all that was written survives a power cut."""
        self.check()
        sync(self.fileno())

    def check(self) -> None:
        """Raise the error of an earlier write."""
        if self.error is not None:
            raise self.error


@contextlib.contextmanager
def open_file(path: Path) -> Iterator[tuple[h5py.File, int]]:
    """Open an HDF5 file for reading, also while another process or library has it open.

    Args:
        path: The file.

    Yields:
        The open file, and its size in bytes.

    Raises:
        SurfaceFileError: If it is missing, unreadable or no HDF5 file, or if anything goes wrong
            with it until it is closed.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise SurfaceFileError(f"expected a surface file, got a folder: {path}")
        if not stat.S_ISREG(mode):
            raise SurfaceFileError(f"expected a surface file, got a device or pipe: {path}")
        disk = io.FileIO(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise SurfaceFileError(f"no such file: {path}") from error
    except (OSError, ValueError) as error:
        raise SurfaceFileError(f"cannot read {path}: {reason(error)}") from error
    with disk, damage_errors(path):
        try:
            file = h5py.File(disk, "r")
        except OSError as error:
            if path.suffix not in SUFFIXES:  # not what `compute` makes
                raise SurfaceFileError(
                    f"expected a surface file (.h5), got {path}", hint=_MADE_HINT
                ) from error
            raise SurfaceFileError(
                f"{path} is not an HDF5 file, or is damaged: {reason(error)}", hint=REPLACE_HINT
            ) from error
        with file:
            yield file, os.fstat(disk.fileno()).st_size


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Be the one process that creates or changes a surface file; its folder is made.

    Args:
        path: The surface file, which need not exist. A file `<path>.lock` is beside it meanwhile.

    Yields:
        Nothing.

    Raises:
        SurfaceFileError: If another process is writing, or the folder cannot be written.
    """
    with contextlib.ExitStack() as stack:
        with write_errors(path, hint="choose another place for the file"):
            try:
                stack.enter_context(locked(path))
            except BlockingIOError:
                raise SurfaceFileError(
                    f"{path} is being written by another process",
                    hint="wait for it, or read the file meanwhile: reading is always safe",
                ) from None
            except FileExistsError:
                raise SurfaceFileError(f"expected a folder, got a file: {path.parent}") from None
            except OSError as error:
                if error.errno in _NO_LOCKS:
                    raise SurfaceFileError(
                        f"the file system of {path} has no locks ({reason(error)}), so that two "
                        "processes could write the file at once",
                        hint="write to a local disk, such as /tmp, and copy the file when it is "
                        "done",
                    ) from error
                raise
        yield


def where_it_is(handle: int, path: Path, size: int) -> str:
    """Tell what another program did to an open file.

    Args:
        handle: The open file.
        path: Its name.
        size: Its size in bytes, which never changes.

    Returns:
        What happened, or nothing.
    """
    try:
        if not os.path.samestat(os.fstat(handle), path.stat()):
            return "was replaced by another file"
    except OSError:
        return "was deleted or moved away"
    now = os.fstat(handle).st_size
    return f"was cut from {size} to {now} bytes" if now < size else ""


@contextlib.contextmanager
def damage_errors(path: Path) -> Iterator[None]:
    """Say in one line what is wrong with a file that cannot be believed.

    Args:
        path: The file that is read.

    Yields:
        Nothing.

    Raises:
        SurfaceFileError: Whatever goes wrong.
    """
    try:
        yield
    except LandscapeError:
        raise
    except Exception as error:  # any: HDF5 and JSON raise what they like on damaged bytes
        kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
        raise SurfaceFileError(
            f"{path} is damaged: {kind}{reason(error)}", hint=REPLACE_HINT
        ) from error


@contextlib.contextmanager
def write_errors(path: Path, *, hint: str) -> Iterator[None]:
    """Say in one line why a file cannot be written.

    Args:
        path: The file that is written.
        hint: What to do.

    Yields:
        Nothing.

    Raises:
        SurfaceFileError: If writing fails.
    """
    try:
        yield
    except (OSError, RuntimeError) as error:
        raise SurfaceFileError(f"cannot write {path}: {reason(error)}", hint=hint) from error


def reason(error: Exception) -> str:
    """Say in a few words of one line why something failed.

    Args:
        error: What was raised.

    Returns:
        The system's words for its number, else its text.
    """
    number = error.errno if isinstance(error, OSError) else None
    return os.strerror(number) if number else " ".join(str(error).split())[:200]
