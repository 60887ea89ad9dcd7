"""Parameters in, per-sample values out: a problem made resident on one device."""

import contextlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from itertools import islice
from typing import Any

import torch
from torch import Tensor, nn

from landscape.objective.batchnorm import in_effect, prepare, recalibrate
from landscape.objective.data import ResidentBatches
from landscape.objective.failures import loss_failed
from landscape.objective.folding import FoldedPair, fold, refold
from landscape.objective.functions import drop_hooks
from landscape.objective.gradient import mean_gradient
from landscape.objective.moving import ResidentParameters, Vectors
from landscape.objective.placement import PlacedData, place
from landscape.objective.precision import arithmetic
from landscape.objective.private import private_copy
from landscape.objective.product import mean_product
from landscape.objective.recording import Outputs, Recording
from landscape.objective.restoring import ModelState
from landscape.objective.splits import of_split
from landscape.objective.tuning import Tuning
from landscape.objective.values import Sample, as_metrics, join
from landscape.planes.parameters import Parameters
from landscape.planes.plane import Plane
from landscape.problem import Loss, Problem, about_split
from landscape.settings import BatchNormPolicy


class Objective:
    """A private copy of a problem's model with its data, evaluated at any point of a plane.

    The caller's model is never touched; its parameters are read at every point.

    Args:
        problem: Model and loss.
        data: The problem's batches, read.
        device: Where to evaluate.
        batchnorm: What BatchNorm does away from the center.
        tuning: How to compute, as `tune` found it; by default as the caller's code says.
        moves: Names of the parameters that planes move; None for all.

    Attributes:
        tuning: How it computes.

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
        tuning: Tuning | None = None,
        moves: Collection[str] | None = None,
    ) -> None:
        self._loss: Loss = problem.loss
        self._policy = batchnorm
        self._device = device
        self.tuning = tuning = tuning or Tuning()
        self._directions: list[Vectors] = []
        self._coordinates: tuple[float, ...] = ()
        self._model = private_copy(problem.model, device)
        if not tuning.hooks:
            drop_hooks(self._model)
        prepare(self._model, batchnorm)
        self._parameters = ResidentParameters(
            self._model, channels_last=tuning.layout == "channels_last", moves=moves
        )
        self._folded: list[FoldedPair] = fold(self._model, tuning.fold)
        self._state = ModelState(self._model, self._parameters.tensors)
        self._data, self._splits = place(data, device=device, tuning=tuning)
        self._recordings: dict[PlacedData, Recording] = {}

    @property
    def device(self) -> str:
        """Where it evaluates."""
        return self._device

    @property
    def model(self) -> nn.Module:
        """The private copy, where it is now."""
        return self._model

    def batchnorm_in_effect(self) -> str:
        """Tell by which statistics BatchNorm really normalizes; see `batchnorm.in_effect`."""
        self._settle()
        folded = bool(self._folded)
        return in_effect(self._policy, lambda: self._forward(1), folded=folded)

    def enter(self, plane: Plane, directions: list[Vectors] | None = None) -> list[Vectors]:
        """Make a plane's directions resident, and go to the center.

        Args:
            plane: One through the model's parameters.
            directions: What this returned for the plane before; None lays them out anew.

        Returns:
            The directions as laid out, which the caller may keep to enter the plane again.
        """
        self._directions = []  # before the new ones are made: the old ones take memory
        self._coordinates = ()
        if directions is None:
            directions = [self._parameters.vectors(d) for d in plane.directions]
        self._directions = directions
        return directions

    def leave(self) -> None:
        """Return to the center, without directions."""
        self._directions = []
        self._coordinates = ()

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
        self._coordinates = (alpha, beta)
        return self.evaluate()

    def evaluate(
        self, *, batches: int | None = None, within: AbstractContextManager[Any] | None = None
    ) -> dict[str, Sample]:
        """Evaluate at the point where the model is now.

        Args:
            batches: Only the first this many, and no split; None takes all.
            within: A context for the loss alone, without what brings the model there.

        Returns:
            Every metric's values.

        Raises:
            ProblemError: If the loss fails or returns the wrong thing.
        """
        recorded = self.tuning.recorded and batches is None and within is None
        forward = self._again if recorded else partial(self._forward, batches)
        self._settle()
        with within or nullcontext():
            if self._policy == "recalibrated":
                recalibrate(self._model, lambda: self._forward(batches))
            found = join(forward(), self._data.count.head(batches))
            for name, data in self._splits.items() if batches is None else ():
                with about_split(name):
                    found |= of_split(name, join(forward(data), data.count), taken=found)
            return found

    def slope(
        self, alpha: float = 0.0, beta: float = 0.0, *, batch: int | None = None
    ) -> tuple[float, Parameters]:
        """Differentiate the loss at a point of the entered plane; see `mean_gradient`.

        BatchNorm's statistics are constant, unless they are those of the batch.

        Args:
            alpha: Coordinate along the first direction.
            beta: Coordinate along the second; ignored on a line.
            batch: Of this one alone; None takes all.

        Returns:
            The mean loss, and its gradient in CPU memory.

        Raises:
            ProblemError: If the loss fails, or has no gradient.
        """
        self._coordinates = (alpha, beta)
        data = self._data if batch is None else self._data.only(batch)
        with self._differentiating():
            return mean_gradient(self._loss, self._model, data)

    def product(self, direction: Mapping[str, Tensor]) -> Parameters:
        """Multiply a direction by the Hessian of the mean loss at the center; see `mean_product`.

        BatchNorm's statistics are constant, unless they are those of the batch.

        Args:
            direction: By the names of what moves.

        Returns:
            The product in CPU memory.

        Raises:
            ProblemError: If the loss fails, or cannot be differentiated twice.
        """
        self.leave()
        with self._differentiating():
            tangents = self._parameters.tangents(direction)
            return mean_product(self._loss, self._model, self._data, tangents)

    @contextlib.contextmanager
    def _differentiating(self) -> Iterator[None]:
        """Bring the model to its point, and compute in the tuning's arithmetic."""
        self._settle()
        tuning = self.tuning
        with arithmetic(tuning.precision, tuning.default_dtype, self._device):
            if self._policy == "recalibrated":
                recalibrate(self._model, lambda: self._forward(None))
            yield

    def _settle(self) -> None:
        """Set the model to where it is anew, whatever the evaluation before has done to it."""
        self._state.restore()
        steps = self._coordinates[: len(self._directions)]
        self._parameters.move(list(steps), self._directions[: len(steps)])
        refold(self._folded)

    def _again(self, data: PlacedData | None = None) -> Outputs:
        """Run the loss over all batches as it was recorded, or record it."""
        data = data or self._data
        if not data.resident:
            return self._forward(None, data)
        if data not in self._recordings:
            run = partial(self._forward, None, data)
            self._recordings[data] = Recording(run, self._device)
        return self._recordings[data].again()

    def _forward(self, batches: int | None, data: PlacedData | None = None) -> Outputs:
        """Run the loss over batches, by default those of no split, in the tuning's arithmetic."""
        results = []
        with (
            torch.no_grad(),
            arithmetic(self.tuning.precision, self.tuning.default_dtype, self._device),
        ):
            for batch in islice(data or self._data, batches):
                try:
                    value = self._loss(self._model, batch)
                except (Exception, SystemExit) as error:
                    raise loss_failed(error, self._loss) from error
                results.append(as_metrics(value))
        return results
