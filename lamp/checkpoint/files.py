"""JSON files, and errors that name a file."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from landscape.files import replacing

_LONGEST = 200  # characters of somebody else's error text


def write_info(path: Path, info: Mapping[str, Any]) -> None:
    """Write a JSON file: all of it or nothing."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(info, indent=2) + "\n", encoding="utf-8")


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
