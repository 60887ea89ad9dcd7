"""Parameters in, per-sample values out: a problem made resident on one device."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from landscape.directions.plane import Plane
from landscape.errors import ProblemError
from landscape.objective.batches import ResidentBatches, map_tensors
from landscape.objective.batchnorm import prepare, recalibrate
from landscape.objective.problem import Loss, Problem, describe
from landscape.objective.resident import ResidentParameters
from landscape.settings import BatchNormPolicy

Array = NDArray[np.float64]

_LOSS_HINT = (
    "loss(model, batch) returns per-sample values of shape (N,), a scalar mean, or a dict of such "
    "with the key 'loss'"
)
_GRADIENT_HINT = (
    "surfaces are evaluated without gradients: wrap what needs one, such as a derivative by the "
    "inputs, in torch.enable_grad(); the parameters themselves do not require grad"
)
_RESERVED = {"plane", "beta", "alpha", "axis", "other_axis", "status", "gram", "directions"}
_SUFFIXES = ("_se", "_delta", "_estimate", "_estimate_error")


@dataclass(frozen=True)
class Sample:
    """One metric at one point.

    Args:
        values: Per-sample values, shape (N,); for a loss that returns a scalar, one value for each
            batch.
        weights: Samples behind each value, shape (N,).
        per_sample: Whether there is one value for each sample, so that a standard error exists.
    """

    values: Array
    weights: Array
    per_sample: bool

    @property
    def mean(self) -> float:
        """Mean over samples."""
        with np.errstate(invalid="ignore", over="ignore"):
            return float(self.values @ self.weights / self.weights.sum())

    @property
    def standard_error(self) -> float:
        """Standard error of the mean over samples; NaN where it is unknown."""
        return self._standard_error(self.values)

    def delta_standard_error(self, center: "Sample") -> float:
        """Standard error of the mean paired difference to the center; NaN where it is unknown."""
        return self._standard_error(self.values - center.values)

    def _standard_error(self, values: Array) -> float:
        if not self.per_sample or values.size < 2:
            return float("nan")
        with np.errstate(invalid="ignore", over="ignore"):
            return float(values.std(ddof=1) / np.sqrt(values.size))


class Objective:
    """A private copy of a problem's model with its data, evaluated at any point of a plane.

    The caller's model is never touched. Convolutional models are laid out channels-last where
    this leaves the values at the center unchanged up to rounding.

    Args:
        problem: Model and loss.
        data: The problem's batches, read.
        device: Where to evaluate.
        batchnorm: What BatchNorm does away from the center.

    Raises:
        ProblemError: If the model cannot be copied, or the loss fails or returns the wrong thing.
    """

    def __init__(
        self,
        problem: Problem,
        data: ResidentBatches,
        *,
        device: str = "cpu",
        batchnorm: BatchNormPolicy = "frozen",
    ) -> None:
        self._loss: Loss = problem.loss
        self._policy = batchnorm
        self._sizes = data.sizes
        self._directions: list[dict[torch.dtype, Tensor]] = []
        convolutional = any(p.ndim == 4 for p in problem.model.parameters())
        self.layout = "contiguous"
        self._load(problem.model, data, device, channels_last=False)
        if convolutional:
            self._try_channels_last(problem.model, data, device)

    def _load(
        self, model: nn.Module, data: ResidentBatches, device: str, *, channels_last: bool
    ) -> None:
        """Copy model and data to the device in one memory layout."""
        try:
            self._model = copy.deepcopy(model, _cached_activations(model))
        except Exception as error:
            raise ProblemError(
                f"cannot copy the model: {describe(error)}",
                hint="a model must survive copy.deepcopy; keep no open file or generator in it",
            ) from error
        self._model.to(device)
        prepare(self._model, self._policy)
        self._parameters = ResidentParameters(self._model, channels_last=channels_last)

        def place(tensor: Tensor) -> Tensor:
            # Copies: a loss that works in place must not reach the caller's tensors.
            if channels_last and tensor.ndim == 4 and tensor.is_floating_point():
                return tensor.detach().to(device, memory_format=torch.channels_last, copy=True)
            return tensor.detach().to(device, copy=True)

        self._batches = [map_tensors(place, batch) for batch in data.batches]

    def _try_channels_last(self, model: nn.Module, data: ResidentBatches, device: str) -> None:
        """Change to channels-last unless the model cannot work so or its values change."""
        expected = self.evaluate()
        self._load(model, data, device, channels_last=True)
        try:
            found = self.evaluate()
        except ProblemError:  # for instance a .view() that needs contiguous memory
            agree = False
        else:
            agree = all(
                np.allclose(found[name].values, sample.values, rtol=1e-3, atol=1e-6, equal_nan=True)
                for name, sample in expected.items()
            )
        if agree:
            self.layout = "channels_last"
        else:
            self._load(model, data, device, channels_last=False)

    def enter(self, plane: Plane) -> None:
        """Make a plane's center and directions resident."""
        self._parameters.set_center(plane.center)
        self._directions = [self._parameters.vectors(d) for d in plane.directions]

    def leave(self) -> None:
        """Return to the center, without directions."""
        self._directions = []
        self._parameters.move([], [])

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
        self._parameters.move([alpha, beta][: len(self._directions)], self._directions)
        return self.evaluate()

    @torch.no_grad()
    def evaluate(self) -> dict[str, Sample]:
        """Evaluate at the point where the model is now."""
        if self._policy == "recalibrated":
            recalibrate(self._model, self._forward)
        outputs = self._forward()
        names = list(outputs[0])
        for output in outputs[1:]:
            if list(output) != names:
                raise ProblemError(
                    f"expected the same metrics for every batch, got {names} and {list(output)}"
                )
        return {name: self._gather(name, [output[name] for output in outputs]) for name in names}

    def _forward(self) -> list[dict[str, Tensor]]:
        """Run the loss over all batches."""
        results = []
        for batch in self._batches:
            try:
                # New containers each time, so that a loss may take a dict apart.
                value = self._loss(self._model, map_tensors(_same, batch))
            except Exception as error:
                hint = _GRADIENT_HINT if "require grad" in str(error) else ""
                raise ProblemError(
                    f"loss(model, batch) raised {describe(error)}", hint=hint
                ) from error
            results.append(_as_metrics(value))
        return results

    def _gather(self, name: str, tensors: list[Tensor]) -> Sample:
        """Join the batches of one metric."""
        scalar = all(tensor.ndim == 0 for tensor in tensors)
        if not scalar:
            for tensor, size in zip(tensors, self._sizes, strict=True):
                if tensor.shape != (size,):
                    raise ProblemError(
                        f"expected {name!r} of shape ({size},) for a batch of {size} samples, "
                        f"got {tuple(tensor.shape)}",
                        hint=_LOSS_HINT + "; for images: .flatten(1).mean(1)",
                    )
        values = torch.cat([tensor.reshape(-1) for tensor in tensors]).double().cpu().numpy()
        weights = np.array(self._sizes, float) if scalar else np.ones(values.size)
        return Sample(values, weights, per_sample=not scalar)


def _as_metrics(value: Any) -> dict[str, Tensor]:
    """Check what a loss returned and make it a dict."""
    metrics = dict(value) if isinstance(value, Mapping) else {"loss": value}
    if "loss" not in metrics:
        raise ProblemError(
            f"expected a metric named 'loss', got {sorted(map(str, metrics))}", hint=_LOSS_HINT
        )
    for name, tensor in metrics.items():
        if not isinstance(tensor, Tensor):
            raise ProblemError(
                f"expected {name!r} to be a tensor, got {type(tensor).__name__}", hint=_LOSS_HINT
            )
        if tensor.is_complex():
            raise ProblemError(f"expected {name!r} to be real, got {tensor.dtype}")
        if not str(name).isidentifier() or name in _RESERVED or name.endswith(_SUFFIXES):
            raise ProblemError(
                f"expected a name for a metric, got {name!r}",
                hint=f"identifiers other than {', '.join(sorted(_RESERVED))} that do not end in "
                f"{', '.join(_SUFFIXES)}, which the surface file uses",
            )
    return metrics


def _same(tensor: Tensor) -> Tensor:
    """Return a tensor itself."""
    return tensor


def _cached_activations(model: nn.Module) -> dict[int, Any]:
    """Return copies of tensors with a graph that modules keep, which deepcopy refuses to copy."""
    return {
        id(value): value.detach().clone()
        for module in model.modules()
        for value in vars(module).values()
        if isinstance(value, Tensor) and not value.is_leaf
    }
