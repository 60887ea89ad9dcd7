"""Words of a command line, taken apart."""

import re
from collections.abc import Sequence
from typing import Annotated

from cyclopts import Parameter

from landscape.errors import LandscapeError
from landscape.settings import GridSettings, split_commas

_ARGUMENT = re.compile(r"\w+=(?:\[[^\]]*\]|'[^']*'|[\w.]+) \((--[^)]+)\)")
_NAMES = re.compile(rf"\b({'|'.join(name for name in GridSettings.model_fields if '_' in name)})\b")

Arguments = Annotated[list[str] | None, Parameter("--set", negative=(), metavar="NAME=VALUE")]
"""Arguments of a function that builds a problem."""


def pairs_of(arguments: Sequence[str]) -> dict[str, str]:
    """Take name=value apart.

    Args:
        arguments: Words such as `epochs=2`.

    Returns:
        Values by their names.

    Raises:
        LandscapeError: If one has no equals sign.
    """
    pairs = {}
    for text in arguments:
        name, equals, value = text.partition("=")
        if not equals:
            raise LandscapeError(f"expected --set name=value, got {text!r}")
        pairs[name] = value
    return pairs


def numbers_of(text: str | None, *, option: str, example: str) -> list[float] | None:
    """Take numbers apart at their commas.

    Args:
        text: What was written; None where nothing was.
        option: After which option.
        example: What could be written there.

    Returns:
        The numbers; None where nothing was written.

    Raises:
        LandscapeError: If they are something else.

    Example:
        >>> numbers_of("0.1,-0.5,2", option="--levels", example="1,2,5")
        [0.1, -0.5, 2.0]
    """
    if text is None:
        return None
    try:
        return [float(word) for word in split_commas(text)]
    except ValueError as error:
        raise LandscapeError(
            f"expected {option} to be numbers separated by commas, got {text!r}",
            hint=f"for example {option} {example}",
        ) from error


def in_options(text: str) -> str:
    """Say in options of the command line what a message says in arguments of Python.

    Args:
        text: A message or a hint; beside an argument stands its option in brackets.

    Returns:
        The text with the options alone.

    Example:
        >>> in_options("choose another file, or overwrite=True (--overwrite)")
        'choose another file, or --overwrite'
        >>> in_options("only=['a', 'b.*'] (--only 'a,b.*'); cannot count max_samples=5")
        "--only 'a,b.*'; cannot count --max-samples=5"
    """
    text = _ARGUMENT.sub(r"\1", text)
    return _NAMES.sub(lambda found: f"--{found[1].replace('_', '-')}", text)
