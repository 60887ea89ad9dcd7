"""What a report is made of, as data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from landscape.errors import LandscapeError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from landscape.figures import Explorer


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A number with its interval, for a cell of a table.

    Args:
        value: The number.
        low: Lower limit; None where there is no interval.
        high: Upper limit.
        bound: Whether the true value is larger or equal.
    """

    value: float
    low: float | None = None
    high: float | None = None
    bound: bool = False


Cell: TypeAlias = "str | int | float | Estimate | None"


@dataclass(frozen=True)
class Prose:
    """Paragraphs, parted by empty lines.

    Args:
        text: Plain text; nothing in it is markup.
    """

    text: str


@dataclass(frozen=True)
class Bullets:
    """A list of short statements.

    Args:
        items: Plain text.
    """

    items: Sequence[str]


@dataclass(frozen=True, eq=False)
class Picture:
    """A matplotlib figure.

    Args:
        figure: Drawn as vectors, or as pixels where these are fewer bytes.
        caption: Below it, and what those who cannot see it are told.
    """

    figure: "Figure"
    caption: str = ""


@dataclass(frozen=True, eq=False)
class Interactive:
    """A page to explore surfaces, in a frame of its own.

    Args:
        explorer: Of `explore`.
        caption: Below it.
    """

    explorer: "Explorer"
    caption: str = ""


@dataclass(frozen=True)
class Table:
    """A table; columns that hold only numbers are aligned at the right.

    Args:
        columns: Their names.
        rows: Cells; None is an empty one.
        units: One for each column, or none at all.
        caption: Above it.
        digits: Significant digits of numbers that are not whole.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    units: Sequence[str] = ()
    caption: str = ""
    digits: int = 3

    def __post_init__(self) -> None:
        wrong = [row for row in self.rows if len(row) != len(self.columns)]
        if wrong or (self.units and len(self.units) != len(self.columns)):
            came = len(wrong[0]) if wrong else len(self.units)
            what = "cells in each row" if wrong else "units"
            raise LandscapeError(f"expected {len(self.columns)} {what}, got {came}")


Block: TypeAlias = Prose | Bullets | Picture | Interactive | Table


@dataclass(frozen=True)
class Section:
    """A part of a page, named in its table of contents.

    Args:
        title: Its heading.
        blocks: What is in it.
    """

    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True, kw_only=True)
class Page:
    """A report.

    Args:
        title: Of the page.
        lede: What was found, in a few sentences; paragraphs are parted by empty lines.
        sections: Its body.
        provenance: How it came to be: names and values, printed at the end.
        kicker: A few words above the title, such as the kind of report.
    """

    title: str
    lede: str = ""
    sections: Sequence[Section] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)
    kicker: str = ""
