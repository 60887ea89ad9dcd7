"""The plane nearest to the paths of optimizers: principal components of their checkpoints."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from landscape.arguments import checked
from landscape.errors import LandscapeError
from landscape.planes.along.made import End, Ground, Made
from landscape.planes.along.to import difference
from landscape.planes.checkpoints import Fitted, fit_checkpoint, read_checkpoint
from landscape.planes.components import Array, combine, gram_of, principal, project, walk_shares
from landscape.planes.names import short_names
from landscape.planes.parameters import norm
from landscape.planes.plane import Plane
from landscape.planes.runs import Record, read_run
from landscape.planes.sharing import own_parameters
from landscape.planes.space import ParameterSpace
from landscape.settings import GridSettings
from landscape.surface.axes import UNITS, Axis, PointOfInterest
from landscape.surface.trajectory import Trajectory

_FORM = "pca:run (a folder of checkpoints), or pca:sgd,adam (several)"
_SAME = 1e-6  # of the longest offset: the center is a checkpoint but for rounding


@dataclass(frozen=True, kw_only=True, eq=False)
class _Run:
    """One path: its name, records, and their tensors, which are read when they are used."""

    name: str
    records: tuple[Record, ...]
    fitted: tuple[Fitted, ...]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all checkpoints and their steps."""
        digest = hashlib.sha256()
        for record, fitted in zip(self.records, self.fitted, strict=True):
            digest.update(f"{record.step}:{fitted.fingerprint};".encode())
        return digest.hexdigest()


@checked
@dataclass(frozen=True, eq=False)
class Pca:
    """The paths that optimizers took, on the plane through the center that is nearest to them.

    Directions are the two longest principal components of the offsets of all checkpoints from the
    center (Li et al. 2018, section 7.1, who take the final parameters), of unit length: coordinates
    are distances in parameter space. Checkpoints are projected by least squares; how far they are
    from the plane, and their own loss beside that at their projection, go to the file.

    Args:
        folders: One or more, each of one training: of a `Tracker`, or see `read_run`.

    Raises:
        LandscapeError: If there is none.
    """

    folders: str | Path | Sequence[str | Path]

    def __post_init__(self) -> None:
        if not self.sources:
            raise LandscapeError("expected a folder of checkpoints, got none", hint=_FORM)

    @property
    def sources(self) -> tuple[Path, ...]:
        """All folders."""
        if isinstance(self.folders, str | Path):
            return (Path(self.folders),)
        return tuple(map(Path, self.folders))

    @classmethod
    def parse(cls, rest: str) -> "Pca":
        """Read what stands after the colon: folders with a comma between them."""
        folders = tuple(word.strip() for word in rest.split(","))
        if not all(folders):
            raise LandscapeError(f"expected folders of checkpoints, got {rest!r}", hint=_FORM)
        return cls(tuple(Path.cwd() / folder for folder in folders))  # build() may change it

    @property
    def text(self) -> str:
        """What a file calls it."""
        return f"pca:{','.join(self.names)}"

    @property
    def names(self) -> tuple[str, ...]:
        """What the paths are called; with folders above where names do not differ."""
        return short_names([path.resolve() for path in self.sources])

    def settle(self, grid: GridSettings) -> GridSettings:
        """Ask for one plane, with a window around the paths."""
        if grid.line:
            raise LandscapeError(
                f"expected a plane for {self.text}, got a line",
                hint="leave line out; to:FILE draws the line to one checkpoint",
            )
        if grid.window is None and grid.radius != 1:
            raise LandscapeError(
                f"radius {grid.radius} has no part in {self.text}: the grid holds the path",
                hint="give a window, such as -1,6,-2,2",
            )
        return grid.model_copy(update={"planes": 1})

    def make(self, ground: Ground) -> Made:
        """Read the checkpoints, find the components, and project."""
        space, center = ground.space, ground.space.center
        runs = [_read(name, f, space) for name, f in zip(self.names, self.sources, strict=True)]
        points = [fitted.parameters for run in runs for fitted in run.fitted]
        gram = gram_of(points, center)
        weights, squares = principal(gram) if len(points) > 1 else (np.zeros((2, 1)), np.zeros(2))
        _check_spread(runs, gram, squares, space)
        shares = squares / np.trace(gram)
        coordinates, distances = project(gram, weights)
        away = np.sqrt(np.diag(gram))
        return Made(
            planes=[Plane(center, combine(points, center, weights))],
            axes=tuple(
                Axis(name=f"PC {k}, {100 * s:.3g} %", unit=UNITS["unit"], random=False)
                for k, s in enumerate(shares, 1)
            ),
            normalize="given",
            fingerprint=hashlib.sha256(
                "".join(run.fingerprint for run in runs).encode()
            ).hexdigest(),
            ends=tuple(_ends(runs, space, coordinates, distances, away)),
            files={run.name: run.fingerprint for run in runs},
            reach=tuple((float(c.min()), float(c.max())) for c in coordinates.T),
            trajectory=_trajectory(runs, space, shares, away),
        )


def _read(name: str, folder: Path, space: ParameterSpace) -> _Run:
    """Read a path."""
    records = read_run(folder)
    found = (read_checkpoint(record.path, lazily=True) for record in records)
    fitted = tuple(fit_checkpoint(checkpoint, space.model) for checkpoint in found)
    return _Run(name=name, records=records, fitted=fitted)


def _check_spread(runs: Sequence[_Run], gram: Array, squares: Array, space: ParameterSpace) -> None:
    """Refuse checkpoints that span no plane with the center."""
    names = [record.path.name for run in runs for record in run.records]
    size = norm({n: v for n, v in space.center.items() if v.is_floating_point()})
    double = all(v.dtype == torch.float64 for v in space.center.values())
    eps = torch.finfo(torch.float64 if double else torch.float32).eps
    rounding = max(len(names) * (eps * size) ** 2, 1e-13 * float(squares[0]))
    if squares[1] > rounding:
        return
    others = sum(bool(square > rounding) for square in np.diag(gram))
    where = "in one point" if not others else "on one line"
    few = len(names) > 1 and others == 1
    more = ": only one of them differs from the center" if few else ""
    what, lie = ("checkpoint", "lies") if len(names) == 1 else ("checkpoints", "lie")
    raise LandscapeError(
        f"{len(names)} {what} in {', '.join(run.name for run in runs)} {lie} {where} with the "
        f"center: that is no plane{more}",
        hint="record two at least before the one that build() loads"
        + (f"; to:{runs[0].records[0].path} draws the line" if others else ""),
    )


def _ends(
    runs: Sequence[_Run], space: ParameterSpace, coordinates: Array, distances: Array, away: Array
) -> list[End]:
    """Describe each checkpoint on the plane."""
    own = own_parameters(space.model)
    still = {name: value for name, value in own.items() if name not in space.center}
    each = [(run, r, f) for run in runs for r, f in zip(run.records, run.fitted, strict=True)]
    ends = []
    for (run, record, fitted), (alpha, beta), distance, far in zip(
        each, coordinates, distances, away, strict=True
    ):
        # Parameters that do not move keep a checkpoint off the plane.
        rest = norm(difference(fitted.parameters, still))
        place = PointOfInterest(
            label=f"step {record.step}" if len(runs) == 1 else f"{run.name} {record.step}",
            alpha=float(alpha),
            beta=float(beta),
            distance=float(np.hypot(distance, rest)),
            away=float(np.hypot(far, rest)),
            path=run.name,
            step=record.step,
        )
        ends.append(End(fitted, place))
    return ends


def _trajectory(
    runs: Sequence[_Run], space: ParameterSpace, shares: Array, away: Array
) -> Trajectory:
    """Compare with a random walk where there is one path and it ends at the center."""
    ends = np.cumsum([len(run.records) for run in runs]) - 1
    last = {run.name: float(away[end]) for run, end in zip(runs, ends, strict=True)}
    walk = None
    if len(runs) == 1 and away[-1] <= _SAME * away.max():
        steps = [record.step for record in runs[0].records]
        dimensions = sum(v.numel() for v in space.center.values() if v.is_floating_point())
        first, second = walk_shares([steps[-1] - step for step in steps], dimensions)
        walk = (float(first), float(second))
    return Trajectory(explained=(float(shares[0]), float(shares[1])), walk=walk, last=last)
