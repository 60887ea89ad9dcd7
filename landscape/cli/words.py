"""Words of a command line, taken apart."""

from collections.abc import Sequence

from landscape.errors import LandscapeError
from landscape.settings import split_commas


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
