"""Products with the Hessian of a problem's mean loss: what its curvature is found from."""

from collections.abc import Mapping
from dataclasses import replace

from torch import Tensor

from landscape.errors import ProblemError
from landscape.objective.containers import map_tensors
from landscape.objective.data import ResidentBatches
from landscape.objective.evaluate import Objective
from landscape.objective.private import in_float32, widened
from landscape.planes.eigenpairs import Product
from landscape.planes.parameters import Parameters
from landscape.planes.space import ParameterSpace
from landscape.problem import Problem
from landscape.settings import BatchNormPolicy


def hessian_product(
    problem: Problem,
    data: ResidentBatches,
    space: ParameterSpace,
    *,
    device: str = "cpu",
    batchnorm: BatchNormPolicy = "frozen",
) -> Product:
    """Return the function that multiplies a direction by the Hessian at the center.

    It computes as the caller's code does, but for half precision, whose 8 or 11 bits are not
    enough for a second derivative: models and batches in it are copied to float32.

    Args:
        problem: Model and loss.
        data: The batches.
        space: What moves; rows and columns of the Hessian are of that alone.
        device: Where to compute.
        batchnorm: What BatchNorm does.

    Returns:
        The function; only when it is called it takes memory.
    """
    made: list[Objective] = []
    half = any(value is not widened(value) for value in problem.model.parameters())

    def product(direction: Mapping[str, Tensor]) -> Parameters:
        if not made:
            exact, batches = problem, replace(data, splits={})
            if half:
                exact = replace(problem, model=in_float32(problem.model))
                parts = tuple(map_tensors(widened, batch) for batch in data.batches)
                batches = replace(batches, batches=parts)
            made.append(
                Objective(exact, batches, device=device, batchnorm=batchnorm, moves=space.moving)
            )
        try:
            found = made[0].product(direction)
        except ProblemError as error:
            if not half:
                raise
            raise ProblemError(
                f"in float32, in which the Hessian of a model in half precision is computed: "
                f"{error}",
                hint="loss and model must compute in the dtype of the parameters",
            ) from error
        return {name: found[name] for name in space.moving}

    return product
