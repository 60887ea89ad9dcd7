"""The file that keeps what was evaluated between two checkpoints, so that a run can go on.

A surface file holds means and their errors; here are the values of all samples, of which alone the
error of a barrier can be told.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch
from torch import Tensor

from landscape.errors import LandscapeError, SettingsMismatchError
from landscape.files import replacing
from landscape.surface.data import Array
from landscape.surface.file import damage_errors, open_file, write_errors

SCHEMA = "landscape barrier 1"
_HINT = "is there space, and may you write there?"

Place = tuple[int, int]
"""Index of the policy of BatchNorm, and of the point."""


@dataclass(frozen=True, eq=False)
class Value:
    """One metric at one point.

    Args:
        mean: Over samples.
        residuals: What each sample adds to the error of the mean, shape (N,); None if unknown.
        samples: How many have a weight.
    """

    mean: float
    residuals: Array | None
    samples: int

    @property
    def count(self) -> int:
        """Number of samples of which there are values."""
        return 0 if self.residuals is None else len(self.residuals)


Values = Mapping[str, Value]


def create_store(
    path: Path,
    identity: Mapping[str, Any],
    shape: tuple[int, int],
    like: Values,
    *,
    bend: int = 0,
) -> None:
    """Create a file with nothing in it, whole or not at all.

    Args:
        path: Where.
        identity: What is evaluated.
        shape: Number of policies and of points.
        like: The metrics of any point.
        bend: Parameters of a curve that is to be trained; 0 where there is none.

    Raises:
        SurfaceFileError: If it cannot be written.
    """
    with (
        write_errors(path, hint=_HINT),
        replacing(path) as temporary,
        h5py.File(temporary, "w") as file,
    ):
        file.attrs["schema"] = SCHEMA
        file.attrs["identity"] = json.dumps(identity)
        file.create_dataset("done", data=np.zeros(shape, np.int8))
        for name, value in like.items():
            group = file.create_group(f"metrics/{name}", track_order=True)
            group.create_dataset("mean", data=np.full(shape, np.nan))
            group.create_dataset("samples", data=np.zeros(shape, np.int64))
            if value.residuals is not None:
                room = (*shape, len(value.residuals))
                group.create_dataset("residuals", data=np.full(room, np.nan))
        file["metrics"].attrs["names"] = json.dumps(list(like))
        if bend:  # two, of which one is whole at any time
            file.create_dataset("bend/steps", data=np.full(2, -1))
            file.create_dataset("bend/state", data=np.zeros((2, 3, bend)))


def write_point(path: Path, place: Place, values: Values) -> None:
    """Store one point: its values, then the mark that they count.

    Args:
        path: Of a file that was created.
        place: Which point.
        values: All metrics.

    Raises:
        SurfaceFileError: If it cannot be written.
    """
    with write_errors(path, hint=_HINT), h5py.File(path, "r+", locking=False) as file:
        for name, value in values.items():
            group = file[f"metrics/{name}"]
            group["mean"][place] = value.mean
            group["samples"][place] = value.samples
            if value.residuals is not None:
                group["residuals"][place] = value.residuals
        file.flush()
        file["done"][place] = 1


def write_bend(path: Path, state: tuple[int, Tensor]) -> None:
    """Store how far the training of a bend is, beside what was stored before.

    Args:
        path: Of a file that was created with room for it.
        state: Steps, and tensors of shape (3, parameters).

    Raises:
        SurfaceFileError: If it cannot be written.
    """
    steps, tensors = state
    with write_errors(path, hint=_HINT), h5py.File(path, "r+", locking=False) as file:
        place = int(np.argmin(file["bend/steps"][:]))
        file["bend/steps"][place] = -1
        file.flush()
        file["bend/state"][place] = tensors.numpy()
        file.flush()
        file["bend/steps"][place] = steps


def read_bend(path: Path) -> tuple[int, Tensor] | None:
    """Read how far the training of a bend is.

    Args:
        path: Of a file that was created with room for it.

    Returns:
        Steps and tensors; None where it has not begun.

    Raises:
        SurfaceFileError: If the file is missing or damaged.
    """
    with open_file(path) as (file, _), damage_errors(path):
        steps = file["bend/steps"][:]
        if steps.max() < 0:
            return None
        return int(steps.max()), torch.from_numpy(file["bend/state"][int(steps.argmax())])


def read_store(path: Path, identity: Mapping[str, Any]) -> dict[Place, Values]:
    """Read the points that a file has.

    Args:
        path: The file.
        identity: What is to be evaluated.

    Returns:
        Values by their place.

    Raises:
        SurfaceFileError: If it is missing or damaged.
        SettingsMismatchError: If it holds something else.
    """
    with open_file(path) as (file, _), damage_errors(path):
        if file.attrs.get("schema") != SCHEMA:
            raise LandscapeError(
                f"{path} is no file of landscape barrier",
                hint="choose another --out, or overwrite=True (--overwrite)",
            )
        _check_identity(path, json.loads(file.attrs["identity"]), identity)
        names = json.loads(file["metrics"].attrs["names"])
        return {
            (int(policy), int(point)): {
                name: _value(file[f"metrics/{name}"], (int(policy), int(point))) for name in names
            }
            for policy, point in np.argwhere(file["done"][:] == 1)
        }


def _value(group: h5py.Group, place: Place) -> Value:
    """Read one metric at one point."""
    residuals = group["residuals"][place] if "residuals" in group else None
    return Value(float(group["mean"][place]), residuals, int(group["samples"][place]))


def _check_identity(path: Path, found: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    """Refuse to go on with something else, naming the first difference."""
    for key in dict.fromkeys([*asked, *found]):
        if found.get(key) != asked.get(key):
            raise SettingsMismatchError(
                f"{path} holds another result: {key} was {_short(found.get(key))}, is now "
                f"{_short(asked.get(key))}",
                hint="choose another --out, or overwrite=True (--overwrite)",
            )


def _short(value: Any) -> str:
    """Write a value of an identity so that it fits a line."""
    text = str(value)
    return text if len(text) <= 24 else f"{text[:16]}..."
