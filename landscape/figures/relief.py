"""The geometry of a surface over its floor: heights, cut at the top, as polygons and lines."""

from dataclasses import dataclass

import numpy as np
import scipy.ndimage
from contourpy import contour_generator
from matplotlib.ticker import MaxNLocator

from landscape.errors import LandscapeError
from landscape.figures.levels import Levels
from landscape.figures.panel import Panel
from landscape.surface.data import Array

_FINE = 120  # cells per side; fewer show as facets


@dataclass(frozen=True, eq=False, kw_only=True)
class Relief:
    """A surface ready to be drawn.

    Args:
        polygons: Convex pieces of the surface, each of shape (corners, 3), all below the top.
        values: The middle value of each piece, in units of the levels, shape (P,).
        normals: Unit normals in a box of equal sides, shape (P, 3).
        lines: For each level, its contours in the plane, each of shape (n, 2).
        grid: Fine alpha, beta (equally spaced) and heights.
        floor: Height of the floor, below the surface.
        bottom: Lowest height of the surface.
        top: Height where the surface is cut.
        ceiling: Highest height of all surfaces that are compared.
        cut: Whether anything is above the top.
    """

    polygons: list[Array]
    values: Array
    normals: Array
    lines: dict[float, list[Array]]
    grid: tuple[Array, Array, Array]
    floor: float
    bottom: float
    top: float
    ceiling: float
    cut: bool


def lift(values: Array | float, log: bool) -> Array:
    """Turn values into heights.

    Args:
        values: In units of the levels.
        log: Logarithmic heights.

    Returns:
        Heights.
    """
    heights: Array = np.log10(values) if log else np.asarray(values, np.float64)
    return heights


def common_range(
    panels: list[Panel], levels: Levels, *, log: bool, top: float | None
) -> tuple[float, float]:
    """Choose one range of heights for surfaces that are compared.

    Args:
        panels: All of them.
        levels: Their levels; what is above the highest is cut, so that the basin stays visible.
        log: Logarithmic heights.
        top: Where to cut instead, in units of the levels. In any case what is above the value up
            to which a tolerance holds is cut.

    Returns:
        Lowest and highest height.

    Raises:
        LandscapeError: If logarithmic heights are asked for where values are not positive, or
            the surface is nowhere below the top.
    """
    shown = np.concatenate([p.shown[~p.hidden] for p in panels])
    low, high = float(shown.min()), float(shown.max())
    if top is None and levels.higher_is_better:
        top = high  # the peak is what matters
    elif top is None:
        top = min(high, levels.values[-1])
        if high < 1.6 * top and levels.kind == "ratio":
            top = high  # not worth a cut
    limit = max(panel.limit for panel in panels)
    top = limit if low < limit < top else top
    if log and low <= 0:
        raise LandscapeError(
            f"expected positive values for logarithmic heights, got {low:.4g}",
            hint="draw it without log, or with other levels",
        )
    if top < low or not np.isfinite(top):
        raise LandscapeError(f"expected a top above the lowest value {low:.4g}, got {top:.4g}")
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


def make_relief(panel: Panel, levels: Levels, *, log: bool, limits: tuple[float, float]) -> Relief:
    """Make the geometry of one plane.

    Heights between the points of the grid are those of the contours.

    Args:
        panel: The plane.
        levels: Where contours go.
        log: Logarithmic heights.
        limits: Lowest and highest height, of `common_range`.

    Returns:
        The relief.
    """
    bottom, top = limits
    if panel.limit < np.inf and (not log or panel.limit > 0):
        top = min(top, float(lift(panel.limit, log)))
    factor = max(1, round(_FINE / max(panel.plane.alpha.size - 1, 1)))
    alpha, beta = (_divide(side, factor) for side in (panel.plane.alpha, panel.plane.beta))
    heights = _bilinear(panel, lift(panel.shown, log), alpha, beta)
    edges = [float(lift(value, log)) for value in levels.values if value > 0 or not log]
    polygons, normals = _cut(alpha, beta, heights, (bottom, top), edges)
    middle = np.array([polygon[:, 2].mean() for polygon in polygons])
    generator = contour_generator(
        panel.alpha, panel.beta, np.ma.masked_invalid(panel.shown), name="serial"
    )
    return Relief(
        polygons=polygons,
        values=10.0**middle if log else middle,
        normals=normals,
        lines={
            level: [np.asarray(line, np.float64) for line in generator.lines(level)]
            for level in (*levels.values, panel.doubling)
            if np.isfinite(level) and level <= panel.limit
        },
        grid=(alpha, beta, heights),
        floor=limits[0] - 0.7 * (limits[1] - limits[0]),
        bottom=bottom,
        top=top,
        ceiling=limits[1],
        cut=bool(np.nanmax(heights, initial=-np.inf) > top),
    )


def visible_parts(line: Array, relief: Relief, toward: Array) -> list[Array]:
    """Keep the parts of a contour on the surface that no other part of the surface hides.

    Matplotlib sorts polygons by depth, but not lines among polygons.

    Args:
        line: On the surface, shape (n, 3).
        relief: The surface.
        toward: Step in the direction of the eye, shape (3,), which crosses the grid in one.

    Returns:
        Pieces, each of shape (m, 3).
    """
    steps = np.linspace(0.012, 1.0, 240)
    rays = line[:, None, :] + steps[None, :, None] * toward
    surface = _height_at(relief, rays[..., 0], rays[..., 1])
    above = np.sign(rays[..., 2] - surface)
    there = np.isfinite(surface) & (surface <= relief.top)
    first = np.take_along_axis(above, there.argmax(axis=1)[:, None], axis=1)
    seen = ~(there & (above != first)).any(axis=1)
    pieces = np.split(np.arange(len(line)), np.flatnonzero(np.diff(seen)) + 1)
    return [line[piece] for piece in pieces if seen[piece[0]] and len(piece) > 1]


def _height_at(relief: Relief, alpha: Array, beta: Array) -> Array:
    """Look heights up between the points of the fine grid; NaN outside."""
    a, b, heights = relief.grid
    column = (alpha - a[0]) / (a[-1] - a[0]) * (a.size - 1)
    row = (beta - b[0]) / (b[-1] - b[0]) * (b.size - 1)
    place = np.stack([row.ravel(), column.ravel()])
    found: Array = scipy.ndimage.map_coordinates(heights, place, order=1, cval=np.nan)
    return found.reshape(alpha.shape)


def _divide(nodes: Array, factor: int) -> Array:
    """Divide the whole side into equal parts; on an even grid the old points are among them."""
    return np.linspace(nodes[0], nodes[-1], (nodes.size - 1) * factor + 1)


def _bilinear(panel: Panel, heights: Array, alpha: Array, beta: Array) -> Array:
    """Interpolate along alpha, then along beta; NaN wherever a neighbour is."""
    wide = np.stack([np.interp(alpha, panel.alpha, row) for row in heights])
    return np.stack([np.interp(beta, panel.beta, column) for column in wide.T], axis=1)


def _cut(
    alpha: Array, beta: Array, heights: Array, limits: tuple[float, float], edges: list[float]
) -> tuple[list[Array], Array]:
    """Make quadrilaterals, and cut them where bands meet and at the top."""
    bottom, top = limits
    x, y = np.meshgrid(alpha, beta)
    points = np.stack([x, y, heights], axis=2)
    quads = np.stack([points[:-1, :-1], points[:-1, 1:], points[1:, 1:], points[1:, :-1]], axis=2)
    quads = quads.reshape(-1, 4, 3)
    z = quads[:, :, 2]
    quads = quads[np.isfinite(z).all(axis=1) & (z.min(axis=1) < top)]
    box = np.array([np.ptp(alpha), np.ptp(beta), (top - bottom) / 0.75])
    across = (quads[:, 2] - quads[:, 0]) / box
    along = (quads[:, 3] - quads[:, 1]) / box
    normals = np.cross(across, along)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    cuts = np.array([*(edge for edge in sorted(edges) if edge < top), top])
    first = np.searchsorted(cuts, quads[:, :, 2].min(axis=1), side="right")
    last = np.searchsorted(cuts, quads[:, :, 2].max(axis=1), side="left")
    polygons: list[Array] = []
    owners: list[int] = []
    for index, (quad, start, end) in enumerate(zip(quads, first, last, strict=True)):
        pieces = [quad] if end <= start else _slices(quad, cuts[start:end], top)
        polygons += pieces
        owners += [index] * len(pieces)
    return polygons, normals[owners]


def _slices(polygon: Array, cuts: Array, top: float) -> list[Array]:
    """Slice a convex polygon at some heights; what is above the top is left out."""
    turned = np.array([1.0, 1.0, -1.0])
    pieces = []
    for height in cuts:
        pieces.append(_below(polygon, height))
        polygon = _below(polygon * turned, -height) * turned
    if cuts[-1] < top:
        pieces.append(polygon)
    return [piece for piece in pieces if len(piece) > 2]


def _below(polygon: Array, top: float) -> Array:
    """Clip a polygon at a height (Sutherland & Hodgman 1974)."""
    kept = []
    for start, end in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        if start[2] <= top:
            kept.append(start)
        if (start[2] <= top) != (end[2] <= top):
            kept.append(start + (end - start) * (top - start[2]) / (end[2] - start[2]))
    return np.array(kept).reshape(-1, 3)
