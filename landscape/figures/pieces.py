"""A surface as matplotlib draws it: convex pieces, and the contours that they leave to be seen."""

from dataclasses import dataclass

import numpy as np
import scipy.ndimage

from landscape.figures.levels import Levels
from landscape.figures.relief import Relief, lift
from landscape.surface.data import Array


@dataclass(frozen=True, eq=False)
class Pieces:
    """A surface cut where its bands meet and at its top.

    Args:
        polygons: Convex, each of shape (corners, 3), none above the top.
        values: The middle value of each, in units of the levels, shape (P,).
        normals: Unit normals in a box of equal sides, shape (P, 3).
    """

    polygons: list[Array]
    values: Array
    normals: Array


def pieces(relief: Relief, levels: Levels) -> Pieces:
    """Make quadrilaterals, and cut them where bands meet and at the top.

    Args:
        relief: The surface.
        levels: Where bands meet.

    Returns:
        The pieces.
    """
    alpha, beta, heights = relief.grid
    x, y = np.meshgrid(alpha, beta)
    points = np.stack([x, y, heights], axis=2)
    quads = np.stack([points[:-1, :-1], points[:-1, 1:], points[1:, 1:], points[1:, :-1]], axis=2)
    quads = quads.reshape(-1, 4, 3)
    z = quads[:, :, 2]
    # A plateau at the top, such as where an accuracy is 1, is a part of the surface.
    there = (z.min(axis=1) < relief.top) | (z.max(axis=1) <= relief.top)
    quads = quads[np.isfinite(z).all(axis=1) & there]
    box = np.array([np.ptp(alpha), np.ptp(beta), (relief.top - relief.bottom) / 0.75])
    normals = np.cross((quads[:, 2] - quads[:, 0]) / box, (quads[:, 3] - quads[:, 1]) / box)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    edges = lift(np.array(levels.values), relief.log)
    cuts = np.append(edges[edges < relief.top], relief.top)
    first = np.searchsorted(cuts, quads[:, :, 2].min(axis=1), side="right")
    last = np.searchsorted(cuts, quads[:, :, 2].max(axis=1), side="left")
    polygons: list[Array] = []
    owners: list[int] = []
    for index, (quad, start, end) in enumerate(zip(quads, first, last, strict=True)):
        parts = [quad] if end <= start else _slices(quad, cuts[start:end], relief.top)
        polygons += parts
        owners += [index] * len(parts)
    middle = np.array([polygon[:, 2].mean() for polygon in polygons])
    return Pieces(polygons, 10.0**middle if relief.log else middle, normals[owners])


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
    over = rays[..., 2] - surface
    there, above = np.isfinite(surface), over > 0
    crossed = there[:, 1:] & there[:, :-1] & (above[:, 1:] != above[:, :-1])
    share = np.zeros(crossed.shape)
    np.divide(over[:, :-1], over[:, :-1] - over[:, 1:], out=share, where=crossed)
    heights = surface[:, :-1] + share * np.diff(surface, axis=1)
    top = relief.top + 1e-9 * (relief.top - relief.bottom)  # above it is only air
    seen = ~(crossed & (heights <= top)).any(axis=1)
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
