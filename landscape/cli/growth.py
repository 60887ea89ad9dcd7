"""What `landscape watch` shows of a surface: how far it is, and where points come in."""

import math
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from landscape.cli.terminal import shown
from landscape.progress import duration

if TYPE_CHECKING:
    from rich.text import Text

    from landscape.figures.blocks import Colors
    from landscape.surface import Surface

_MEMORY = 60.0  # seconds over which the rate is taken


@dataclass
class Growth:
    """What has been seen of a surface while another process writes it.

    Args:
        looks: Times, in seconds, and numbers of points that were measured or failed by then.
        new: Points that came in between the last two looks, shape (plane, beta, alpha).
        last: When a point came in last, and in which plane.
    """

    looks: deque[tuple[float, int]] = field(default_factory=deque)
    new: NDArray[np.bool_] | None = None
    last: tuple[float, int] | None = None
    _status: NDArray[np.int8] | None = None

    def look(self, surface: "Surface", now: float) -> None:
        """Take note of what is there at a time in seconds."""
        status = surface.status
        before = status if self._status is None else self._status
        self.new = (status != before) & (status != 0)
        self._status = status
        if self.new.any():
            self.last = now, int(np.argmax(self.new.sum(axis=(1, 2))))
        self.looks.append((now, int((status != 0).sum())))
        while len(self.looks) > 2 and now - self.looks[0][0] > _MEMORY:
            self.looks.popleft()

    @property
    def rate(self) -> float:
        """Points a second of late; NaN before two looks."""
        (start, first), (end, last) = self.looks[0], self.looks[-1]
        return (last - first) / (end - start) if end > start else math.nan


def headline(surface: "Surface", growth: Growth) -> str:
    """Say in one line how far a surface is.

    Args:
        surface: As it is now.
        growth: What has been seen of it.

    Returns:
        The line.
    """
    tried, total = growth.looks[-1][1], surface.status.size
    failed = tried - int(surface.measured.sum())
    parts = [f"{tried - failed:,} of {total:,} points measured"]
    parts += [f"{failed:,} failed"] if failed else []
    if growth.rate > 0:
        parts.append(f"{growth.rate:.3g} a second")
    if surface.refined is not None:
        error = float(np.max(surface.refined.error))
        done = int(surface.refined.done.sum())
        known = f"estimated error {error:.2g}, to be" if math.isfinite(error) else "error to be"
        parts.append(f"{known} {surface.tolerance:g}")
        parts.append(f"{done} of {surface.planes} planes done")
    elif growth.rate > 0 and tried < total:
        parts.append(f"{duration((total - tried) / growth.rate)} left")
    return ", ".join(parts)


def place(surface: "Surface", growth: Growth, now: float) -> str:
    """Say where points come in, or since when none has; nothing before any has been seen.

    Args:
        surface: As it is now.
        growth: What has been seen of it.
        now: In seconds.

    Returns:
        A line, perhaps empty.
    """
    if growth.last is None or growth.new is None:
        return ""
    if not growth.new.any():
        return f"no new point for {duration(now - growth.last[0])}"
    planes, betas, alphas = np.nonzero(growth.new)
    each = ", ".join(map(str, np.unique(planes)))
    text = f"{len(planes)} new: plane {each}, α {_range(surface.alpha[alphas])}"
    return text if surface.is_line else f"{text}, β {_range(surface.beta[betas])}"


def _range(values: NDArray[np.float64]) -> str:
    """Write from where to where values lie."""
    low, high = float(values.min()), float(values.max())
    return f"{low:.2g}" if low == high else f"{low:.2g} to {high:.2g}"


def picture(
    surface: "Surface", growth: Growth, *, plane: int, room: tuple[int, int]
) -> "Text | None":
    """Paint a plane by half blocks, two squares a character, with a key of its colours.

    Args:
        surface: As it is now.
        growth: What has been seen of it.
        plane: Which of its planes.
        room: Lines and columns of the terminal that are free.

    Returns:
        The picture; None where nothing is known yet, or there is no room.
    """
    from landscape.errors import LandscapeError
    from landscape.figures.blocks import FAILED, NEW, UNKNOWN, blocks
    from landscape.figures.levels import levels_for
    from landscape.surface import Status

    lines, columns = room
    if lines < 4 or growth.new is None:
        return None
    try:
        levels = levels_for(surface)
    except LandscapeError:  # no value is finite yet
        return None
    most = 2 * (lines - 2), columns
    text = _half_blocks(blocks(surface, levels, growth.new, plane=plane, most=most))
    for number in range(levels.colormap.N):
        red, green, blue = (round(255 * part) for part in levels.colormap(number)[:3])
        text.append("█", f"rgb({red},{green},{blue})")
        text.append(f"{levels.labels[number]} " if number < len(levels.labels) else "")
    for color, name in ((NEW, "new"), (UNKNOWN, "not known yet"), (FAILED, "failed")):
        if color != FAILED or (surface.status == Status.FAILED).any():
            text.append("  █", color)
            text.append(f" {name}")
    return text


def _half_blocks(colors: "Colors") -> "Text":
    """Paint squares, two below one another in each character."""
    from rich.text import Text

    text = Text(no_wrap=True, overflow="crop")
    for row in range(0, len(colors), 2):
        for column in range(colors.shape[1]):
            red, green, blue = colors[row, column]
            style = f"rgb({red},{green},{blue})"
            if row + 1 < len(colors):
                red, green, blue = colors[row + 1, column]
                style += f" on rgb({red},{green},{blue})"
            text.append("▀", style)
        text.append("\n")
    return text


def title(path: object, surface: "Surface", plane: int) -> str:
    """Name what is watched, and the plane that is shown."""
    sides = surface.alpha.size if surface.is_line else f"{surface.beta.size} x {surface.alpha.size}"
    kind = f"{'line' if surface.is_line else 'plane'}{'s' * (surface.planes != 1)}"
    which = "" if surface.is_line else f"; plane {plane}"
    return f"{shown(path)}: {surface.planes} {kind} of {sides} points{which}"
