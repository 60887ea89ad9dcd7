"""Surface, direction and trajectory files in the layout of Li et al. (2018), written."""

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from landscape.errors import LandscapeError
from landscape.surface.data import Surface
from landscape.surface.directions import Directions
from landscape.surface.exchange.assemble import PROMISED
from landscape.surface.exchange.li import ERRORS, ESTIMATES, METRICS, PERCENT
from landscape.surface.exchange.states import STATES, states


def write_surface(surface: Surface, plane: int, path: Path, *, directions: str) -> None:
    """Write a surface file that their plotting scripts read.

    Arrays have shape (y, x), which those scripts draw as it is, square or not. They do not look at
    what we add: values at the center, and which points were estimated, with which error.

    Args:
        surface: The surface; estimates serve where nothing was measured.
        plane: Which of its planes.
        path: Where.
        directions: Name of the file of directions; empty for none.
    """
    with h5py.File(path, "w") as file:
        file["dir_file"] = directions
        file["xcoordinates"] = surface.alpha
        if not surface.is_line:
            file["ycoordinates"] = surface.beta
        for name, key in METRICS.items():
            if name not in surface.metrics:
                continue
            # Accuracies are percent there; ours say themselves what their largest value is.
            unit = PERCENT if key.endswith("_acc") and surface.bounds(name)[1] == 1 else 1
            known = surface.known(name)[plane]
            gone = ~surface.measured[plane] & np.isnan(known)
            _put(file, key, np.where(gone, -1.0, unit * known))
            file[key].attrs["center"] = unit * surface.center[name]
            if surface.refined is not None:
                _put(file, f"{key}{ERRORS}", unit * surface.error(name)[plane])
        if surface.refined is not None:
            _put(file, "status", states(surface)[plane])
            file["status"].attrs["flag_values"] = np.arange(len(STATES), dtype=np.int8)
            file["status"].attrs["flag_meanings"] = " ".join(STATES)
            file.attrs[ESTIMATES] = json.dumps(_promise(surface, plane))
        # Their scripts for lines read an accuracy beside every loss.
        for loss, accuracy in (("train_loss", "train_acc"), ("test_loss", "test_acc")):
            if loss in file and accuracy not in file:
                file[accuracy] = np.where(file[loss][...] == -1, -1.0, np.nan)


def _put(file: h5py.File, key: str, array: NDArray[Any]) -> None:
    """Write an array of shape (beta, alpha), that of a line as (alpha,)."""
    file[key] = array[0] if array.shape[0] == 1 else array


def _promise(surface: Surface, plane: int) -> dict[str, Any]:
    """Say what is promised of estimates of a plane, of the metrics that the layout has."""
    assert surface.refined is not None
    promise = {name: surface.config[name] for name in PROMISED if name in surface.config}
    if "tolerance_metrics" in promise:
        promise["tolerance_metrics"] = [n for n in promise["tolerance_metrics"] if n in METRICS]
    done, error = surface.refined.done[plane], surface.refined.error[plane]
    return {**promise, "done": bool(done), "error": float(error)}


def write_directions(surface: Surface, directions: Directions, path: Path) -> None:
    """Write a direction file: tensors by their position in the model.

    Args:
        surface: The surface, whose report of normalization has the order of the parameters.
        directions: Of one plane, by parameter name.
        path: Where.

    Raises:
        LandscapeError: If the order of the parameters was not recorded.
    """
    report = json.loads(str(surface.metadata.get("normalization_report", "[]")))
    names = [row["name"] for row in report]
    if sorted(names) != sorted(directions[0]):
        raise LandscapeError(
            f"the order of the {len(directions[0])} parameters is not recorded, which that layout "
            "numbers tensors by",
            hint="export(load(path), out) in Python writes the surface without directions",
        )
    with h5py.File(path, "w") as file:
        for group, direction in zip(("xdirection", "ydirection"), directions, strict=False):
            for index, name in enumerate(names):
                file[f"{group}/{index}"] = np.asarray(direction[name], np.float32)


def write_trajectory(surface: Surface, path: Path) -> None:
    """Write a trajectory file from the points of interest, in units of the directions.

    Args:
        surface: The surface.
        path: Where.
    """
    points = surface.points_of_interest
    with h5py.File(path, "w") as file:
        file["proj_xcoord"] = np.array([point.alpha for point in points])
        file["proj_ycoord"] = np.array([point.beta for point in points])
