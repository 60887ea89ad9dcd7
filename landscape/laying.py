"""Lay planes: check their window, make them, and evaluate what has a name on them."""

from collections.abc import Mapping
from dataclasses import replace

from torch import Tensor

from landscape.curvature.products import hessian_product
from landscape.errors import LandscapeError, ProblemError
from landscape.objective.data import ResidentBatches
from landscape.objective.ends import samples_at
from landscape.objective.evaluate import Objective
from landscape.objective.values import Sample
from landscape.planes.along import Ground, Made
from landscape.planes.along.made import Slope
from landscape.planes.parameters import Parameters
from landscape.planes.plane import Plane
from landscape.points.window import window_around
from landscape.request import Request
from landscape.settings import GridSettings
from landscape.surface.axes import PointOfInterest


def check_window(grid: GridSettings) -> GridSettings:
    """Refuse a window that fits no line, and settings that do not go together.

    Args:
        grid: The settings, with what the directions ask of them.

    Returns:
        The same.

    Raises:
        LandscapeError: Naming what does not fit.
    """
    if grid.window is not None and grid.radius == "auto":
        raise LandscapeError("expected radius auto or a window, got both")
    if grid.orthogonal and grid.along != "random":
        raise LandscapeError(
            f"orthogonal has no part in {grid.along}: only random directions are made orthogonal"
        )
    if grid.window is not None and grid.line and len(grid.window) == 4:
        raise LandscapeError(
            f"expected a window of two numbers for a line, got {len(grid.window)}",
            hint="beta, to which the last two belong, is 0 on a line",
        )
    return grid


def make_planes(request: Request, data: ResidentBatches) -> Made:
    """Make the planes that were asked for.

    Args:
        request: What was asked for.
        data: The batches, over which the loss is differentiated where a direction needs that.

    Returns:
        The planes.

    Raises:
        LandscapeError: If a file does not fit the model, or a direction cannot be found.
    """
    ground = Ground(
        space=request.space,
        grid=request.grid,
        slope=_slope(request, data),
        product=hessian_product(
            request.problem,
            data,
            request.space,
            device=request.device,
            batchnorm=request.grid.batchnorm,
        ),
    )
    return request.along.make(ground)


def _slope(request: Request, data: ResidentBatches) -> Slope:
    """Make the function that differentiates the loss; only where it is called it takes memory."""
    space, grid = request.space, request.grid
    made: list[Objective] = []

    def slope(offset: Mapping[str, Tensor] | None) -> tuple[float, Parameters]:
        if not made:  # as the caller's code computes: layers that were folded have no gradient
            objective = Objective(
                request.problem,
                data,
                device=request.device,
                batchnorm=grid.batchnorm,
                moves=space.moving,
            )
            made.append(objective)
        made[0].leave()
        if offset is not None:
            made[0].enter(Plane(space.center, (offset,)))
        loss, gradient = made[0].slope(1.0)
        return loss, {name: gradient[name] for name in space.moving}

    return slope


def framed(grid: GridSettings, made: Made) -> GridSettings:
    """Put the window around what the planes are made for, where none is given.

    Args:
        grid: The settings.
        made: The planes.

    Returns:
        The settings, with a window where one was left to be found.
    """
    if grid.window is not None or not made.reach:
        return grid
    return grid.model_copy(update={"window": window_around(made.reach, grid.steps)})


def points_of_interest(
    request: Request, made: Made, data: ResidentBatches, objective: Objective
) -> list[PointOfInterest]:
    """Evaluate the checkpoints on the planes, each with buffers of its own.

    Those of paths also where they are projected to.

    Args:
        request: What was asked for.
        made: The planes.
        data: The batches.
        objective: Left at the center.

    Returns:
        Places, with the values of the models that are there.
    """
    if made.trajectory is not None:
        objective.enter(made.planes[0])
    points = [
        replace(
            end.place,
            projected=_on_plane(objective, end.place) if end.place.path else {},
            values=_means(
                samples_at(
                    end.fitted,
                    request.problem,
                    data,
                    device=request.device,
                    batchnorm=request.grid.batchnorm,
                )
            ),
        )
        for end in made.ends
    ]
    objective.leave()
    return points


def _on_plane(objective: Objective, place: PointOfInterest) -> dict[str, float]:
    """Evaluate where a checkpoint is projected to; a point that fails there has no value."""
    try:
        return _means(objective.at(place.alpha, place.beta))
    except ProblemError:
        return {}


def _means(samples: Mapping[str, Sample]) -> dict[str, float]:
    """Return the mean of every metric."""
    return {name: sample.mean for name, sample in samples.items()}
