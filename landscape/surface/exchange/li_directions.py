"""Files of directions and of trajectories of Li et al. (2018), read."""

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from landscape.errors import SurfaceFileError
from landscape.surface.axes import Axis, PointOfInterest
from landscape.surface.data import Array
from landscape.surface.exchange.foreign import open_foreign, read_array

_GROUPS = ("xdirection", "ydirection")
_ORTHONORMAL = 1e-3


@dataclass(frozen=True, eq=False)
class Directions:
    """What is needed of directions to know distances in a plane.

    Args:
        gram: Their inner products, shape (axes, axes).
        axes: What they are, if they are principal components; else empty.
    """

    gram: Array
    axes: tuple[Axis, ...]


def read_directions(path: Path, *, axes: int) -> Directions:
    """Read a file of directions, one tensor at a time.

    Args:
        path: The file: groups `xdirection` and `ydirection` with tensors `0`, `1`, ...
        axes: How many directions the surface has.

    Returns:
        Their geometry.

    Raises:
        SurfaceFileError: If it is no such file, or its directions do not fit.
    """
    with open_foreign(path, what="a direction file of Li et al.") as file:
        groups = [_group(file, name) for name in _GROUPS[:axes]]
        counts = {len(group) for group in groups}
        if len(counts) > 1:
            raise ValueError(f"its directions have {' and '.join(map(str, counts))} tensors")
        gram = np.zeros((axes, axes))
        for index in range(counts.pop()):
            rows = [read_array(group, str(index)).astype(np.float64) for group in groups]
            if len({row.shape for row in rows}) > 1:
                raise ValueError(
                    f"tensor {index} has shapes {', '.join(str(r.shape) for r in rows)}"
                )
            flat = np.stack([row.ravel() for row in rows])
            gram += flat @ flat.T
        if not np.isfinite(gram).all():
            raise ValueError("its directions are not finite")
        shares = file.get("explained_variance_ratio_")
        names: list[str] = []
        if isinstance(shares, h5py.Dataset):
            shares = read_array(file, "explained_variance_ratio_").ravel()[:axes]
            names = [
                f"component {i + 1} ({share:.1%} of variance)" for i, share in enumerate(shares)
            ]
    unit = "parameter distance"
    return Directions(gram, tuple(Axis(name=name, unit=unit, random=False) for name in names))


def read_trajectory(path: Path, gram: Array | None) -> tuple[PointOfInterest, ...]:
    """Read projected checkpoints as coordinates in units of the directions.

    Their program's default projection (`..._proj_cos.h5`) divides the inner product with a
    direction by its norm, not by its square, and ignores the angle between the two: right for
    orthonormal directions only. The Gram matrix G repairs it: c_i = <d, d_i> / |d_i| gives
    G a = (c_i |d_i|).

    Args:
        path: The file: `proj_xcoord` and `proj_ycoord`.
        gram: Inner products of the directions, shape (2, 2); None where they are not known.

    Returns:
        The checkpoints of one path, numbered from 0; how far off the plane they are, it does not
        say.

    Raises:
        SurfaceFileError: If it is no such file, or its coordinates cannot be repaired.
    """
    with open_foreign(path, what="a trajectory file of Li et al.") as file:
        x, y = (read_array(file, f"proj_{name}coord").astype(np.float64) for name in "xy")
        if x.ndim != 1 or x.shape != y.shape:
            raise ValueError(f"its coordinates have shapes {x.shape} and {y.shape}")
        if not (np.isfinite(x).all() and np.isfinite(y).all()):
            raise ValueError("its coordinates are not all finite")
    points: Array = np.stack([x, y])
    if not path.stem.endswith("_lstsq"):
        if gram is None or gram.shape != (2, 2):
            raise SurfaceFileError(
                f"{path} has coordinates in units that depend on the norms of the directions",
                hint="give the file of the directions (--directions), or rename it to "
                f"{path.stem}_lstsq{path.suffix} if it was projected by least squares",
            )
        if np.abs(gram - np.eye(2)).max() > _ORTHONORMAL:
            if np.linalg.matrix_rank(gram) < 2:
                raise SurfaceFileError(f"the directions that {path} is projected on are parallel")
            points = np.asarray(np.linalg.solve(gram, np.sqrt(np.diag(gram))[:, None] * points))
    return tuple(
        PointOfInterest(
            label=str(index),
            alpha=float(a),
            beta=float(b),
            distance=None,
            path=path.stem,
            step=index,
        )
        for index, (a, b) in enumerate(points.T)
    )


def _group(file: h5py.File, name: str) -> h5py.Group:
    """Return one direction."""
    if not isinstance(file.get(name, getlink=True), h5py.HardLink):
        raise ValueError(f"it has no {name!r} (it has {', '.join(sorted(file)[:8]) or 'nothing'})")
    group = file[name]
    if not isinstance(group, h5py.Group) or not len(group):
        raise ValueError(f"expected {name!r} to be a group of tensors")
    return group
