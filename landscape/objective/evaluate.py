"""Parameters in, per-sample values out: a problem made resident on one device."""

import copy
from typing import Any

import torch
from torch import Tensor, nn

from landscape.errors import ProblemError
from landscape.objective.batchnorm import prepare, recalibrate
from landscape.objective.data import ResidentBatches
from landscape.objective.folding import FoldedPair, fold, refold
from landscape.objective.moving import ResidentParameters
from landscape.objective.placement import PlacedData
from landscape.objective.precision import arithmetic
from landscape.objective.tuning import Tuning
from landscape.objective.values import Sample, as_metrics, join
from landscape.planes.plane import Plane
from landscape.problem import Loss, Problem, describe
from landscape.settings import BatchNormPolicy

_GRADIENT_HINT = (
    "surfaces are evaluated without gradients: wrap what needs one, such as a derivative by the "
    "inputs, in torch.enable_grad(); the parameters themselves do not require grad"
)


class Objective:
    """A private copy of a problem's model with its data, evaluated at any point of a plane.

    The caller's model is never touched.

    Args:
        problem: Model and loss.
        data: The problem's batches, read.
        device: Where to evaluate.
        batchnorm: What BatchNorm does away from the center.
        tuning: How to compute, as `tune` found it; by default as the caller's code says.

    Attributes:
        tuning: As given.

    Raises:
        ProblemError: If the model cannot be copied, or the loss fails or returns the wrong thing.

    Example:
        >>> from landscape.objective.data import read_batches
        >>> problem = Problem(nn.Linear(2, 1), lambda model, x: 0 * model(x)[:, 0] + 3, [])
        >>> objective = Objective(problem, read_batches([torch.ones(4, 2)]))
        >>> objective.evaluate()["loss"].mean
        3.0
    """

    def __init__(
        self,
        problem: Problem,
        data: ResidentBatches,
        *,
        device: str = "cpu",
        batchnorm: BatchNormPolicy = "frozen",
        tuning: Tuning = Tuning(),  # noqa: B008, frozen
    ) -> None:
        self._loss: Loss = problem.loss
        self._policy = batchnorm
        self._device = device
        self.tuning = tuning
        self._directions: list[dict[torch.dtype, Tensor]] = []
        self._model = _private_copy(problem.model).to(device)
        prepare(self._model, batchnorm)
        self._parameters = ResidentParameters(
            self._model, channels_last=tuning.layout == "channels_last"
        )
        self._folded: list[FoldedPair] = fold(self._model) if tuning.fold else []
        self._data = PlacedData(
            data, device=device, layout=tuning.layout, batch_size=tuning.batch_size
        )

    @property
    def folded(self) -> int:
        """Number of BatchNorm layers folded into the layers before them."""
        return len(self._folded)

    def enter(
        self, plane: Plane, directions: list[dict[torch.dtype, Tensor]] | None = None
    ) -> list[dict[torch.dtype, Tensor]]:
        """Make a plane's center and directions resident.

        Args:
            plane: The plane.
            directions: What this returned for the plane before; None lays them out anew.

        Returns:
            The directions as laid out, which the caller may keep to enter the plane again.
        """
        self._directions = []  # before the new ones are made: the old ones take memory
        self._parameters.set_center(plane.center)
        if directions is None:
            directions = [self._parameters.vectors(d) for d in plane.directions]
        self._directions = directions
        return directions

    def lend_center(self, model: nn.Module) -> None:
        """Make the parameters of another copy of the model, at the center, views of the center."""
        self._parameters.lend_center(model)

    def leave(self) -> None:
        """Return to the center, without directions."""
        self._directions = []
        self._move()

    def at(self, alpha: float, beta: float = 0.0) -> dict[str, Sample]:
        """Evaluate at a point of the entered plane.

        Args:
            alpha: Coordinate along the first direction.
            beta: Coordinate along the second; ignored on a line.

        Returns:
            Every metric's values.

        Raises:
            ProblemError: If the loss fails or returns the wrong thing.
        """
        self._move(alpha, beta)
        return self.evaluate()

    def evaluate(self) -> dict[str, Sample]:
        """Evaluate at the point where the model is now."""
        with torch.no_grad(), arithmetic(self.tuning.precision, self._device):
            if self._policy == "recalibrated":
                recalibrate(self._model, self._forward)
            return join(self._forward(), self._data.sizes)

    def _move(self, *coordinates: float) -> None:
        """Go to a point, without a step for axes that are not there."""
        self._parameters.move(list(coordinates[: len(self._directions)]), self._directions)
        refold(self._folded)

    def _forward(self) -> list[dict[str, Tensor]]:
        """Run the loss over all batches."""
        results = []
        for batch in self._data:
            try:
                value = self._loss(self._model, batch)
            except Exception as error:
                hint = _GRADIENT_HINT if "require grad" in str(error) else ""
                raise ProblemError(
                    f"loss(model, batch) raised {describe(error)}", hint=hint
                ) from error
            results.append(as_metrics(value))
        return results


def _private_copy(model: nn.Module) -> nn.Module:
    """Copy a model, or say why that is not possible."""
    try:
        return copy.deepcopy(model, _cached_activations(model))
    except Exception as error:
        raise ProblemError(
            f"cannot copy the model: {describe(error)}",
            hint="a model must survive copy.deepcopy; keep no open file or generator in it",
        ) from error


def _cached_activations(model: nn.Module) -> dict[int, Any]:
    """Return copies of tensors with a graph that modules keep, which deepcopy refuses to copy."""
    return {
        id(value): value.detach().clone()
        for module in model.modules()
        for value in vars(module).values()
        if isinstance(value, Tensor) and not value.is_leaf
    }
