"""XML files of VTK: structured grids (.vts) and lines (.vtp), for ParaView.

Format: "VTK file formats" (Kitware), XML, arrays inline in base64, a byte count of 64 bits first.
"""

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np
from numpy.typing import NDArray

from landscape.errors import LandscapeError
from landscape.surface.data import Array, Surface
from landscape.surface.exchange.heights import heights
from landscape.surface.exchange.states import states

_TYPES = {"<f8": "Float64", "<i8": "Int64", "|u1": "UInt8", "|i1": "Int8"}
_HIDDEN = 2
"""`vtkGhostType` of a point that is not to be drawn."""


def write_grid(surface: Surface, plane: int, metric: str, path: Path, *, log: bool) -> None:
    """Write a plane as a structured grid, as high as a metric, with all its arrays as data.

    Args:
        surface: The surface.
        plane: Which of its planes.
        metric: What is the height; points without a finite one lie at the bottom, hidden.
        path: Where.
        log: Whether heights are logarithms.

    Raises:
        LandscapeError: If it is a line.
    """
    if surface.is_line:
        raise LandscapeError("a line is no grid", hint="export it as .vtp")
    height = heights(surface, plane, metric, log=log)
    hidden = np.isnan(height)
    x, y = np.meshgrid(surface.alpha, surface.beta)
    points = np.stack([x, y, np.where(hidden, np.nanmin(height), height)], axis=-1)
    extent = f'"0 {surface.alpha.size - 1} 0 {surface.beta.size - 1} 0 0"'
    data = {
        **{name: array[plane] for name, array in surface.values.items()},
        "status": states(surface)[plane],
        "vtkGhostType": np.where(hidden, _HIDDEN, 0).astype(np.uint8),
    }
    body = _tag("PointData", _arrays(data)) + _tag("Points", _arrays({"Points": points}))
    piece = f"<Piece Extent={extent}>\n{body}</Piece>\n"
    _write(path, "StructuredGrid", f"<StructuredGrid WholeExtent={extent}>\n{piece}")


def write_path(surface: Surface, plane: int, metric: str, path: Path, *, log: bool) -> None:
    """Write the profile of a line, or the points of interest of a plane, as connected lines.

    Each path of checkpoints is a line of its own, with its index and the steps as data and the
    names of all paths in the field data; points of no path are then not connected. Where there is
    no path, all points of interest are one line.

    Args:
        surface: The surface.
        plane: Which of its planes.
        metric: What is the height. Points of interest are as high as the plane there; their own
            values, where they were measured, are data.
        path: Where.
        log: Whether heights are logarithms.

    Raises:
        LandscapeError: If a plane has no points of interest.
    """
    height = heights(surface, plane, metric, log=log)
    data: dict[str, NDArray[Any]] = {}
    paths: list[str] = []
    if surface.is_line:
        known = ~np.isnan(height[0])
        places = np.stack([surface.alpha, np.zeros_like(surface.alpha)], axis=1)[known]
        height = height[0][known]
        arrays: dict[str, NDArray[Any]] = {**surface.values, "status": states(surface)}
        data = {name: array[plane, 0][known] for name, array in arrays.items()}
    else:
        points = surface.points_of_interest
        if not points:
            raise LandscapeError(
                "a plane without points of interest has no path",
                hint="export a plane as .vts; a trajectory makes a path",
            )
        places = np.array([(point.alpha, point.beta) for point in points])
        height = _at(surface, height, places)
        data = {"distance": np.array([point.distance for point in points], np.float64)}
        data |= {
            name: np.array([point.values.get(name, np.nan) for point in points])
            for name in surface.metrics
        }
        paths = list(dict.fromkeys(point.path for point in points if point.path))
        if paths:
            index = [paths.index(point.path) if point.path else -1 for point in points]
            data |= {"path": np.array(index), "step": np.array([point.step for point in points])}
    count = len(places)
    lines = [np.flatnonzero(data["path"] == one) for one in range(len(paths))]
    lines = lines or [np.arange(count)]
    cells = {
        "connectivity": np.concatenate(lines),
        "offsets": np.cumsum([line.size for line in lines]),
    }
    body = (
        _tag("PointData", _arrays(data))
        + _tag("Points", _arrays({"Points": np.column_stack([places, height])}))
        + _tag("Lines", _arrays(cells))
    )
    piece = f'<Piece NumberOfPoints="{count}" NumberOfLines="{len(lines)}">\n{body}</Piece>\n'
    names = _tag("FieldData", [_strings("paths", paths)]) if paths else ""
    _write(path, "PolyData", f"<PolyData>\n{names}{piece}")


def _at(surface: Surface, height: Array, places: Array) -> Array:
    """Interpolate heights linearly; outside of the grid, and beside holes, at the bottom."""
    from scipy.interpolate import RegularGridInterpolator

    sides = (surface.beta, surface.alpha)
    interpolant = RegularGridInterpolator(sides, height, bounds_error=False, fill_value=np.nan)
    found: Array = interpolant(places[:, ::-1])
    return np.where(np.isnan(found), np.nanmin(height), found)


def _arrays(arrays: Mapping[str, NDArray[Any]]) -> Sequence[str]:
    """Write arrays; a last dimension of 3 in `Points` is one point."""
    return [_array(name, array) for name, array in arrays.items()]


def _array(name: str, array: NDArray[Any]) -> str:
    """Write one array, its bytes exactly."""
    array = array.astype(array.dtype.newbyteorder("<"))
    components = ' NumberOfComponents="3"' if name == "Points" else ""
    raw = np.uint64(array.nbytes).astype("<u8").tobytes() + array.tobytes()
    return (
        f'<DataArray type="{_TYPES[array.dtype.str]}" Name={quoteattr(name)}{components} '
        f'format="binary">{base64.b64encode(raw).decode()}</DataArray>\n'
    )


def _strings(name: str, strings: Sequence[str]) -> str:
    """Write an array of strings, as VTK does: the bytes as numbers, a zero after each string."""
    codes = " ".join(str(code) for one in strings for code in (*one.encode(), 0))
    return (
        f'<DataArray type="String" Name={quoteattr(name)} NumberOfTuples="{len(strings)}" '
        f'format="ascii">{codes}</DataArray>\n'
    )


def _tag(name: str, inside: Sequence[str]) -> str:
    """Put lines into an element."""
    return f"<{name}>\n{''.join(inside)}</{name}>\n"


def _write(path: Path, kind: str, body: str) -> None:
    """Write a file of one kind."""
    head = f'<VTKFile type="{kind}" version="1.0" byte_order="LittleEndian" header_type="UInt64">'
    path.write_text(
        f'<?xml version="1.0"?>\n{head}\n{body}</{kind}>\n</VTKFile>\n', encoding="utf-8"
    )
