"""Notes of a figure, in as many lines as they need."""

from collections.abc import Sequence
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes

from landscape.figures.style import GREY, SIZES, figure_of, size_in_points
from landscape.figures.text import AS_WRITTEN, shortened, text_width


def wrapped(text: str, size: float, room: float, *, math: bool = False) -> list[str]:
    """Break a text between words.

    Args:
        text: One line.
        size: In points.
        room: For a line, in points.
        math: Whether what stands between two $ is mathematics, which has no spaces.

    Returns:
        Lines; a word that is longer than one is shortened.

    Example:
        >>> wrapped("sgd up to 25% of its extent off the plane", 8, 120)
        ['sgd up to 25% of its extent', 'off the plane']
    """
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size, math=math) <= room:
            lines[-1] = longer
        else:
            lines.append(word if math else shortened(word, size, room))
    return lines


def joined_within(notes: Sequence[str], size: float, room: float) -> str:
    r"""Join notes in as many lines as they need.

    Args:
        notes: At least one.
        size: In points.
        room: For a line, in points.

    Returns:
        Lines.

    Example:
        >>> joined_within(["mean of 3 planes", "cut", "12% missing"], 8, 120)
        'mean of 3 planes · cut\n12% missing'
    """
    lines: list[str] = []
    for note in notes:
        longer = f"{lines[-1]} · {note}" if lines else note
        fits = text_width(longer, size) < room
        lines[-1:] = [longer] if fits else [*lines[-1:], *wrapped(note, size, room)]
    return "\n".join(lines)


def write_notes(
    notes: Sequence[str], ax: Axes, *, above: float = 0.0, room: float | None = None
) -> dict[str, Artist]:
    """Write what must be known of a figure above its axes, at the right.

    Args:
        notes: None or several.
        ax: In their final place.
        above: How many points above the axes something else ends, such as a legend.
        room: How wide lines may be, in points; None takes the width of the axes and of their labels
            at the left.

    Returns:
        The artist `notes`, if there are any.
    """
    if not notes:
        return {}
    if room is None:
        left = figure_of(ax).get_size_inches()[0] * 72 * ax.get_position().x0
        room = float(size_in_points(ax)[0]) + min(left, 34.0) - 4  # beside it may be others
    style: dict[str, Any] = {
        "fontsize": SIZES["note"],
        "color": GREY,
        "pad": 3 + above,
        **AS_WRITTEN,
    }
    text = joined_within(notes, SIZES["note"], room)
    return {"notes": ax.set_title(text, loc="right", **style)}
