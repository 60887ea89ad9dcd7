"""The key below a figure: marks and notes, flowing in lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from landscape.figures.levels import Levels
from landscape.figures.panel import Panel
from landscape.figures.style import BEST_MARK, CENTER_MARK, COLUMN, SIZES, inks_of
from landscape.figures.text import AS_WRITTEN, MATH, text_width, wrapped

LINE = 9.5
"""Height of a line, in points."""

_SPACE, _MARK = 9.0, 10.0  # between entries, for a mark


@dataclass(frozen=True)
class Entry:
    """A part of the key below a figure.

    Args:
        text: What it says.
        mark: A mark before it.
        math: Whether there is mathematics in the text.
    """

    text: str
    mark: Mapping[str, Any] | None = None
    math: bool = False

    @property
    def width(self) -> float:
        """In points."""
        return text_width(self.text, SIZES["note"], math=self.math) + _MARK * (
            self.mark is not None
        )


def key_of(
    levels: Levels, notes: Sequence[str], *, panels: Sequence[Panel], width: float
) -> list[Entry]:
    """Collect what is explained below a figure of contours.

    Args:
        levels: Of all panels.
        notes: What must be known of the panels.
        panels: All of them; the contour where the loss doubles may have a mean radius.
        width: Of the figure, in inches.

    Returns:
        The entries of the key.
    """
    best = "grid best" if levels.higher_is_better else "grid minimum"
    entries = [Entry("center", CENTER_MARK), Entry(best, BEST_MARK)]
    if any(panel.doubles and panel.radius for panel in panels):
        more = ", where the loss doubles" if width > 1.2 * COLUMN else ""
        entries.append(Entry(rf"$r_{{2\times}}$ mean radius of the bold contour{more}", math=True))
    elif any(panel.doubles for panel in panels):
        entries.append(Entry("bold: the loss doubles"))
    return entries + [Entry(text) for text in (levels.remark, *notes) if text]


def flow(entries: Sequence[Entry], room: float) -> list[list[Entry]]:
    """Break entries into lines, and between words those that are longer than a line.

    Args:
        entries: Of the key.
        room: Width of a line, in points.

    Returns:
        Entries of each line.
    """
    lines: list[list[Entry]] = []
    used = np.inf
    for entry in (part for whole in entries for part in _parts(whole, room)):
        if used + entry.width > room:
            lines.append([])
            used = 0.0
        lines[-1].append(entry)
        used += entry.width + _SPACE
    return lines


def _parts(entry: Entry, room: float) -> list[Entry]:
    """Break an entry that is longer than a line; its mark stays before the first part."""
    if entry.width <= room:
        return [entry]
    inner = room - _MARK * (entry.mark is not None)
    first, *others = wrapped(entry.text, SIZES["note"], inner, math=entry.math)
    return [replace(entry, text=first), *(Entry(text, math=entry.math) for text in others)]


def draw_key(figure: Figure, lines: Sequence[Sequence[Entry]]) -> None:
    """Explain the marks at the lower edge.

    Args:
        figure: With room for it.
        lines: Entries of each line.
    """
    wide, high = figure.get_size_inches() * 72
    for number, line in enumerate(reversed(lines)):
        x, y = 4.0, 4.0 + LINE * number
        for entry in line:
            if entry.mark is not None:
                figure.add_artist(
                    Line2D(
                        [(x + 4) / wide],
                        [(y + 2.3) / high],
                        transform=figure.transFigure,
                        **entry.mark,
                    )
                )
            start = x + _MARK * (entry.mark is not None)
            figure.text(
                *(start / wide, y / high, entry.text),
                va="baseline",
                fontsize=SIZES["note"],
                color=inks_of(figure).grey,
                **(MATH if entry.math else AS_WRITTEN),
            )
            x += entry.width + _SPACE
