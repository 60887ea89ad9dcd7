"""Which name was meant, where one is written that does not exist."""

import difflib
from collections.abc import Collection


def meant(name: str, names: Collection[str], otherwise: str | None = None) -> str:
    """Suggest the name that is most like one that does not exist.

    Args:
        name: The one that does not.
        names: Those that do.
        otherwise: What to say where none is like it; None lists all.

    Returns:
        A hint.

    Example:
        >>> meant("step", ["steps", "radius"]), meant("q", ["steps", "radius"])
        ("did you mean 'steps'?", 'there are: steps, radius')
    """
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"there are: {', '.join(names)}" if otherwise is None else otherwise
