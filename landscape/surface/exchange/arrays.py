"""Arrays of NumPy: plain ones, and those that the package loss-landscapes returns."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from landscape.errors import LandscapeError
from landscape.surface.data import Array
from landscape.surface.exchange.assemble import Found
from landscape.surface.exchange.foreign import foreign_errors

_WHAT = "an array of losses"


def read_array_file(path: Path, *, distance: float | None, window: Sequence[float] | None) -> Found:
    """Read a `.npy` file, which has no coordinates of its own.

    Args:
        path: The file; shape (beta, alpha), or (alpha,) for a line. Nothing in it is unpickled.
        distance: That of `random_plane` or `random_line` of loss-landscapes, whose array it is.
        window: Ends of the grid of a plain array: alpha's, then beta's; two for a line.

    Returns:
        What it holds.

    Raises:
        LandscapeError: If not exactly one of `distance` and `window` is given.
        SurfaceFileError: If it is no such file.
    """
    if (distance is None) == (window is None):
        raise LandscapeError(
            f"{path} has no coordinates: expected a distance or a window, got "
            f"{'neither' if distance is None else 'both'}",
            hint="--distance 1 for an array of loss-landscapes, --window -1,1,-1,1 for any other",
        )
    with foreign_errors(path, _WHAT):
        # As a memory map: a header that promises more than the file holds is refused, not filled.
        stored = np.load(path, mmap_mode="r", allow_pickle=False)
        if not isinstance(stored, np.ndarray) or stored.dtype.kind not in "fiu":
            raise ValueError("expected one array of numbers")
        if stored.ndim not in {1, 2} or min(stored.shape) < 2:
            raise ValueError(f"expected shape (beta, alpha) or (alpha,), got {stored.shape}")
        values = np.array(np.atleast_2d(stored), np.float64)
        is_line = stored.ndim == 1
    if window is not None:
        return _plain(values, window, is_line=is_line)
    assert distance is not None
    if not 0 < distance < np.inf:
        raise LandscapeError(f"expected a positive distance, got {distance}")
    return _line(values, distance) if is_line else _walk(values, distance, path)


def _plain(values: Array, window: Sequence[float], *, is_line: bool) -> Found:
    """Place an array between the ends of a window."""
    if len(window) != (2 if is_line else 4) or not np.isfinite(window).all():
        raise LandscapeError(
            f"expected a window of {'2 numbers' if is_line else '4 numbers'}, got {window}",
            hint="--window -1,1 for a line, --window -1,1,-1,1 (alpha, beta) for a plane",
        )
    rows, columns = values.shape
    return Found(
        alpha=np.linspace(window[0], window[1], columns),
        beta=np.zeros(1) if is_line else np.linspace(window[2], window[3], rows),
        values={"loss": values},
        measured=np.ones(values.shape, bool),
        source="NumPy array",
        unknown=["whether all points were measured"],
    )


def _line(values: Array, distance: float) -> Found:
    """Place the array of `random_line`, whose first point is one step from the center."""
    steps = values.shape[1]
    return Found(
        alpha=np.arange(1, steps + 1) * (distance / steps),
        beta=np.zeros(1),
        values={"loss": values},
        measured=np.ones(values.shape, bool),
        source="line of loss-landscapes",
        notes=["it starts one step beside the center"],
    )


def _walk(values: Array, distance: float, path: Path) -> Found:
    """Place the array of `random_plane`, whose even rows lie one step further than its odd ones.

    The program walks to and fro: from beta = -distance / 2 (row 0) and alpha = -distance / 2 it
    moves before it measures, so that even rows are measured at steps 1..S of alpha and odd ones,
    on the way back, at steps S - 1..0. The array is drawn as if both began at the same place, in
    saw-teeth. On S + 1 columns every value lies where it was measured; each row lacks one.
    """
    rows, steps = values.shape
    if rows != steps:
        with foreign_errors(path, _WHAT):
            raise ValueError(f"planes of loss-landscapes are square, got {values.shape}")
    placed = np.full((steps, steps + 1), np.nan)
    measured = np.zeros(placed.shape, bool)
    for first, shift in ((0, 1), (1, 0)):
        where = (slice(first, None, 2), slice(shift, shift + steps))
        placed[where] = values[first::2]
        measured[where] = True
    spacing = distance / steps
    return Found(
        alpha=(np.arange(steps + 1) - steps / 2) * spacing,
        beta=(np.arange(steps) - steps / 2) * spacing,
        values={"loss": placed},
        measured=measured,
        source="plane of loss-landscapes",
        notes=["even rows were moved by one step, to where they were measured"],
    )
