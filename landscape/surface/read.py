"""Read surface files: nothing is allocated and nothing believed before it has been checked."""

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from landscape.arguments import checked
from landscape.errors import SurfaceFileError
from landscape.files import resolve
from landscape.surface.checksum import estimate_checksum, settled_status
from landscape.surface.data import Array, Status, Surface
from landscape.surface.file import (
    Disk,
    damage_errors,
    open_file,
    write_errors,
    writing,
)
from landscape.surface.head import Attributes, read_head
from landscape.surface.kinds import metric_kind
from landscape.surface.layout import Layout
from landscape.surface.refined import Refined

FINAL, RESTING = 1, 2
"""Values of `refined`: the tolerance is met; it is not, and nobody is writing. 0: being written."""
_TRIES, _PAUSE_SECONDS = 3, 0.02
_STRUCTURED = {
    "config": dict,
    "metric_kinds": dict,
    "split_samples": dict,
    "axes": list,
    "points_of_interest": list,
    "trajectory": dict,
}
_JSON = {dict: "object", list: "array"}
_REPORT = {"name", "layer", "action", "filters", "assumed"}


class EstimatesError(ValueError):
    """Estimates do not agree with their mark: damaged, or the writer has just begun new ones."""


@dataclass(frozen=True, eq=False)
class Contents:
    """All of a surface file, checked.

    Args:
        layout: Which arrays there are.
        attributes: As stored.
        arrays: All numbers; NaN where a point is not measured, or a plane not estimated.
        status: `Status` of each point, by its checksum.
        done: Planes that met the tolerance, by their checksum; all False without one.
    """

    layout: Layout
    attributes: Attributes
    arrays: Mapping[str, Array]
    status: NDArray[np.int8]
    done: NDArray[np.bool_]

    def surface(self, path: str) -> Surface:
        """Return what users work with.

        Args:
            path: Of the file, as it was given.

        Returns:
            The surface.

        Raises:
            ValueError: If settings are none.
        """
        metadata: dict[str, Any] = {**self.attributes, "path": path}
        for name, kind in _STRUCTURED.items():
            if name in metadata:
                metadata[name] = json.loads(str(metadata[name]))
                if not isinstance(metadata[name], kind):
                    raise ValueError(f"expected {name} to be a JSON {_JSON[kind]}")
        layout = self.layout
        names = [*layout.measured, *layout.estimated]
        surface = Surface(
            alpha=self.arrays["alpha"],
            beta=self.arrays["beta"],
            values={name: self.arrays[name] for name in names},
            status=self.status,
            gram=self.arrays["gram"],
            center={name: float(self.attributes[f"center_{name}"]) for name in layout.metrics},
            metadata=metadata,
            refined=Refined(done=self.done, error=self.arrays["estimated_error"])
            if layout.estimates
            else None,
        )
        _check_settings(surface)
        return surface


@checked
def load(path: str | os.PathLike[str]) -> Surface:
    """Read a surface file, finished or not, also while another process writes to it.

    Args:
        path: A surface file.

    Returns:
        The surface; points not measured yet are NaN and have status 0.

    Raises:
        SurfaceFileError: If the file is missing, damaged, or not a surface file.
    """
    for _ in range(_TRIES):
        try:
            with open_file(Path(path)) as (file, size):
                return read_contents(file, size, path=Path(path)).surface(str(path))
        except SurfaceFileError as error:
            if not isinstance(error.__cause__, EstimatesError):
                raise
            last = error
            time.sleep(_PAUSE_SECONDS)
    raise last


def repair(path: str | os.PathLike[str]) -> int:
    """Declare missing the points whose numbers are not those that were written.

    Computing again with the same arguments then measures them again. What the file was born with
    (settings, coordinates) must be undamaged.

    Args:
        path: A surface file, which is changed.

    Returns:
        Number of points that were given up.

    Raises:
        SurfaceFileError: If nothing of the file can be believed, or it cannot be written.
    """
    path = resolve(path)
    if not path.is_file():
        raise SurfaceFileError(f"no such file: {path}")
    with (
        writing(path),
        write_errors(path, hint="check that it exists and may be written"),
        Disk(path, "r+") as disk,
        damage_errors(path),
    ):
        with h5py.File(disk, "r+") as file:
            layout, _ = read_head(file, path.stat().st_size, path=path)
            arrays = {name: file[name][...] for name in layout.arrays}
            measured = [arrays[name] for name in layout.measured]
            status, damaged = settled_status(arrays["status"], arrays["checksum"], measured)
            arrays["checksum"][damaged] = 0
            file["status"][...] = status
            file["checksum"][...] = arrays["checksum"]
            if layout.estimates:
                # With a point given up its plane is unfinished: estimates are made again.
                kept = _settled_estimates(layout, arrays)[1] & ~damaged.any(axis=(1, 2))
                for name in ("refined", "estimate_checksum"):
                    file[name][...] = np.where(kept, arrays[name], 0)
        disk.sync()
        return int(damaged.sum())


def read_contents(file: h5py.File, size: int, *, path: Path) -> Contents:
    """Read and check all of an open file but its directions.

    Args:
        file: The file.
        size: Its size in bytes.
        path: Its name, for errors.

    Returns:
        The contents.

    Raises:
        ValueError: Or other errors of Python and HDF5, if it is damaged.
    """
    layout, attributes = read_head(file, size, path=path)
    # The marks before the numbers: a writer stores them last, so what is marked is there by now.
    marks = {name: file[name][...] for name in ("status", "refined") if name in layout.arrays}
    arrays = {name: file[name][...] for name in layout.arrays if name not in marks}
    measured = [arrays[name] for name in layout.measured]
    status, damaged = settled_status(marks["status"], arrays["checksum"], measured)
    if damaged.any():
        plane, beta, alpha = (int(index) for index in np.argwhere(damaged)[0])
        raise ValueError(
            f"the numbers of {int(damaged.sum())} of {status.size} points are not those that were "
            f"written, first at plane {plane}, beta index {beta}, alpha index {alpha}"
        )
    for name in layout.measured:
        arrays[name][status != Status.MEASURED] = np.nan
    done = np.zeros(layout.shape[0], bool)
    if layout.estimates:
        done, agrees = _settled_estimates(layout, arrays)
        believed = np.select(
            [marks["refined"] == 0, marks["refined"] == FINAL, marks["refined"] == RESTING],
            [np.ones_like(done), done, agrees],
            default=False,
        )
        if not believed.all():
            plane = int(believed.argmin())
            raise EstimatesError(f"the estimates of plane {plane} are not those that were written")
        for name in ("estimated_error", *layout.estimated):
            arrays[name][~agrees] = np.nan
    return Contents(layout, attributes, arrays, status, done)


def _check_settings(surface: Surface) -> None:
    """Refuse settings that contradict the arrays, or are not of their type."""
    config = surface.config
    expected = {
        "planes": surface.planes,
        "steps": surface.alpha.size,
        "line": surface.is_line,
    }
    for name, value in expected.items():
        if name in config and config[name] != value:
            raise ValueError(f"{name} is {config[name]!r}, but the arrays have {value!r}")
    _check_coordinates(surface)
    _ = surface.axes, surface.points_of_interest, surface.trajectory
    _ = surface.tolerance, surface.clip, surface.seed
    if not set(config.get("tolerance_metrics", ())) <= set(surface.metrics):
        raise ValueError(f"expected tolerance_metrics among {', '.join(surface.metrics)}")
    kinds = surface.metadata.get("metric_kinds", {})
    for name in kinds:
        metric_kind(name, kinds)
    for count in surface.metadata.get("split_samples", {}).values():
        int(count)
    report = json.loads(surface.metadata.get("normalization_report", "[]"))
    if not isinstance(report, list) or not all(set(row) >= _REPORT for row in report):
        raise ValueError(f"expected a normalization_report with {', '.join(sorted(_REPORT))}")


def _check_coordinates(surface: Surface) -> None:
    """Refuse coordinates other than those of the radius or the window."""
    config, steps = surface.config, surface.alpha.size
    if "window" in config:
        ends = [float(end) for end in config["window"]]
    elif "radius" in config:
        ends = [-float(config["radius"]), float(config["radius"])]
    else:
        return
    sides = [(surface.alpha, ends[:2])]
    sides += [] if surface.is_line else [(surface.beta, ends[-2:])]
    for side, (low, high) in sides:
        expected = np.linspace(low, high, steps)
        if side.size != steps or np.abs(side - expected).max() > 1e-12 * max(-low, high, -high):
            raise ValueError(f"coordinates are not {steps} steps from {low} to {high}")


def _settled_estimates(
    layout: Layout, arrays: Mapping[str, Array]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell from their checksums which planes met the tolerance, and which have all estimates."""
    planes = layout.shape[0]
    done, agrees = np.zeros(planes, bool), np.zeros(planes, bool)
    for plane in range(planes):
        stored = int(arrays["estimate_checksum"][plane])
        error = float(arrays["estimated_error"][plane])
        estimates = [arrays[name][plane] for name in layout.estimated]
        done[plane] = stored == estimate_checksum(plane, estimates, error, done=True)
        agrees[plane] = stored == estimate_checksum(plane, estimates, error, done=False)
    return done, done | agrees
