"""What users give in place of a surface, refused in one line."""

import os
from collections.abc import Sequence

from landscape.errors import LandscapeError
from landscape.surface.data import Surface


def check_surface(given: object) -> None:
    """Refuse what is no surface, such as the name of its file.

    Args:
        given: By the user.

    Raises:
        LandscapeError: Saying what it is, and how to make a surface of it.
    """
    if isinstance(given, Surface):
        return
    hint = "landscape.compute makes one"
    if isinstance(given, str | os.PathLike):
        hint = "landscape.load(path) reads a file"
    elif isinstance(given, list | tuple) and any(isinstance(one, Surface) for one in given):
        hint = "give them one by one, or draw several side by side with draw_contours"
    raise LandscapeError(f"expected a surface, got a {type(given).__name__}", hint=hint)


def check_surfaces(given: object) -> None:
    """Refuse one surface where several are expected.

    Args:
        given: By the user.

    Raises:
        LandscapeError: If it is no list of something.
    """
    if isinstance(given, Surface | str | os.PathLike):
        raise LandscapeError(
            f"expected several surfaces, got one {type(given).__name__}",
            hint="write it as [surface], or draw one with draw_contour or draw_surface",
        )


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
        LandscapeError: If there is no surface, one is something else, or titles are not as many.
    """
    many = [given] if isinstance(given, Surface) or not isinstance(given, Sequence) else list(given)
    for one in many:
        check_surface(one)
    if titles is None:
        titles = [f"surface {number}" * (len(many) > 1) for number in range(1, len(many) + 1)]
    if not many or isinstance(titles, str) or len(titles) != len(many):
        came = "one text" if isinstance(titles, str) else str(len(titles))
        raise LandscapeError(f"expected surfaces and as many titles, got {len(many)} and {came}")
    return many, list(titles)
