"""What to write instead, for habits of other tools."""

import re
from collections.abc import Sequence

_HABITS = (
    (r"--steps=(\d+)[x×,*]\d+", "grids are square: --steps {0}"),
    (r"--([a-z-]+)=(\d+),(\d+)", "numbers have a decimal point: --{0} {1}.{2}"),
    (
        r"--[xy](?:min|max|num)?=.*",
        "a grid is centered: --radius is half its side, --steps its points per side",
    ),
)


def hint_for(words: Sequence[str]) -> str:
    """Recognise a habit of another tool.

    Args:
        words: The command line.

    Returns:
        What to write instead; empty if nothing is recognised.

    Example:
        >>> hint_for(["compute", "m.py", "--steps", "51x51"])
        'grids are square: --steps 51'
        >>> hint_for(["compute", "m.py", "--radius=0,5"])
        'numbers have a decimal point: --radius 0.5'
    """
    pairs = [f"{flag}={value}" for flag, value in zip(words, [*words[1:], ""], strict=True)]
    for text in [*words, *pairs]:
        for pattern, hint in _HABITS:
            found = re.fullmatch(pattern, text)
            if found:
                return hint.format(*found.groups())
    return ""
