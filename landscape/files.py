"""Files that are whole or not there, and one writer of a file at a time."""

import contextlib
import errno
import os
import re
import secrets
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from landscape.errors import LandscapeError

_BUSY = {errno.EAGAIN, errno.EACCES, errno.EWOULDBLOCK}
_ABANDONED = 3600.0  # seconds; a file is written in far less, so who began it then was killed


def resolve(path: str | os.PathLike[str]) -> Path:
    """Name a file by the one path that locks, replacements and later working folders agree on.

    Args:
        path: As given; links are followed, also one whose target does not exist yet.

    Returns:
        An absolute path without links.
    """
    return Path(os.path.realpath(path))


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Write a file under another name beside it, which becomes its own when all is on the disk.

    Whenever this process or the power dies, the file is whole, as it was, or not there.

    Args:
        path: The file; its folder is made. The target of a link is replaced, not the link.

    Yields:
        The other name, under which there is no file yet. What the block raises leaves none there.

    Raises:
        OSError: If that is not possible.
    """
    path = resolve(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    sweep(path, older=_ABANDONED)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        yield temporary
        with temporary.open("rb+") as file:
            sync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    with contextlib.suppress(OSError):  # not every system opens folders
        handle = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_whole(path: str | os.PathLike[str], content: bytes | str) -> Path:
    """Write a file, so that no reader sees half of it.

    Args:
        path: Where; its folder is made if need be.
        content: Text is written as UTF-8.

    Returns:
        The path.

    Raises:
        LandscapeError: If that is not possible.
    """
    try:
        with replacing(path) as temporary:
            temporary.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise LandscapeError(
            f"cannot write {path}: {error.strerror or error}",
            hint="is there space, and may you write there?",
        ) from error
    return Path(path)


@contextlib.contextmanager
def locked(path: str | os.PathLike[str]) -> Iterator[None]:
    """Be the one process that writes a file; `<path>.lock` is beside it meanwhile.

    What killed writers of it left is removed.

    Args:
        path: The file, which need not exist; its folder is made. A link is followed.

    Yields:
        Nothing.

    Raises:
        BlockingIOError: If another process, or another call in this one, has it.
        OSError: If that is not possible.
    """
    target = resolve(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    lock = target.with_name(f"{target.name}.lock")
    handle = _acquire(path, lock)
    try:
        sweep(target)
        yield
    finally:
        # Removed before it is released: whoever opened it in between sees that it is gone.
        with contextlib.suppress(OSError):
            lock.unlink()
        os.close(handle)


def sweep(path: Path, *, older: float = 0.0) -> None:
    """Remove what killed writers of a file left.

    Args:
        path: The file, without links.
        older: Only what was begun so many seconds ago; others may be at work.
    """
    ours = re.compile(rf"\.{re.escape(path.name)}\.[0-9a-f]{{16}}\.tmp")
    for found in path.parent.iterdir():
        if ours.fullmatch(found.name):
            with contextlib.suppress(OSError):
                if time.time() - found.lstat().st_mtime >= older:
                    found.unlink()


def sync(handle: int) -> None:
    """Wait until all that was written to an open file survives a power cut.

    Args:
        handle: Of the file.
    """
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file system that has nothing to wait for
            raise


def _acquire(path: str | os.PathLike[str], lock: Path) -> int:
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
