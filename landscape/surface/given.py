"""One surface or several, and what they are called."""

from collections.abc import Sequence

from landscape.errors import LandscapeError
from landscape.surface.data import Surface


def with_titles(
    given: Surface | Sequence[Surface], titles: Sequence[str] | None
) -> tuple[list[Surface], list[str]]:
    """Make a list of one surface or several, and name them.

    Args:
        given: By the user.
        titles: One for each; None numbers several, and leaves one without.

    Returns:
        Surfaces, and as many titles.

    Raises:
        LandscapeError: If there is no surface, or titles are not as many.
    """
    many = [given] if isinstance(given, Surface) else list(given)
    if titles is None:
        titles = [f"surface {number}" * (len(many) > 1) for number in range(1, len(many) + 1)]
    if not many or len(titles) != len(many):
        raise LandscapeError(
            f"expected surfaces and as many titles, got {len(many)} and {len(titles)}"
        )
    return many, list(titles)
