"""Make a surface of what another program stored, and say what of it is not known."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landscape.surface.axes import Axis, PointOfInterest
from landscape.surface.data import Array, Status, Surface
from landscape.surface.refined import Refined

PROMISED = ("tolerance", "clip", "tolerance_metrics")
"""Settings that say up to where estimates can be trusted."""
_ALWAYS = ("errors over samples", "intervals over planes (there is one)")


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """What a file of another program says about one plane or line.

    Args:
        alpha: Coordinates along the first direction, shape (A,), finite and all different.
        beta: Along the second, shape (B,); `[0.]` for a line.
        values: Metrics, `loss` first, shape (B, A) each.
        measured: Where they were measured, shape (B, A).
        source: What kind of file it is.
        normalize: How directions were scaled; empty where that is not known.
        gram: Inner products of the directions, shape (axes, axes); None where not known.
        axes: What the directions are; empty for random ones.
        points: Places with a name, such as the checkpoints of a trajectory.
        centers: Metrics at the center, where the file says them.
        errors: Estimated errors of what was not measured, of each metric, shape (B, A); NaN where
            there is no estimate. Empty where the file says nothing of estimates.
        promise: Of estimates: what was asked for (`PROMISED`), whether it is met (`done`), and the
            largest `error` where it holds.
        unknown: What is not known beside errors and intervals, a phrase each.
        notes: What was done to the numbers of the file, a sentence each.
    """

    alpha: Array
    beta: Array
    values: Mapping[str, Array]
    measured: NDArray[np.bool_]
    source: str
    normalize: str = ""
    gram: Array | None = None
    axes: tuple[Axis, ...] = ()
    points: tuple[PointOfInterest, ...] = ()
    centers: Mapping[str, float] = field(default_factory=dict)
    errors: Mapping[str, Array] = field(default_factory=dict)
    promise: Mapping[str, Any] = field(default_factory=dict)
    unknown: Sequence[str] = ()
    notes: Sequence[str] = ()


def surface_of(found: Found, path: Path) -> Surface:
    """Make a surface of one plane.

    Args:
        found: What the file holds.
        path: The file, whose digest is kept.

    Returns:
        The surface. Standard errors are NaN, and so is a Gram matrix that is not known. The value
        at the center is the one on the grid, else interpolated (and `imported` says so), else NaN.

    Raises:
        ValueError: If coordinates are not finite or not all different.
    """
    found = _ascending(found)
    count = 1 if found.beta.size == 1 else 2
    centers = {name: _center(found, array) for name, array in found.values.items()}
    said = {name: value for name, value in found.centers.items() if np.isfinite(value)}
    centers |= said
    on_grid = bool((found.alpha == 0).any() and (found.beta == 0).any())
    notes, unknown = [*found.notes], [*_ALWAYS, *found.unknown]
    if np.isnan(centers["loss"]):
        unknown.append("loss at the center")
    elif not on_grid and "loss" not in said:
        notes.append("the center is not on the grid: interpolated")
    if not (found.normalize or found.axes):
        unknown.append("what the directions are and how they were scaled")
    unknown += ["norms of the directions and their angle"] if found.gram is None else []
    metadata: dict[str, Any] = {
        "imported": "; ".join([found.source, *notes]),
        "unknown": ", ".join(unknown),
        "points_of_interest": [point.to_dict() for point in found.points],
        "config": {
            "along": "imported",
            "file sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "planes": 1,
            "line": count == 1,
            **({"normalize": found.normalize} if found.normalize else {}),
            **{name: value for name, value in found.promise.items() if name in PROMISED},
        },
    }
    if found.axes:
        metadata["axes"] = [
            {"name": a.name, "unit": a.unit, "random": a.random} for a in found.axes
        ]
    values: dict[str, Array] = {}
    for name, array in found.values.items():
        values[name] = np.where(found.measured, array, np.nan)[None]
        values |= {
            f"{name}{end}": np.full_like(values[name], np.nan) for end in ("_se", "_delta_se")
        }
    for name, errors in found.errors.items():
        values[f"{name}_estimate"] = found.values[name][None]
        values[f"{name}_estimate_error"] = errors[None]
    status = np.where(found.measured, Status.MEASURED, Status.MISSING).astype(np.int8)[None]
    gram = np.full((count, count), np.nan) if found.gram is None else found.gram
    return Surface(
        alpha=found.alpha,
        beta=found.beta,
        values=values,
        status=status,
        gram=gram[None],
        center=centers,
        metadata=metadata,
        refined=Refined(
            done=np.array([bool(found.promise["done"])]),
            error=np.array([float(found.promise["error"])]),
        )
        if found.errors
        else None,
    )


def _ascending(found: Found) -> Found:
    """Sort coordinates, and the values with them; what is 0 but for rounding is 0."""
    sides, orders = [], []
    for name, side in (("alpha", found.alpha), ("beta", found.beta)):
        if not np.isfinite(side).all():
            raise ValueError(f"coordinates {name} are not all finite")
        order = np.argsort(side)
        side = side[order]
        if side.size == 0 or (np.diff(side) <= 0).any():
            raise ValueError(f"coordinates {name} are not all different")
        # linspace may miss the center by a rounding error, which would hide that it was measured.
        sides.append(np.where(np.abs(side) < 1e-12 * np.ptp(side), 0.0, side))
        orders.append(order)
    where = np.ix_(orders[1], orders[0])
    return replace(
        found,
        alpha=sides[0],
        beta=sides[1],
        values={name: array[where] for name, array in found.values.items()},
        measured=found.measured[where],
        errors={name: array[where] for name, array in found.errors.items()},
    )


def _center(found: Found, values: Array) -> float:
    """Return the value at the center: measured, else interpolated, else NaN."""
    known = np.where(found.measured, values, np.nan)
    rows, columns = np.flatnonzero(found.beta == 0), np.flatnonzero(found.alpha == 0)
    if rows.size and columns.size:
        return float(known[rows[0], columns[0]])
    from scipy.interpolate import CubicSpline

    sides = (found.alpha,) if found.beta.size == 1 else (found.alpha, found.beta)
    if any(side.size < 2 or side[0] > 0 or side[-1] < 0 for side in sides):
        return float("nan")
    # The nearest four along each axis: a hole further away does not matter.
    nearest = [np.sort(np.argsort(np.abs(side), kind="stable")[:4]) for side in sides]
    for axis, few in zip((1, 0), nearest, strict=False):
        known = known.take(few, axis)
    if not np.isfinite(known).all():
        return float("nan")
    for side, few in zip(sides, nearest, strict=True):
        known = CubicSpline(side[few], known, axis=-1)(0.0)
    return float(known.ravel()[0])
