"""How coordinates along the directions of a plane are written."""

import math

from matplotlib.ticker import MaxNLocator

from landscape.figures.style import SIZES
from landscape.figures.text import shortened, text_width
from landscape.surface.axes import Axis

_MOST_TICKS = 4


def axis_label(name: str, what: Axis, room: float = math.inf) -> str:
    """Name a coordinate and what it is along, as far as there is room.

    Args:
        name: `α` or `β`.
        what: Of `Surface.axes`.
        room: In points.

    Returns:
        A label; the name alone where nothing is known, or there is no room for a unit.

    Example:
        >>> axis_label("α", Axis(unit="filter norms"))
        'α (filter norms)'
        >>> axis_label("β", Axis(name="PC 2, 2 %", unit="distance", random=False), room=40)
        'β (PC 2)'
    """
    label = f"{name} ({what.label})" if what.label else name
    for said in ("",) if what.random else (what.name, what.name.split(",")[0]):
        if text_width(label, SIZES["label"]) < room:
            return label
        label = f"{name} ({said})" if said else name
    return shortened(label, SIZES["label"], room)


def format_coordinate(value: float, _position: int | None = None) -> str:
    """Write a tick of an axis, with a proper minus and no idle zeros.

    Args:
        value: The coordinate.

    Returns:
        A short text.

    Example:
        >>> format_coordinate(-0.5), format_coordinate(1.0)
        ('−0.5', '1')
    """
    return f"{round(value, 10) + 0.0:g}".replace("-", "−")


def tick_locator(length: float, *, room: float = 30.0) -> MaxNLocator:
    """Place ticks along a side of a panel, as many as have room.

    Args:
        length: Of the side, in points.
        room: That each takes, likewise.

    Returns:
        The locator.
    """
    count = min(max(int(length / room), 1 if room > 30 else 2), _MOST_TICKS)
    return MaxNLocator(nbins=count, steps=[1, 2, 5, 10])


def widest_tick(low: float, high: float) -> float:
    """Measure the widest label that ticks between two coordinates can have.

    Args:
        low: One end of the axis.
        high: The other.

    Returns:
        Its width in points.
    """
    ticks = [
        tick
        for count in range(2, _MOST_TICKS + 1)
        for tick in tick_locator(30.0 * count).tick_values(low, high)
        if low <= tick <= high
    ]
    return max((text_width(format_coordinate(tick), SIZES["tick"]) for tick in ticks), default=0.0)
