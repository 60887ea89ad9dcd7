"""What a loss returned: checked, joined over batches, averaged over samples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from landscape.errors import ProblemError

Array = NDArray[np.float64]

_LOSS_HINT = (
    "loss(model, batch) returns per-sample values of shape (N,), a scalar mean, or a dict of such "
    "with the key 'loss'"
)
_RESERVED = {"plane", "beta", "alpha", "axis", "other_axis", "status", "gram", "directions"}
_SUFFIXES = ("_se", "_delta", "_estimate", "_estimate_error")


@dataclass(frozen=True, eq=False)
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

    @cached_property
    def mean(self) -> float:
        """Mean over samples."""
        with np.errstate(invalid="ignore", over="ignore"):
            if self.per_sample:
                return float(self.values.mean())
            return float((self.values * self.weights).sum() / self.weights.sum())

    @property
    def standard_error(self) -> float:
        """Standard error of the mean over samples; NaN where it is unknown."""
        return self._standard_error(self.values)

    def delta_standard_error(self, center: "Sample") -> float:
        """Standard error of the mean paired difference to the center; NaN where it is unknown."""
        if not self.per_sample:
            return float("nan")
        with np.errstate(invalid="ignore", over="ignore"):
            return self._standard_error(self.values - center.values)

    def _standard_error(self, values: Array) -> float:
        if not self.per_sample or values.size < 2:
            return float("nan")
        with np.errstate(invalid="ignore", over="ignore"):
            offset = values - values.mean()
            return float(np.sqrt(np.square(offset).sum() / (values.size * (values.size - 1))))


def as_metrics(value: Any) -> dict[str, Tensor]:
    """Check what a loss returned and make it a dict.

    Args:
        value: What a loss returned.

    Returns:
        Tensors by the name of their metric.

    Raises:
        ProblemError: If it is neither a real tensor nor a mapping of such with the key `"loss"`,
            or a name is none.
    """
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


def join(outputs: Sequence[Mapping[str, Tensor]], sizes: Sequence[int]) -> dict[str, Sample]:
    """Join the metrics of all batches.

    Args:
        outputs: For each batch what `as_metrics` returned.
        sizes: Samples in each batch.

    Returns:
        One sample for each metric, its values in float64.

    Raises:
        ProblemError: If batches have other metrics than the first, or shapes fit no batch.
    """
    names = list(outputs[0])
    for output in outputs[1:]:
        if list(output) != names:
            raise ProblemError(
                f"expected the same metrics for every batch, got {names} and {list(output)}"
            )
    return {name: _joined(name, [output[name] for output in outputs], sizes) for name in names}


def _joined(name: str, tensors: Sequence[Tensor], sizes: Sequence[int]) -> Sample:
    """Join the batches of one metric."""
    scalar = all(tensor.ndim == 0 for tensor in tensors)
    if not scalar:
        for tensor, size in zip(tensors, sizes, strict=True):
            if tensor.shape != (size,):
                raise ProblemError(
                    f"expected {name!r} of shape ({size},) for a batch of {size} samples, "
                    f"got {tuple(tensor.shape)}",
                    hint=_LOSS_HINT + "; for images: .flatten(1).mean(1)",
                )
    joined = torch.stack(list(tensors)) if scalar else torch.cat(list(tensors))
    values = joined.double().cpu().numpy()
    weights = np.array(sizes, float) if scalar else np.ones(values.size)
    return Sample(values, weights, per_sample=not scalar)
