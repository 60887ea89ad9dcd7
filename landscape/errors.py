"""What can go wrong with a user's input, said so that the user can act on it."""

import re
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

_LONGEST = 400  # characters of somebody else's error text: enough to act on, short enough to read


class LandscapeError(Exception):
    """An error with a message (what was expected, what came) and a hint (what to do).

    Example:
        >>> error = LandscapeError("no such file: run.h5", hint="compute it first")
        >>> str(error), error.hint
        ('no such file: run.h5', 'compute it first')
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint
        if hint:
            self.add_note(f"hint: {hint}")  # which a traceback shows


class ProblemError(LandscapeError):
    """The user's model, loss or data does not do what a problem must do."""


class SurfaceFileError(LandscapeError):
    """A surface file is missing, damaged, locked, or of another format."""


class SettingsMismatchError(LandscapeError):
    """A file holds the result of other settings than those asked for."""


def check_suffix(path: Path, suffixes: Sequence[str], *, hint: str) -> None:
    """Refuse a file name that ends in another way than what is written to it.

    Args:
        path: What is to be written.
        suffixes: How its name may end, in small letters; large ones are taken, too.
        hint: What to do.

    Raises:
        LandscapeError: If it ends in none of them.

    Example:
        >>> check_suffix(Path("a.gif"), (".pdf", ".png"), hint="")
        Traceback (most recent call last):
        landscape.errors.LandscapeError: expected a file name ending in .pdf or .png, got 'a.gif'
    """
    if path.suffix.lower() not in suffixes:
        *first, last = suffixes
        ends = f"{', '.join(first)} or {last}" if first else last
        raise LandscapeError(f"expected a file name ending in {ends}, got {path.name!r}", hint=hint)


def describe(error: BaseException) -> str:
    """Tell an error of a user's code: its type, its text, and the line that raised it.

    Args:
        error: As caught; one that a process of a DataLoader sent carries its traceback as text.

    Returns:
        One line of printable text, cut where it is long. The place is the innermost one outside
        installed packages, if there is one.

    Example:
        >>> describe(KeyError("x" * 10_000))[:20]
        "KeyError: 'xxxxxxxxx"
    """
    try:
        text = str(error)
    except Exception as failed:
        text = f"(its text cannot be read: {type(failed).__name__})"
    places = [(f.filename, f.lineno) for f in traceback.extract_tb(error.__traceback__)]
    _, remote, original = text.partition("Original Traceback (most recent call last):")
    if remote:
        places = re.findall(r'^ *File "(.+)", line (\d+)', original, re.MULTILINE)
        text = original.strip().rpartition("\n")[2].removeprefix(f"{type(error).__name__}: ")
    own = [(file, line) for file, line in places if _is_users(file)]
    place = f" ({own[-1][0]}, line {own[-1][1]})" if own else ""
    text = _plain(text)
    return f"{type(error).__name__}{': ' * bool(text)}{text}{place}"


def shown(text: object) -> str:
    r"""Write a name so that it steers no terminal and no page: what is not printable is escaped.

    Args:
        text: Such as the name of a file, also one whose bytes are no text.

    Returns:
        One printable line.

    Example:
        >>> print(shown("a\x1b[31m\nb é"))
        a\x1b[31m\nb é
    """
    return "".join(char if char.isprintable() else escaped(char) for char in str(text))


def escaped(char: str) -> str:
    r"""Write a character as Python does; a byte of a file name that is no text as \xNN.

    Args:
        char: One character.

    Returns:
        Its escape.
    """
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return char.encode("unicode_escape").decode()


def _plain(text: str) -> str:
    """Make one short printable line of a text of any length."""
    text = re.sub(r"\x1b\[[0-?]*[ -/]*[@-~]", "", text[: 10 * _LONGEST])  # colours and the like
    text = "".join(c if c.isprintable() else " " for c in text)
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " ..."


def _is_users(file: str) -> bool:
    """Tell whether code is neither ours nor installed."""
    package = str(Path(__file__).parent)
    return "site-packages" not in file and not file.startswith(
        (package, "<frozen", sys.base_prefix)
    )
