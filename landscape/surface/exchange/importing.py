"""Read a file of another program as a surface."""

import os
from collections.abc import Sequence
from pathlib import Path

from landscape.arguments import checked
from landscape.errors import LandscapeError, check_suffix
from landscape.surface.data import Surface
from landscape.surface.exchange.arrays import read_array_file
from landscape.surface.exchange.assemble import surface_of
from landscape.surface.exchange.foreign import foreign_errors
from landscape.surface.exchange.li import WHAT, Order, read_surface
from landscape.surface.exchange.saving import save
from landscape.surface.read import load

SUFFIXES = (".h5", ".hdf5", ".npy")


@checked
def import_surface(
    path: str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    *,
    directions: str | os.PathLike[str] | None = None,
    trajectory: str | os.PathLike[str] | None = None,
    order: Order | None = None,
    distance: float | None = None,
    window: Sequence[float] | None = None,
) -> Surface:
    """Read a surface that another program computed, so that it can be measured and drawn.

    What it does not say (standard errors, norms of directions) is NaN, and named in the metadata
    as `unknown`; what was repaired is in `imported`.

    Args:
        path: A surface file of Li et al. (2018) (`.h5`), or an array (`.npy`) of shape
            (beta, alpha), or (alpha,) for a line.
        out: A new surface file to write; by default none.
        directions: Of Li et al.: the file of directions, for their norms and angle; by default the
            one that the surface file names, if it lies beside it.
        trajectory: Of Li et al.: a file of projected checkpoints to show on the surface.
        order: Of Li et al., where not square: which index is first in its arrays, `yx` or `xy`. By
            default the one that its shape, or else a clearly smoother surface, tells.
        distance: Of an array that `random_plane` or `random_line` of loss-landscapes returned:
            the argument of that name.
        window: Of any other array: ends of alpha, then of beta.

    Returns:
        The surface.

    Raises:
        LandscapeError: If arguments are missing, or do not belong to the kind of file.
        SurfaceFileError: If it is not such a file, or `out` exists.
    """
    path = Path(path)
    check_suffix(path, SUFFIXES, hint="surface files of Li et al. and arrays of NumPy are read")
    if path.suffix.lower() == ".npy":
        if directions or trajectory or order:
            raise LandscapeError("directions, trajectory and order are of files of Li et al. only")
        found = read_array_file(path, distance=distance, window=window)
    else:
        if distance is not None or window is not None:
            raise LandscapeError("distance and window are of arrays (.npy) only")
        found = read_surface(
            path,
            directions=None if directions is None else Path(directions),
            trajectory=None if trajectory is None else Path(trajectory),
            order=order,
        )
    with foreign_errors(path, WHAT if path.suffix.lower() != ".npy" else "an array of losses"):
        surface = surface_of(found, path)
    if out is None:
        return surface
    save(surface, Path(out))
    return load(out)
