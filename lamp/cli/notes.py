"""What a user must know beside the result: on stderr, one line each; names that cannot be."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from landscape.cli.terminal import shown, warn
from landscape.errors import LandscapeError


def note(lines: Iterable[str]) -> None:
    """Print notes on stderr."""
    for line in lines:
        warn(f"note: {shown(line)}")


def check_text(path: Path, what: str) -> None:
    r"""Refuse a name whose bytes are no text: checkpoints and JSON cannot have it.

    Raises:
        LandscapeError: If it is none.
    """
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        message = f"expected {what} whose name is UTF-8, got {shown(path)}"
        raise LandscapeError(message, hint="give it another name") from error


def count_kinds(kinds: Iterable[str]) -> str:
    """Say how many test images there are of each kind.

    Example:
        >>> count_kinds(["good", "crack", "good", "fray"])
        '2 normal, 2 anomalous (crack 1, fray 1)'
    """
    from lamp.data import NORMAL

    counts = Counter(kinds)
    normal = counts.pop(NORMAL, 0)
    each = ", ".join(f"{shown(kind)} {number}" for kind, number in counts.items())
    return f"{normal} normal, {counts.total()} anomalous" + (f" ({each})" if each else "")
