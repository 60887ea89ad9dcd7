"""What is settled before the first point: tuning, a sound center, and what a file is born with."""

import time
from collections.abc import Mapping, Sequence

import numpy as np

from landscape.errors import LandscapeError, ProblemError
from landscape.objective.data import ResidentBatches, plain
from landscape.objective.evaluate import Objective
from landscape.objective.tune import tune
from landscape.objective.tuning import Tuning
from landscape.objective.values import Sample
from landscape.planes.parameters import fingerprint, parameters_of
from landscape.planes.plane import Plane
from landscape.points.grid import axis
from landscape.problem import Problem
from landscape.provenance import provenance
from landscape.running.evaluator import same_values
from landscape.settings import GridSettings
from landscape.surface.create import Blueprint
from landscape.surface.data import Surface
from landscape.surface.directions import Directions


def choose_tuning(
    problem: Problem,
    data: ResidentBatches,
    grid: GridSettings,
    *,
    device: str,
    found: Surface | None,
) -> Tuning:
    """Take the tuning of a file to be continued, whose bits depend on it, or find one.

    Args:
        problem: Model and loss.
        data: Its batches.
        grid: The settings.
        device: Where to evaluate.
        found: What the file holds; None for a new one.

    Returns:
        The tuning.
    """
    if found is not None:
        center = fingerprint(parameters_of(problem.model))
        same = found.metadata["config"].get("center") == center  # else the file will be refused
        if same and "tuning" in found.metadata:
            return Tuning.from_json(found.metadata["tuning"])
    return tune(
        problem,
        data,
        device=device,
        batchnorm=grid.batchnorm,
        precision=grid.precision,
        points=grid.likely_points,
    )


def evaluate_center(objective: Objective) -> tuple[dict[str, Sample], float]:
    """Evaluate the center twice; refuse what is random or not finite; time one evaluation.

    Args:
        objective: At the center.

    Returns:
        Every metric's values, and seconds.

    Raises:
        ProblemError: If a metric is not finite or differs between two evaluations.
    """
    first = objective.evaluate()
    start = time.perf_counter()
    second = objective.evaluate()
    seconds = time.perf_counter() - start
    for name, sample in first.items():
        if not np.isfinite(sample.mean):
            raise ProblemError(
                f"{name} at the center is {sample.mean}",
                hint="check that the model is trained and fed as in training",
            )
        if not same_values({name: sample}, {name: second[name]}):
            raise ProblemError(
                f"{name} at the center differs between two evaluations: "
                f"{sample.mean:.9g} and {second[name].mean:.9g}",
                hint="look for random numbers in loss or model, or dropout that ignores eval()",
            )
    return first, seconds


def check_movement(
    objective: Objective, center: Mapping[str, Sample], plane: Plane, radius: float
) -> None:
    """Refuse a loss that stays the same to the last bit when all parameters move a little.

    Args:
        objective: Left at the center.
        center: Values there.
        plane: Where to move.
        radius: Half side of the grid.

    Raises:
        ProblemError: If nothing changes.
    """
    objective.enter(plane)
    try:
        moved = objective.at(radius / 100, radius / 300)  # unequal: directions may cancel
    except ProblemError:
        return  # a point that fails is a result
    finally:
        objective.leave()
    if same_values(center, moved):
        raise ProblemError(
            "the loss does not change when the parameters do",
            hint="loss(model, batch) must use the model that it is given, not one from outside",
        )


def check_metrics(grid: GridSettings, center: Mapping[str, Sample]) -> None:
    """Refuse a tolerance for a metric that there is not.

    Args:
        grid: The settings.
        center: Every metric at the center.

    Raises:
        LandscapeError: Naming the metric and those that there are.
    """
    for name in grid.tolerance_metrics:
        if grid.tolerance is not None and name not in center:
            raise LandscapeError(
                f"expected tolerance_metrics among {', '.join(center)}, got {name!r}"
            )


def make_blueprint(
    problem: Problem,
    data: ResidentBatches,
    grid: GridSettings,
    *,
    device: str,
    tuning: Tuning,
    center: Mapping[str, Sample],
    planes: Sequence[Plane],
    store_directions: bool,
) -> Blueprint:
    """Describe the file: all that is known before the first point is evaluated.

    Args:
        problem: Model and loss.
        data: Its batches.
        grid: The settings.
        device: Where to evaluate.
        tuning: How to compute.
        center: Every metric at the center.
        planes: All of them.
        store_directions: Whether directions go into the file.

    Returns:
        The blueprint.
    """
    coordinates = axis(grid.radius, grid.steps)
    buffers = {name: plain(buffer) for name, buffer in problem.model.named_buffers()}
    return Blueprint(
        alpha=coordinates,
        beta=np.zeros(1) if grid.line else coordinates,
        gram=np.stack([plane.gram for plane in planes]),
        center={name: sample.mean for name, sample in center.items()},
        identity={
            **grid.identity(),
            "center": fingerprint(planes[0].center),
            "buffers": fingerprint(buffers),
            "data": data.fingerprint,
            "device": device,
            "metrics": list(center),
        },
        provenance=provenance(problem, grid, data.samples, tuning, center),
        directions=_stored(planes) if store_directions else (),
        estimates=grid.tolerance is not None,
    )


def _stored(planes: Sequence[Plane]) -> list[Directions]:
    """Turn directions into float32 arrays for the file."""
    return [
        [
            {name: tensor.float().cpu().numpy() for name, tensor in direction.items()}
            for direction in plane.directions
        ]
        for plane in planes
    ]
