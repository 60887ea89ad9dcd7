"""The geometry of a surface over its floor: heights, contours, and where it is cut."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from contourpy import contour_generator
from matplotlib.ticker import MaxNLocator

from landscape.errors import LandscapeError
from landscape.figures.levels import Levels
from landscape.figures.notes import HOLLOW, merged
from landscape.figures.panel import Panel
from landscape.figures.text import label_of
from landscape.surface.data import Array

_FINE = 120  # cells per side; fewer show as facets


@dataclass(frozen=True, eq=False, kw_only=True)
class Relief:
    """A surface ready to be drawn.

    Args:
        lines: For each level that has a height, its contours in the plane, each of shape (n, 2).
        grid: Fine alpha, beta (equally spaced) and heights.
        floor: Height of the floor, below the surface.
        bottom: Lowest height of the surface.
        top: Height where the surface is cut.
        ceiling: Highest height of all surfaces that are compared.
        cut: Whether anything is above the top.
        log: Whether heights are logarithms.
    """

    lines: dict[float, list[Array]]
    grid: tuple[Array, Array, Array]
    floor: float
    bottom: float
    top: float
    ceiling: float
    cut: bool
    log: bool


def lift(values: Array | float, log: bool) -> Array:
    """Turn values into heights.

    Args:
        values: In units of the levels.
        log: Logarithmic heights.

    Returns:
        Heights; minus infinity where logarithms have none.
    """
    values = np.asarray(values, np.float64)
    if not log:
        return values
    heights = np.full(values.shape, -np.inf)
    np.log10(values, out=heights, where=~(values <= 0))
    return heights


def make_reliefs(panels: Sequence[Panel], levels: Levels, *, log: bool) -> list[Relief]:
    """Make the geometry of planes that are compared, with one range of heights.

    Heights between the points of the grid are those of the contours.

    Args:
        panels: The planes.
        levels: Where contours go.
        log: Logarithmic heights.

    Returns:
        One relief for each.

    Raises:
        LandscapeError: If there is no finite value, logarithmic heights are asked for where
            values are not positive, or the surface is nowhere below the highest level.
    """
    limits = common_range(panels, levels, log=log)
    return [_make_relief(panel, levels, limits, log=log) for panel in panels]


def common_range(panels: Sequence[Panel], levels: Levels, *, log: bool) -> tuple[float, float]:
    """Choose one range of heights for surfaces that are compared.

    What is above the highest level is cut, so that the basin stays visible, and so is what is above
    the value up to which a tolerance holds.

    Args:
        panels: The planes.
        levels: Their levels.
        log: Logarithmic heights.

    Returns:
        The lowest and the highest height.

    Raises:
        LandscapeError: As `make_reliefs`.
    """
    shown = np.concatenate([p.shown[~p.hidden] for p in panels])
    if not shown.size:
        raise LandscapeError(
            f"expected a finite value of {levels.metric!r} on the plane that is drawn, got none",
            hint=f"draw another plane, such as {panels[0].usable[0]}" if panels[0].usable else "",
        )
    low, high = float(shown.min()), float(shown.max())
    top = min(high, levels.values[-1])
    # The peak of an accuracy is what matters, and a little more height is not worth a cut.
    if levels.higher_is_better or (high < 1.6 * top and levels.kind == "ratio"):
        top = high
    limit = max(panel.limit for panel in panels)
    top = limit if low < limit < top else top
    if log and low <= 0:
        raise LandscapeError(
            f"expected positive values for logarithmic heights, got {low:.4g}",
            hint="draw it without log, or with other levels",
        )
    if top < low:
        raise LandscapeError(f"expected levels above the lowest value {low:.4g}, got {top:.4g}")
    bottom, ceiling = float(lift(low, log)), float(lift(top, log))
    return bottom, ceiling if ceiling > bottom else bottom + 1.0


def height_ticks(limits: tuple[float, float], *, log: bool, ratio: bool) -> list[float]:
    """Choose about four round heights.

    Args:
        limits: Lowest and highest height.
        log: Whether heights are logarithms; decades then, and 1, 2, 5 within a few.
        ratio: Whether heights are multiples of the center, so that 1 should be among them.

    Returns:
        Heights within the limits.
    """
    bottom, top = limits
    slack = 1e-9 * (top - bottom)
    if log:
        decades = np.arange(np.floor(bottom), top + slack)
        if top - bottom < 2:
            steps = (1, 2, 5) if top - bottom > 0.5 else (1, 1.25, 1.5, 1.75, 2, 3, 4, 5, 6, 8)
            decades = np.add.outer(decades, np.log10(steps)).ravel()
        kept = decades[(decades >= bottom - slack) & (decades <= top + slack)]
        return [float(height) for height in kept[:: max(1, -(-len(kept) // 5))]]
    ticks = MaxNLocator(nbins=4, steps=[1, 2, 5, 10]).tick_values(bottom, top)
    inside = [float(tick) for tick in ticks if bottom - slack <= tick <= top + slack]
    one = ratio and bottom <= 1 < min(inside, default=np.inf)
    return [1.0, *inside] if one else inside


def side_ticks(side: Array) -> list[float]:
    """Choose the middle of a side and half way to its ends, where labels have room in a box.

    Args:
        side: Ascending coordinates.

    Returns:
        Three coordinates; round ones inside where the middle is not the center.

    Example:
        >>> side_ticks(np.array([-0.5, 0.5]))
        [-0.25, 0.0, 0.25]
    """
    low, high = float(side[0]), float(side[-1])
    if not np.isclose(low, -high):
        ticks = MaxNLocator(nbins=4, steps=[1, 2, 5, 10]).tick_values(low, high)
        return [float(tick) for tick in ticks if low < tick < high]
    return [float(f"{tick:.2g}") for tick in np.linspace(low, high, 5)[1:-1]]


def notes_on(panel: Panel, levels: Levels, relief: Relief) -> tuple[str, ...]:
    """Say what must be known of a surface in three dimensions.

    Args:
        panel: The plane.
        levels: Of all planes.
        relief: Where it is cut.

    Returns:
        Texts.
    """
    top = 10**relief.top if relief.log else relief.top
    notes = [f"cut at {label_of(top, levels.kind)}"] if relief.cut else []
    others = merged([panel.notes])
    notes += [note.replace("hatched", "left out").replace(HOLLOW, "") for note in others]
    return (*notes, levels.remark) if levels.remark else tuple(notes)


def _make_relief(panel: Panel, levels: Levels, limits: tuple[float, float], *, log: bool) -> Relief:
    """Make the geometry of one plane between the lowest and the highest height of all."""
    bottom, top = limits[0], min(limits[1], float(lift(panel.limit, log)))
    alpha, beta = _divide(panel.plane.alpha), _divide(panel.plane.beta)
    heights = _bilinear(panel, lift(panel.shown, log), alpha, beta)
    generator = contour_generator(
        panel.alpha, panel.beta, np.ma.masked_invalid(panel.shown), name="serial"
    )
    return Relief(
        lines={
            level: [np.asarray(line, np.float64) for line in generator.lines(level)]
            for level in (*levels.values, panel.doubling)
            if np.isfinite(lift(level, log)) and level <= panel.limit
        },
        grid=(alpha, beta, heights),
        floor=limits[0] - 0.7 * (limits[1] - limits[0]),
        bottom=bottom,
        top=top,
        ceiling=limits[1],
        cut=bool(np.nanmax(heights, initial=-np.inf) > top),
        log=log,
    )


def _divide(nodes: Array) -> Array:
    """Divide the whole side into equal parts; on an even grid the old points are among them."""
    factor = max(1, round(_FINE / (nodes.size - 1)))
    return np.linspace(nodes[0], nodes[-1], (nodes.size - 1) * factor + 1)


def _bilinear(panel: Panel, heights: Array, alpha: Array, beta: Array) -> Array:
    """Interpolate along alpha, then along beta; NaN wherever a neighbour is."""
    wide = np.stack([np.interp(alpha, panel.alpha, row) for row in heights])
    return np.stack([np.interp(beta, panel.beta, column) for column in wide.T], axis=1)
