"""What a user must know beside the result: on stderr, one line each."""

from collections import Counter
from collections.abc import Iterable

from landscape.cli.terminal import shown, warn


def note(lines: Iterable[str]) -> None:
    """Print notes on stderr."""
    for line in lines:
        warn(f"note: {shown(line)}")


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
