"""What `compute` was asked for, checked; and what a surface file is born with because of it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from landscape.objective.data import ResidentBatches
from landscape.objective.prints import plain
from landscape.objective.tune import tune
from landscape.objective.tuning import Tuning
from landscape.objective.values import Sample, samples_behind
from landscape.planes.along import Along, Made
from landscape.planes.names import plain_names
from landscape.planes.parameters import fingerprint
from landscape.planes.plane import Plane
from landscape.planes.space import ParameterSpace, RandomPlanes
from landscape.points.grid import span
from landscape.problem import Problem
from landscape.provenance import provenance
from landscape.running.allocator import trim_memory
from landscape.settings import GridSettings
from landscape.surface.axes import PointOfInterest
from landscape.surface.create import Blueprint
from landscape.surface.data import Array, Surface
from landscape.surface.directions import Directions

_LARGE = 2**20  # bytes of an array


@dataclass(frozen=True, kw_only=True)
class Request:
    """What was asked for.

    Args:
        problem: Model, loss and data.
        space: The model's parameters.
        along: Where planes lie.
        grid: The settings, with what the directions ask of them.
        device: Where to evaluate.
        workers: Number of processes; None leaves it to the time that points take.
        executor: Where to evaluate instead.
        store_directions: Whether they go into the file.
    """

    problem: Problem
    space: ParameterSpace
    along: Along
    grid: GridSettings
    device: str
    workers: int | None
    executor: Executor | None
    store_directions: bool


def make_blueprint(
    request: Request,
    data: ResidentBatches,
    tuning: Tuning,
    *,
    made: Made,
    points: Sequence[PointOfInterest],
    gram: Array,
    center: Mapping[str, Sample],
    witness: Mapping[str, float],
    seconds: float,
    batchnorm: str,
    radius_from: str,
    found: Surface | None,
) -> Blueprint:
    """Describe a surface file: all that is known before the first point is evaluated.

    Args:
        request: What was asked for, the radius a number by now.
        data: The batches.
        tuning: How to compute.
        made: The planes.
        points: Places on them with a name.
        gram: Gram matrices of the planes, shape (plane, axes, axes).
        center: Every metric at the center.
        witness: Every metric at a fixed point away from it.
        seconds: That one point takes.
        batchnorm: By which statistics BatchNorm really normalizes.
        radius_from: `given`, or how it was found.
        found: What the file holds already; None for a new one.

    Returns:
        The blueprint.
    """
    space, grid = request.space, request.grid
    alpha, beta = grid.extent
    buffers = dict(request.problem.model.named_buffers())
    names = plain_names(list(buffers))
    random = made.planes if isinstance(made.planes, RandomPlanes) else None
    moving, parameters = space.counts(random=random is not None)
    drawn = {"seed": grid.seed, "normalize": made.normalize}
    if not made.seeded:  # whatever the seed is, it has no part in them
        del drawn["seed"]
    return Blueprint(
        alpha=span(*alpha, grid.steps),
        beta=np.zeros(1) if grid.line else span(*beta, grid.steps),
        gram=gram,
        center={name: sample.mean for name, sample in center.items()},
        witness=witness,
        identity={
            **{key: value for key, value in grid.identity().items() if key != "seed"},
            **drawn,
            "center": space.fingerprint,
            "buffers": fingerprint({names[name]: plain(b) for name, b in buffers.items()}),
            "data": data.fingerprint,
            "directions": made.fingerprint,
            **{f"file {name}": digest for name, digest in made.files.items()},
            "device": torch.device(request.device).type,
            "metrics": list(center),
        },
        provenance={
            **provenance(request.problem, space, request.device),
            **drawn,
            "normalization_report": json.dumps(space.report(grid.normalize) if made.drawn else []),
            "moving": moving,
            "parameters": parameters,
            "samples": samples_behind(data.count, center["loss"]),
            "split_samples": json.dumps(
                {
                    name: samples_behind(split.count, center[f"{name}_loss"])
                    for name, split in data.splits.items()
                }
            ),
            "tuning": tuning.to_json(),
            "batchnorm": batchnorm,
            "metric_kinds": json.dumps(request.problem.metric_kinds()),
            **_described(made, points),
            **({} if grid.window else {"radius": float(grid.radius), "radius_from": radius_from}),
            "draws": random.draws if random else "",
            "seconds": float(f"{seconds:.0e}"),
            **{f"center_{name}_se": sample.standard_error for name, sample in center.items()},
        },
        directions=_stored(made.planes) if request.store_directions and found is None else (),
        estimates=grid.tolerance is not None,
    )


def choose_tuning(request: Request, data: ResidentBatches, found: Surface | None) -> Tuning:
    """Take the tuning of a file to be continued, whose bits depend on it, or find one.

    Args:
        request: What was asked for.
        data: The batches.
        found: What the file holds already; None for a new one.

    Returns:
        How to compute.
    """
    # A file of another model will be refused.
    if found is not None and found.config.get("center") == request.space.fingerprint:
        return Tuning.from_json(found.metadata["tuning"])
    return tune(
        request.problem,
        data,
        device=request.device,
        batchnorm=request.grid.batchnorm,
        precision=request.grid.precision,
        points=request.grid.likely_points,
    )


def points_left(grid: GridSettings, found: Surface | None) -> int:
    """Guess how many points are to be measured.

    Args:
        grid: The settings.
        found: What the file holds already; None for a new one.

    Returns:
        Their number.
    """
    if found is None:
        return grid.likely_points
    missing = 0 if found.is_complete else int((~found.measured).sum())
    return min(missing, grid.likely_points)


def _described(made: Made, points: Sequence[PointOfInterest]) -> dict[str, str]:
    """Tell what the axes are, where they are not all random, and what lies on them."""
    if all(axis.random for axis in made.axes):
        return {}
    return {
        "axes": json.dumps([axis.to_dict() for axis in made.axes]),
        "points_of_interest": json.dumps([point.to_dict() for point in points]),
        **({"trajectory": json.dumps(made.trajectory.to_dict())} if made.trajectory else {}),
    }


def _stored(planes: Sequence[Plane]) -> list[Directions]:
    """Return directions as arrays for the file."""
    return [[_Arrays(direction) for direction in plane.directions] for plane in planes]


@dataclass(frozen=True, eq=False)
class _Arrays(Mapping[str, NDArray[np.float32]]):
    """A direction as float32 arrays, each made when it is asked for: all would take much memory."""

    direction: Mapping[str, Tensor]

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        tensor = self.direction[name]
        if tensor.nbytes > _LARGE:  # what HDF5 has freed of the one before lies in holes
            trim_memory()
        return tensor.float().cpu().numpy()

    def __iter__(self) -> Iterator[str]:
        return iter(self.direction)

    def __len__(self) -> int:
        return len(self.direction)
