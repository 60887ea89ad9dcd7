"""Files that are whole or not there, one writer at a time, and errors that name the file."""

import contextlib
import errno
import json
import os
import re
import secrets
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_BUSY = {errno.EAGAIN, errno.EACCES, errno.EWOULDBLOCK}
_ABANDONED = 3600.0  # seconds; a file is written in far less, so who began it then was killed
_LONGEST = 200  # characters of somebody else's error text


def write_whole(path: Path, data: bytes) -> None:
    """Write a file: all of it or nothing, whenever this process or the power dies.

    Args:
        path: Where; folders are made. The target of a link is replaced, not the link.
        data: What.
    """
    path = Path(os.path.realpath(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path, older=_ABANDONED)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_info(path: Path, info: Mapping[str, Any]) -> None:
    """Write a JSON file: all of it or nothing."""
    write_whole(path, (json.dumps(info, indent=2) + "\n").encode())


def read_info(path: str | Path, remedy: str = "") -> dict[str, Any]:
    """Read a JSON file of `write_info`.

    Args:
        path: The file.
        remedy: What to do if it is damaged.

    Returns:
        What is in it.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it holds anything else than a JSON object; it names the file.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_info(Path(folder, "a.json"), {"digit": 3})
        ...     read_info(Path(folder, "a.json"))
        {'digit': 3}
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"no file {path}")
    with damage_errors(path, remedy):
        return parse_info(Path(path).read_bytes())


def parse_info(text: str | bytes) -> dict[str, Any]:
    """Return the JSON object that a text holds, or raise a ValueError."""
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError(f"expected a JSON object, got {type(found).__name__}")
    return found


@contextlib.contextmanager
def damage_errors(path: str | Path, remedy: str = "") -> Iterator[None]:
    """Say in one line what is wrong with a file whose content is not what it must be.

    Args:
        path: The file that is read, in whatever way its content is used.
        remedy: What to do about it.

    Yields:
        Nothing.

    Raises:
        ValueError: Whatever goes wrong, with the file's name; an error of a value or of the system
            that names the file stays as it is.

    Example:
        >>> with damage_errors("a.json", "remove it"):
        ...     {}["steps"]
        Traceback (most recent call last):
        ValueError: a.json is damaged (KeyError: 'steps'): remove it
    """
    try:
        yield
    except Exception as error:  # any: damaged bytes make a parser raise what it likes
        ours = isinstance(error, ValueError | OSError) and str(path) in str(error)
        if ours or (isinstance(error, OSError) and error.filename is not None):
            raise
        kind = "" if type(error) is ValueError else f"{type(error).__name__}: "
        text = " ".join(str(error).split())[:_LONGEST]
        end = f": {remedy}" if remedy else ""
        raise ValueError(f"{path} is damaged ({kind}{text}){end}") from error


@contextlib.contextmanager
def locked(path: str | Path) -> Iterator[None]:
    """Be the one process that writes the files of a name; `<path>.lock` is there meanwhile.

    What killed processes left half written beside them is removed.

    Args:
        path: One of the files, which need not exist; folders are made. A link is followed.

    Yields:
        Nothing.

    Raises:
        BlockingIOError: If another process, or another call in this one, has them.
    """
    target = Path(os.path.realpath(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    lock = target.with_name(f"{target.name}.lock")
    handle = _acquire(path, lock)
    try:
        _sweep(target, older=0.0)
        yield
    finally:
        # Removed before it is released: whoever opened it in between sees that it is gone.
        with contextlib.suppress(OSError):
            lock.unlink()
        os.close(handle)


def _sweep(path: Path, *, older: float) -> None:
    """Remove what killed processes left of a file, its JSON and its unfinished state."""
    stem = re.escape(path.stem.removesuffix(".partial"))
    ours = re.compile(rf"\.{stem}(\.partial)?\.\w+\.[0-9a-f]{{16}}\.tmp")
    for found in path.parent.iterdir():
        if ours.fullmatch(found.name):
            with contextlib.suppress(OSError):
                if time.time() - found.stat().st_mtime >= older:
                    found.unlink()


def _acquire(path: str | Path, lock: Path) -> int:
    """Return the handle of the lock file, once it is the one that has the name."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    while True:
        handle = os.open(lock, flags, 0o666)
        try:
            _lock(handle)
            if os.path.samestat(os.fstat(handle), lock.stat()):
                return handle
        except FileNotFoundError:
            pass  # its owner has just removed it
        except OSError as error:
            os.close(handle)
            if error.errno in _BUSY:
                raise BlockingIOError(
                    f"{path} is being written by another process: wait for it, or choose "
                    "another path"
                ) from None
            raise OSError(error.errno, f"cannot lock ({error.strerror})", str(path)) from error
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
