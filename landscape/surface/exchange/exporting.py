"""Write a surface for another program, which the ending of the file name says."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from landscape.arguments import checked
from landscape.errors import LandscapeError, check_suffix
from landscape.files import replacing
from landscape.surface.data import Surface
from landscape.surface.directions import load_directions
from landscape.surface.exchange import li_write, solid, table, vtk
from landscape.surface.exchange.saving import refuse_existing, save
from landscape.surface.file import write_errors
from landscape.surface.read import load

SUFFIXES = (".vts", ".vtp", ".ply", ".stl", ".csv", ".npy", ".nc", ".h5")
_WITH_HEIGHT = {".vts", ".vtp", ".ply", ".stl"}


@checked
def export(
    surface: Surface | str | os.PathLike[str],
    path: str | os.PathLike[str],
    *,
    metric: str = "loss",
    plane: int = 0,
    log: bool = False,
) -> list[Path]:
    """Write a surface as another program reads it.

    Args:
        surface: A surface, or its file.
        path: What to write; its ending says how. `.vts`: a grid as high as the metric, with all
            arrays as data (VTK, ParaView); `.vtp`: the line, or a line for each path of
            checkpoints, or one through the points of interest; `.ply` and `.stl`: a closed body,
            half as high as wide; `.csv`: one row a point, all planes, all numbers; `.npy`: values
            of shape (beta, alpha); `.nc`: all of it, which is a surface file; `.h5`: surface file
            in the layout of Li et al. (2018), beside it `..._directions.h5` where directions were
            stored, and `..._proj_lstsq.h5` where there are points of interest. `status` of a point
            is measured, failed, missing or estimated: the word in `.csv`, its code (`STATES`) in
            `.vts`, `.vtp` of a line, `.ply` and `.h5`.
        metric: Which metric is the height, or the array.
        plane: Which replicate plane, where a file holds one.
        log: Whether heights are logarithms to base 10.

    Returns:
        The files that were written.

    Raises:
        LandscapeError: If the surface has no such metric or plane, or is not of the kind that the
            format holds.
        SurfaceFileError: If a file cannot be read or written, or an HDF5 file exists already.
    """
    out = Path(path)
    check_suffix(out, SUFFIXES, hint="the ending says what is written")
    suffix = out.suffix.lower()
    source = None if isinstance(surface, Surface) else Path(surface)
    found = load(source) if source is not None else surface
    assert isinstance(found, Surface)
    _check(found, metric, plane, log=log and suffix not in _WITH_HEIGHT)
    if suffix == ".nc":
        return [_write_all(found, source, out)]
    if suffix == ".h5":
        return _write_li(found, source, plane, out)
    with _replacing(out) as target:
        if suffix == ".vts":
            vtk.write_grid(found, plane, metric, target, log=log)
        elif suffix == ".vtp":
            vtk.write_path(found, plane, metric, target, log=log)
        elif suffix == ".ply":
            solid.write_ply(solid.body(found, plane, metric, log=log), target, metric=metric)
        elif suffix == ".stl":
            solid.write_stl(solid.body(found, plane, metric, log=log), target)
        elif suffix == ".csv":
            table.write_csv(found, target)
        else:
            table.write_array(found, plane, metric, target)
    return [out]


def _check(surface: Surface, metric: str, plane: int, *, log: bool) -> None:
    """Refuse what the surface does not have, and logarithms of what has no height."""
    if metric not in surface.metrics:
        raise LandscapeError(
            f"expected one of the metrics {', '.join(surface.metrics)}, got {metric!r}"
        )
    if not 0 <= plane < surface.planes:
        raise LandscapeError(f"expected a plane from 0 to {surface.planes - 1}, got {plane}")
    if log:
        raise LandscapeError(
            "logarithms are of heights only", hint=f"for {', '.join(sorted(_WITH_HEIGHT))}"
        )


def _write_all(surface: Surface, source: Path | None, out: Path) -> Path:
    """Write the surface file itself, which is NetCDF."""
    refuse_existing(out)
    if source is None:
        save(surface, out)
    else:
        with _replacing(out) as target:
            shutil.copyfile(source, target)
    return out


def _write_li(surface: Surface, source: Path | None, plane: int, out: Path) -> list[Path]:
    """Write a surface file of Li et al. and what belongs to it."""
    stored = load_directions(source) if source is not None else []
    directions = out.with_name(f"{out.stem}_directions.h5")
    trajectory = out.with_name(f"{out.stem}_proj_lstsq.h5")
    files = [out]
    files += [directions] if stored else []
    files += [trajectory] if surface.points_of_interest else []
    for file in files:
        refuse_existing(file)
    if stored:
        with _replacing(directions) as target:
            li_write.write_directions(surface, stored[plane], target)
    if trajectory in files:
        with _replacing(trajectory) as target:
            li_write.write_trajectory(surface, target)
    with _replacing(out) as target:
        name = directions.name if stored else ""
        li_write.write_surface(surface, plane, target, directions=name)
    return files


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """Write a file under a temporary name, so that it is whole or not there."""
    with write_errors(path, hint="choose another place for the file"), replacing(path) as temporary:
        yield temporary
