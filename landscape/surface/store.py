"""Read surface files, and tell whether a file may be continued."""

import json
import os
import urllib.parse
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from landscape.errors import SettingsMismatchError
from landscape.surface.create import Blueprint, canonical
from landscape.surface.data import ESTIMATED, Refined, Status, Surface
from landscape.surface.file import open_file

_VERSIONS = ("torch", "numpy", "cpu")
"""Attributes that decide about the last bits of a value."""


def load(path: str | os.PathLike[str]) -> Surface:
    """Read a surface file, finished or not, also while another process writes to it.

    Args:
        path: A surface file.

    Returns:
        The surface; points not measured yet are NaN and have status 0.

    Raises:
        SurfaceFileError: If the file is missing or not a surface file.
    """
    with open_file(Path(path), "r") as file:
        status = file["status"][...]
        names = [
            name
            for name, item in file.items()
            if isinstance(item, h5py.Dataset) and item.shape == status.shape and name != "status"
        ]
        metadata = {name: _plain(value) for name, value in file.attrs.items()}
        metadata["path"] = str(path)
        for name in ("config", "metric_kinds"):
            if name in metadata:
                metadata[name] = json.loads(metadata[name])
        known = status == Status.MEASURED
        values = {
            name: file[name][...]
            if name.endswith(ESTIMATED)
            else np.where(known, file[name][...], np.nan)
            for name in names
        }
        refinement = None
        if "refined" in file:
            done, error = file["refined"][...].astype(bool), file["estimated_error"][...]
            refinement = Refined(done=done, error=error)
        return Surface(
            alpha=file["alpha"][...],
            beta=file["beta"][...],
            values=values,
            status=status,
            gram=file["gram"][...],
            center={
                name: float(metadata[f"center_{name}"]) for name in names if f"{name}_se" in names
            },
            metadata=metadata,
            refined=refinement,
        )


def load_directions(path: str | os.PathLike[str]) -> list[list[dict[str, NDArray[np.float32]]]]:
    """Read the directions stored in a surface file.

    Args:
        path: A surface file.

    Returns:
        For each plane its directions by parameter name; empty where only seeds were stored.

    Raises:
        SurfaceFileError: If the file is missing or not a surface file.
    """
    with open_file(Path(path), "r") as file:
        group = file.get("directions", {})
        return [
            [
                {urllib.parse.unquote(name): array[...] for name, array in axes[key].items()}
                for key in sorted(axes)
            ]
            for axes in (group[str(plane)] for plane in range(len(group)))
        ]


def check_identity(path: Path, blueprint: Blueprint) -> None:
    """Refuse to continue a file that holds the result of something else.

    Args:
        path: An existing surface file.
        blueprint: What was asked for.

    Raises:
        SettingsMismatchError: Naming the first key that differs, with both values.
    """
    with open_file(path, "r") as file:
        attributes = {name: _plain(value) for name, value in file.attrs.items()}
    hint = "choose another file, or replace this one with --overwrite (overwrite=True)"
    stored = json.loads(attributes["config"])
    wanted = json.loads(canonical(blueprint.identity))
    for key in [*wanted, *(set(stored) - set(wanted))]:
        old, new = stored.get(key, "nothing"), wanted.get(key, "nothing")
        if old != new:
            raise SettingsMismatchError(
                f"{path} was computed with {key} = {_short(old)}, not {_short(new)}", hint=hint
            )
    # The same parameters and data with another value: the code of model or loss has changed.
    changed = [
        f"{name} {attributes.get(name, 'nothing')}, not {blueprint.provenance.get(name, 'nothing')}"
        for name in _VERSIONS
        if attributes.get(name) != blueprint.provenance.get(name)
    ]
    # The same versions on the same processor give the same bits; others round differently.
    rtol = 1e-5 if changed else 0.0
    places = {"center": ("at the center", blueprint.center)}
    places["witness"] = ("at a point away from the center", blueprint.witness)
    for key, (where, values) in places.items():
        for name, new in ((name, float(value)) for name, value in values.items()):
            old = float(attributes.get(f"{key}_{name}", np.nan))
            if not np.isclose(old, new, rtol=rtol, atol=0, equal_nan=True):
                raise SettingsMismatchError(
                    f"{path} has {name} = {old!r} {where}, this problem {new!r}: "
                    "the code of the model or the loss has changed"
                    + "".join(f"; it was computed with {one}" for one in changed[:1]),
                    hint=hint,
                )


def _plain(value: Any) -> Any:
    """Turn an HDF5 attribute into a Python value."""
    if isinstance(value, bytes):
        return value.decode()
    return value.item() if isinstance(value, np.generic) else value


def _short(value: Any) -> str:
    """Show a setting in an error message; a fingerprint by its first digits."""
    text = json.dumps(value)
    return f"{text[:13]}..." + '"' if len(text) > 60 else text
