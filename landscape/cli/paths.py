"""Files that a command is to write: refused before any work where they cannot be right."""

from collections.abc import Sequence
from pathlib import Path

from landscape.errors import LandscapeError


def check_output(path: Path, suffixes: Sequence[str], what: str) -> None:
    """Refuse a name that a result cannot have.

    Args:
        path: What is to be written.
        suffixes: How its name may end.
        what: What the file is, such as "a surface file".

    Raises:
        LandscapeError: If it is a folder, lies in something that is none, or ends in another way.
    """
    if path.is_dir():
        raise LandscapeError(
            f"expected --out to be {what}, got the folder {path}",
            hint=f"name the file, too: --out {path / ('run' + suffixes[0])}",
        )
    for parent in path.parents:
        if parent.exists() and not parent.is_dir():
            raise LandscapeError(
                f"cannot write {path}: {parent} is a file, not a folder",
                hint="choose another --out",
            )
    if path.suffix.lower() not in suffixes:
        *first, last = suffixes
        ends = f"{', '.join(first)} or {last}" if first else last
        raise LandscapeError(
            f"expected a file name ending in {ends}, got {path.name!r}",
            hint=f"{what} ends in {ends}",
        )
