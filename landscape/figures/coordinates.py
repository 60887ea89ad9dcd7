"""How coordinates along the directions of a plane are written, and their axes set."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from landscape.figures.style import SIZES, size_in_points
from landscape.figures.text import AS_WRITTEN, shortened, text_width
from landscape.figures.ticks import for_axis
from landscape.surface.axes import Axis
from landscape.surface.data import Array

_MOST_TICKS = 4
_ASPECTS = (0.4, 1.5)


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


def coordinate_ticks() -> FuncFormatter:
    """Return what writes the ticks of an axis of coordinates."""
    return FuncFormatter(lambda value, _: for_axis(format_coordinate(value)))


def format_coordinate(value: float) -> str:
    """Write a coordinate, with a proper minus and no idle zeros.

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


def aspect_of(alpha: Array, beta: Array) -> float:
    """Choose the height of a panel divided by its width.

    Args:
        alpha: Its coordinates.
        beta: Likewise.

    Returns:
        That of the coordinates, where it is not extreme.
    """
    low, high = _ASPECTS
    return float(np.clip(np.ptp(beta) / np.ptp(alpha), low, high))


def set_axes(ax: Axes, alpha: Array, beta: Array, along: Sequence[Axis]) -> None:
    """Set limits, equal scales, ticks and labels.

    Args:
        ax: Of a panel.
        alpha: Its coordinates, ascending.
        beta: Likewise.
        along: What the directions are.
    """
    ax.set_xlim(float(alpha[0]), float(alpha[-1]))
    ax.set_ylim(float(beta[0]), float(beta[-1]))
    # Equal scales, unless one side is many times the other.
    ax.set_aspect(aspect_of(alpha, beta) * float(np.ptp(alpha) / np.ptp(beta)))
    ax.apply_aspect()  # labels end with their sides
    sides = zip((ax.xaxis, ax.yaxis), "αβ", along, size_in_points(ax), (2, 1), strict=True)
    for axis, name, what, length, pad in sides:
        room = widest_tick(*axis.get_view_interval()) + 10 if axis is ax.xaxis else 0.0
        axis.set_major_locator(tick_locator(length, room=max(30.0, room)))
        axis.set_major_formatter(coordinate_ticks())
        axis.set_tick_params(labelsize=SIZES["tick"], length=2.5, width=0.6)
        label = axis_label(name, what, length + 12)
        axis.set_label_text(label, fontsize=SIZES["label"], **AS_WRITTEN)
        axis.labelpad = pad
