"""Surface files of Li et al. (2018), "Visualizing the loss landscape of neural nets", read.

The layout is that of their published program: `xcoordinates`, `ycoordinates`, `train_loss`,
`train_acc` in percent, the same for `test_`, and `dir_file`, which names the file of directions.
Files that we write have more in them, at which that program does not look: values at the center,
and which points were estimated, with which error.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import h5py
import numpy as np
from numpy.typing import NDArray

from landscape.errors import SurfaceFileError
from landscape.surface.axes import PointOfInterest
from landscape.surface.data import Array, Status
from landscape.surface.exchange.assemble import Found
from landscape.surface.exchange.foreign import open_foreign, read_array
from landscape.surface.exchange.li_directions import Directions, read_directions, read_trajectory

Order = Literal["yx", "xy"]
METRICS = {
    "loss": "train_loss",
    "accuracy": "train_acc",
    "test_loss": "test_loss",
    "test_accuracy": "test_acc",
    "min_eig": "min_eig",
    "max_eig": "max_eig",
}
"""Our names of metrics, and the keys of their file."""
WHAT = "a surface file of Li et al."
PERCENT = 100
"""What an accuracy of 1 is in their layout."""
ESTIMATES = "estimates"
"""Attribute of our files: what is promised of points that were not measured."""
ERRORS = "_estimate_error"
"""End of the names of our arrays of errors."""
_PAIRS = {"loss": "accuracy", "test_loss": "test_accuracy", "min_eig": "max_eig"}
_CLEARLY = 1.5
"""How many times rougher the wrong order of a surface must be for the right one to be known."""


def read_surface(
    path: Path, *, directions: Path | None, trajectory: Path | None, order: Order | None
) -> Found:
    """Read a surface file.

    Args:
        path: The file.
        directions: The file of its directions; by default the one that it names, if it is there.
        trajectory: A file of projected checkpoints to show on the surface.
        order: Which index comes first in its arrays: `yx`, as their program fills them whatever
            their shape, or `xy`. By default what the shape says, else the smoother of the two.

    Returns:
        What it holds.

    Raises:
        SurfaceFileError: If it is no such file, or the order of its numbers cannot be known.
    """
    with open_foreign(path, what=WHAT) as file:
        if "schema" in file.attrs:
            raise SurfaceFileError(
                f"{path} is a surface file of landscape already", hint="use it as it is"
            )
        alpha = _coordinates(file, "xcoordinates")
        beta = _coordinates(file, "ycoordinates") if "ycoordinates" in file else np.zeros(1)
        values, notes = _values(file, alpha.size, beta.size, order, path)
        named = _text(file, "dir_file")
        promise = json.loads(str(file.attrs.get(ESTIMATES, "{}")))
        present = [name for name in METRICS if name in values]
        centers = {n: float(file[METRICS[n]].attrs.get("center", np.nan)) for n in present}
    status = values.pop("status", None)
    errors = {n: values.pop(f"{n}{ERRORS}") for n in present if f"{n}{ERRORS}" in values}
    measured = ~_unfilled(values, "loss") if status is None else status == Status.MEASURED
    for metric in ("test_loss", "min_eig"):
        if metric in values:
            gone = _unfilled(values, metric)
            for name in {metric, _PAIRS[metric]} & set(values):
                values[name] = np.where(gone, np.nan, values[name])
    for name in errors:
        values[name] = np.where(~measured & np.isnan(errors[name]), np.nan, values[name])
    percent = [name for name in present if METRICS[name].endswith("_acc")]
    for name in (name for name in percent if not (values[name] >= 0).any()):
        del values[name], centers[name]  # a place for an accuracy, as their scripts want, but none
    percent = [name for name in percent if name in values]
    for name in percent:
        values[name], centers[name] = values[name] / PERCENT, centers[name] / PERCENT
        errors |= {name: errors[name] / PERCENT} if name in errors else {}
    if percent:
        keys = " and ".join(METRICS[name] for name in percent)
        notes.append(f"{keys} in percent: divided by {PERCENT}")
    geometry, doubt = _geometry(path, directions, named, axes=1 if beta.size == 1 else 2)
    points: tuple[PointOfInterest, ...] = ()
    if trajectory is not None:
        points = read_trajectory(trajectory, None if geometry is None else geometry.gram)
    unknown = [doubt] if doubt else []
    unknown += ["distances of the checkpoints from the plane"] if points else []
    norm = re.search(r"_xnorm=(filter|layer|weight)", named or path.name)
    return Found(
        alpha=alpha,
        beta=beta,
        values=values,
        measured=measured,
        source="surface file of Li et al.",
        normalize=norm[1] if norm and not (geometry and geometry.axes) else "",
        gram=None if geometry is None else geometry.gram,
        axes=() if geometry is None else geometry.axes,
        points=points,
        centers=centers,
        errors=errors,
        promise=promise,
        unknown=unknown,
        notes=notes,
    )


def _coordinates(file: h5py.File, name: str) -> Array:
    """Read coordinates."""
    array = read_array(file, name)
    if array.ndim != 1 or not array.size:
        raise ValueError(f"expected {name!r} to be a list of numbers, got shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name!r} has numbers that are not finite")
    return array.astype(np.float64)


def _values(
    file: h5py.File, columns: int, rows: int, order: Order | None, path: Path
) -> tuple[dict[str, Array], list[str]]:
    """Read all metrics as (beta, alpha), and what was done to their order."""
    is_line = "ycoordinates" not in file
    stored = {"loss": read_array(file, METRICS["loss"]).astype(np.float64)}
    keys = dict(METRICS)
    if ESTIMATES in file.attrs:
        keys |= {f"{name}{ERRORS}": f"{key}{ERRORS}" for name, key in METRICS.items()}
        keys["status"] = "status"
    for name, key in keys.items():
        if key in file:
            stored[name] = read_array(file, key).astype(np.float64)
    shapes = {(columns,)} if is_line else {(columns, rows), (rows, columns)}
    for name, array in stored.items():
        if array.shape not in shapes or array.shape != stored["loss"].shape:
            raise ValueError(
                f"expected {keys[name]!r} of shape {' or '.join(map(str, sorted(shapes)))}, "
                f"got {array.shape}"
            )
    if is_line:
        return {name: array[None] for name, array in stored.items()}, []
    if stored["loss"].shape == (rows, columns) and (order != "xy" or rows != columns):
        return stored, []
    chosen = order or _smoother(stored["loss"], path)
    if chosen == "xy":
        return {name: array.T for name, array in stored.items()}, ["arrays were transposed"]
    note = f"arrays declared {columns} x {rows} were filled by rows of {columns}: repaired"
    return {name: array.reshape(rows, columns) for name, array in stored.items()}, [note]


def _smoother(stored: Array, path: Path) -> Order:
    """Tell in which order an array of shape (x, y) was filled, by which surface is smoother."""
    filled = np.where(stored == -1, np.nan, stored)
    roughness = {
        "yx": _roughness(filled.reshape(filled.shape[::-1])),
        "xy": _roughness(filled.T),
    }
    if roughness["xy"] >= _CLEARLY * roughness["yx"]:
        return "yx"
    if roughness["yx"] >= _CLEARLY * roughness["xy"]:
        return "xy"
    raise SurfaceFileError(
        f"{path} is not square, and whether its arrays run along x or along y first cannot be told",
        hint="say which: --order yx (as the program of Li et al. fills them) or --order xy",
    )


def _roughness(values: Array) -> float:
    """Return the mean square of steps between neighbours that are both known."""
    finite = np.where(np.isfinite(values), values, np.nan)
    finite /= float(np.nanmax(np.abs(finite), initial=0.0)) or 1.0  # squares must not overflow
    steps = [np.diff(finite, axis=axis) for axis in (0, 1)]
    return float(sum(np.nansum(step**2) / max(1, np.isfinite(step).sum()) for step in steps))


def _unfilled(values: Mapping[str, Array], metric: str) -> NDArray[np.bool_]:
    """Tell where a metric still has the number that their program starts with, -1.

    A loss can be -1, an accuracy cannot: with both, both are -1 where nothing was computed.
    """
    unfilled = values[metric] == -1
    partner = values.get(_PAIRS[metric], values[metric])
    both: NDArray[np.bool_] = unfilled & (partner == -1)
    return both


def _text(file: h5py.File, name: str) -> str:
    """Read a short text, empty if there is none."""
    link = file.get(name, getlink=True)
    dataset = file[name] if isinstance(link, h5py.HardLink) else None
    if (
        not isinstance(dataset, h5py.Dataset)
        or dataset.shape != ()
        or dataset.dtype.kind not in "OS"
    ):
        return ""
    value = dataset[()]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _geometry(
    path: Path, given: Path | None, named: str, *, axes: int
) -> tuple[Directions | None, str]:
    """Read the directions if they are there, and say why not if they are of no use."""
    if given is not None:
        return read_directions(given, axes=axes), ""
    name = re.split(r"[\\/]", named)[-1].replace("\0", "")
    beside = [path.parent / name] if name else []
    for place in beside:
        if place.is_file() and not place.samefile(path):
            try:
                return read_directions(place, axes=axes), ""
            except SurfaceFileError as error:
                return None, f"the directions ({error})"
    return None, ""
