"""Which name was meant, where one is written that does not exist."""

import difflib
import functools
import inspect
from collections.abc import Callable, Collection
from typing import ParamSpec, TypeVar

from landscape.errors import LandscapeError

P = ParamSpec("P")
R = TypeVar("R")


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


def suggesting(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function that is called with an unknown keyword say which one may be meant.

    Args:
        function: One that takes no keywords beside those in its signature.

    Returns:
        A function with the same signature.
    """
    known = tuple(inspect.signature(function).parameters)

    @functools.wraps(function)
    def call(*arguments: P.args, **keywords: P.kwargs) -> R:
        for name in keywords:
            if name not in known:
                raise LandscapeError(
                    f"{function.__name__}() has no setting {name!r}", hint=meant(name, known)
                )
        return function(*arguments, **keywords)

    return call
