"""What users give in place of a surface, refused in one line."""

import os

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
