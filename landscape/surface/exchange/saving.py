"""Write a surface that is in memory as a surface file."""

import json
from pathlib import Path

import numpy as np

from landscape.errors import SurfaceFileError, check_suffix
from landscape.surface.create import Blueprint, create
from landscape.surface.data import Status, Surface
from landscape.surface.file import SUFFIXES, writing
from landscape.surface.writer import Point, SurfaceWriter

_OWN = {"schema", "schema_version", "metrics", "config", "path", "directions_digest"}


def save(surface: Surface, path: Path) -> None:
    """Write a surface to a new surface file, without directions.

    Args:
        surface: The surface.
        path: Where; there must be nothing yet.

    Raises:
        LandscapeError: If its name ends as that of another format.
        SurfaceFileError: If there is something, or it cannot be written.
    """
    check_suffix(path, SUFFIXES, hint="other formats are written by landscape.export")
    with writing(path):
        refuse_existing(path)
        create(path, _blueprint(surface))
        with SurfaceWriter(path) as writer:
            measured = _points(surface, Status.MEASURED)
            where = tuple(np.array(measured, np.intp).reshape(-1, 3).T)
            ends = ("", "_se", "_delta_se")
            names = [f"{metric}{end}" for metric in surface.metrics for end in ends]
            nothing = np.full(surface.status.shape, np.nan)
            writer.write(
                measured, {name: surface.values.get(name, nothing)[where] for name in names}
            )
            writer.fail(_points(surface, Status.FAILED))
            for plane in range(surface.planes if surface.refined is not None else 0):
                assert surface.refined is not None
                arrays = {n: a[plane] for n, a in surface.values.items() if "_estimate" in n}
                error, done = surface.refined.error[plane], surface.refined.done[plane]
                writer.estimate(plane, arrays, error=float(error), done=bool(done))


def refuse_existing(path: Path) -> None:
    """Refuse to write over a file that took time to compute.

    Args:
        path: What is to be written.

    Raises:
        SurfaceFileError: If it is there.
    """
    if path.exists():
        raise SurfaceFileError(f"{path} exists", hint="choose another name, or remove it first")


def _blueprint(surface: Surface) -> Blueprint:
    """Return what the file holds from birth."""
    given = dict(surface.metadata)
    prefixes = tuple(f"{kind}_{name}" for kind in ("center", "witness") for name in surface.metrics)
    provenance = {
        name: json.dumps(value) if isinstance(value, (dict, list)) else value
        for name, value in given.items()
        if name not in _OWN | set(prefixes)
    }
    return Blueprint(
        alpha=surface.alpha,
        beta=surface.beta,
        gram=surface.gram,
        center={name: surface.center[name] for name in surface.metrics},
        witness={n: given[f"witness_{n}"] for n in surface.metrics if f"witness_{n}" in given},
        identity=surface.config,
        provenance=provenance,
        estimates=surface.refined is not None,
    )


def _points(surface: Surface, status: Status) -> list[Point]:
    """Return the indices of the points in a state."""
    return [(int(k), int(j), int(i)) for k, j, i in np.argwhere(surface.status == status)]
