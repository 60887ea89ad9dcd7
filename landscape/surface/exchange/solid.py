"""A surface as a closed body for a printer: PLY (Turk 1994) and binary STL (3D Systems 1989)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from landscape.errors import LandscapeError
from landscape.surface.data import Array, Surface
from landscape.surface.exchange.heights import heights
from landscape.surface.exchange.states import states

_HEIGHT, _BASE = 0.5, 0.05
"""Highest point above the lowest, and thickness below it, in units of the longer side."""


@dataclass(frozen=True, eq=False)
class Body:
    """A closed triangle mesh, outward normals by the right-hand rule.

    Args:
        points: Shape (points, 3).
        triangles: Indices of points, shape (triangles, 3).
        values: The metric at each point, shape (points,); at the bottom that above it.
        states: What is known of each point, likewise.
    """

    points: Array
    triangles: NDArray[np.int32]
    values: Array
    states: NDArray[np.int8]


def body(surface: Surface, plane: int, metric: str, *, log: bool) -> Body:
    """Make a closed body with the surface on top, half as high as its longer side.

    Args:
        surface: The surface. Where a value is not finite, it is as high as the highest point.
        plane: Which of its planes.
        metric: Which of its metrics.
        log: Whether heights are logarithms.

    Returns:
        The body, centered as the plane, in units of its coordinates; its lowest point is at 0.

    Raises:
        LandscapeError: If it is a line, or points are missing.
    """
    if surface.is_line:
        raise LandscapeError("a line has no body", hint="export it as .csv, .vtp or .npy")
    height = heights(surface, plane, metric, log=log)
    missing = int((np.isnan(surface.known(metric)[plane]) & ~surface.measured[plane]).sum())
    if missing:
        raise LandscapeError(
            f"{missing} of {height.size} points of plane {plane} are missing, and a body has no "
            "holes",
            hint="finish the run, or export .vts, which leaves them out",
        )
    rise = height - np.nanmin(height)
    side = float(max(np.ptp(surface.alpha), np.ptp(surface.beta)))
    rise *= _HEIGHT * side / (float(np.nanmax(rise)) or 1.0)
    rise = np.where(np.isnan(rise), np.nanmax(rise), rise)
    x, y = np.meshgrid(surface.alpha, surface.beta)
    top = np.stack([x, y, rise + _BASE * side], axis=-1).reshape(-1, 3)
    bottom = top * [1, 1, 0]
    return Body(
        np.concatenate([top, bottom]),
        _triangles(*height.shape),
        np.tile(surface.known(metric)[plane].ravel(), 2),
        np.tile(states(surface)[plane].ravel(), 2),
    )


def write_ply(body: Body, path: Path, *, metric: str) -> None:
    """Write a body as binary PLY, with the metric and what is known at each vertex.

    Args:
        body: The body.
        path: Where.
        metric: Name of its values.
    """
    fields = [(name, "<f8") for name in ("x", "y", "z", "value")]
    vertices = np.zeros(len(body.points), [*fields, ("status", "u1")])
    for index, name in enumerate("xyz"):
        vertices[name] = body.points[:, index]
    vertices["value"], vertices["status"] = body.values, body.states
    faces = np.zeros(len(body.triangles), [("count", "u1"), ("corners", "<i4", 3)])
    faces["count"], faces["corners"] = 3, body.triangles
    head = [
        "ply",
        "format binary_little_endian 1.0",
        f"element vertex {len(vertices)}",
        *(f"property double {name}" for name in ("x", "y", "z", metric)),
        "property uchar status",
        f"element face {len(faces)}",
        "property list uchar int vertex_indices",
        "end_header\n",
    ]
    path.write_bytes("\n".join(head).encode() + vertices.tobytes() + faces.tobytes())


def write_stl(body: Body, path: Path) -> None:
    """Write a body as binary STL; its numbers have single precision.

    Args:
        body: The body.
        path: Where.
    """
    corners = body.points[body.triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    facets = np.zeros(len(corners), [("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("", "<u2")])
    facets["normal"], facets["corners"] = normals, corners
    head = b"landscape".ljust(80) + np.uint32(len(facets)).astype("<u4").tobytes()
    path.write_bytes(head + facets.tobytes())


def _triangles(rows: int, columns: int) -> NDArray[np.int32]:
    """Cover top and bottom of a grid, and the walls between their rims."""
    index = np.arange(rows * columns, dtype=np.int32).reshape(rows, columns)
    below = rows * columns
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    top = np.concatenate([_join(a, b, c), _join(a, c, d)])
    rim = np.concatenate([index[0, :-1], index[:-1, -1], index[-1, :0:-1], index[:0:-1, 0]])
    after = np.roll(rim, -1)
    walls = [_join(rim + below, after + below, after), _join(rim + below, after, rim)]
    return np.concatenate([top, top[:, ::-1] + below, *walls]).astype(np.int32)


def _join(*corners: NDArray[np.int32]) -> NDArray[np.int32]:
    """List triangles by their corners."""
    return np.stack([corner.ravel() for corner in corners], axis=1)
