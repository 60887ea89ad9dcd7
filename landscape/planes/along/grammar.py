"""One grammar for directions, in Python and on the command line: a word, a colon, and the rest."""

from collections.abc import Callable, Mapping, Sequence

from landscape.errors import LandscapeError
from landscape.planes.along.file import FromFile
from landscape.planes.along.hessian import Hessian
from landscape.planes.along.pca import Pca
from landscape.planes.along.rand import Given, Random
from landscape.planes.along.slope import Gradient, Worst
from landscape.planes.along.to import To
from landscape.planes.along.update import Update
from landscape.planes.plane import Plane
from landscape.settings import direction_word

Along = Random | Given | To | Gradient | Worst | Hessian | Update | FromFile | Pca

KINDS: Mapping[str, Callable[[str], Along]] = {
    "random": Random.parse,
    "to": To.parse,
    "gradient": Gradient.parse,
    "worst": Worst.parse,
    "hessian": Hessian.parse,
    "update": Update.parse,
    "file": FromFile.parse,
    "pca": Pca.parse,
}
"""Makes directions of what stands after each word and its colon."""


def parse_along(text: str) -> Along:
    """Read a text such as `to:b.pt`.

    Args:
        text: A word of the grammar, and where it takes any a colon and the rest.

    Returns:
        The directions that it names.

    Raises:
        LandscapeError: If the word is unknown, or its rest is wrong.

    Example:
        >>> parse_along("to:b.pt,c.pt").names
        ('b.pt', 'c.pt')
    """
    word, rest = direction_word(text)
    return KINDS[word](rest)


def along_of(along: str | Along, planes: int | Sequence[Plane]) -> Along:
    """Bring together the two ways to say where planes lie.

    Args:
        along: A text, or directions.
        planes: Their number, or planes of a user's own.

    Returns:
        The directions.

    Raises:
        LandscapeError: If both say where.
    """
    directions = parse_along(along) if isinstance(along, str) else along
    if not isinstance(planes, Sequence):
        return directions
    if not isinstance(directions, Random):
        raise LandscapeError("expected planes of your own or along, got both")
    return Given(planes)
