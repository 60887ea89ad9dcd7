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


def check_root(root: Path | None, needed: str) -> None:
    """Refuse a folder of data that is not there, or not named, before torch is imported.

    Args:
        root: Of `--data-root`.
        needed: What must be in it; empty where nothing is needed.

    Raises:
        LandscapeError: Saying how to get it.
    """
    hint = "lamp data mnist --data-root DIR downloads it there" if needed == "mnist" else ""
    if root is None and needed:
        raise LandscapeError(f"{needed} needs --data-root, the folder that holds it", hint=hint)
    if root is not None and not root.is_dir():
        raise LandscapeError(f"no folder {root}", hint=hint)


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
