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
from landscape.objective.counting import COUNT_HINT, Count
from landscape.problem import check_metric_name

Array = NDArray[np.float64]

_LOSS_HINT = (
    "loss(model, batch) returns per-sample values of shape (N,), a scalar mean, or a dict of such "
    "with the key 'loss'"
)
_SHAPE_HINT = (
    _LOSS_HINT + "; for images: .flatten(1).mean(1); for tokens or pixels: return their values and "
    "a 'weight' of the same shape; if samples are not counted by the first dimension: "
    "Problem(..., batch_size=lambda batch: ...)"
)


@dataclass(frozen=True, eq=False)
class Sample:
    """One metric at one point.

    Args:
        values: Per-sample values, shape (N,); for a loss that returns a scalar, one value for each
            batch. 0 where the weight is 0.
        weights: Of each value in the mean, shape (N,): 1 for a sample, or the number of samples
            of a batch, or what the loss returned as `weight`.
        lengths: Number of values of each batch.
        per_sample: Whether there is one value for each sample, so that a standard error exists.
    """

    values: Array
    weights: Array
    lengths: tuple[int, ...]
    per_sample: bool

    @cached_property
    def mean(self) -> float:
        """Weighted mean over samples: sum of weight * value over sum of weights."""
        with np.errstate(invalid="ignore", over="ignore"):
            if self.per_sample and self._even:
                return float(self.values.mean())
            return float((self.values * self.weights).sum() / self.weights.sum())

    @property
    def standard_error(self) -> float:
        """Standard error of the mean over samples; NaN where it is unknown.

        The mean of weighted values is a ratio of two sums; its error is that of its linear part
        (Cochran, Sampling Techniques, 1977, section 2.11). Without weights it is s / sqrt(N).
        """
        return self._standard_error(self.residuals)

    def delta_standard_error(self, center: "Sample") -> float:
        """Standard error of the mean paired difference to the center; NaN where it is unknown."""
        if self.values.shape != center.values.shape:
            return float("nan")
        return self._standard_error(self.residuals - center.residuals)

    def first_not_finite(self) -> tuple[int, int | None] | None:
        """Find the first value that is infinite or NaN.

        Returns:
            Index of the batch, and of the value in its batch (None where a batch has one value);
            None if all values are finite.

        Example:
            >>> values = np.array([1.0, 2.0, np.nan])
            >>> Sample(values, np.ones(3), (2, 1), per_sample=True).first_not_finite()
            (1, 0)
        """
        bad = np.flatnonzero(~np.isfinite(self.values))
        if not bad.size:
            return None
        ends = np.cumsum(self.lengths)
        batch = int(np.searchsorted(ends, bad[0], side="right"))
        entry = int(bad[0] - ends[batch] + self.lengths[batch])
        return batch, entry if self.per_sample or self.lengths[batch] > 1 else None

    @property
    def _even(self) -> bool:
        return bool((self.weights == 1).all())

    @property
    def residuals(self) -> Array:
        """What each value adds to the error of the mean; they sum to 0."""
        with np.errstate(invalid="ignore", over="ignore"):
            residuals: Array = self.weights * (self.values - self.mean) / self.weights.sum()
        return residuals

    def _standard_error(self, residuals: Array) -> float:
        count = int(np.count_nonzero(self.weights))
        if not self.per_sample or count < 2:
            return float("nan")
        with np.errstate(invalid="ignore", over="ignore"):
            return float(np.sqrt(np.square(residuals).sum() * count / (count - 1)))


def as_metrics(value: Any) -> dict[str, Tensor]:
    """Check what a loss returned and make it a dict.

    Args:
        value: What a loss returned.

    Returns:
        Tensors by the name of their metric, and perhaps `weight`.

    Raises:
        ProblemError: If it is neither a real tensor nor a mapping of such with the key `"loss"`,
            or a name is none.
    """
    metrics = dict(value) if isinstance(value, Mapping) else {"loss": value}
    if isinstance(metrics.get("weight"), int | float):
        metrics["weight"] = torch.tensor(float(metrics["weight"]))
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
        if tensor.layout is not torch.strided or tensor.is_nested or tensor.is_meta:
            kind = "on the meta device" if tensor.is_meta else f"of layout {tensor.layout}"
            raise ProblemError(
                f"expected {name!r} to be a dense tensor with values, got one {kind}",
                hint="for sparse tensors: .to_dense()",
            )
        if name != "weight":
            check_metric_name(name)
    return metrics


def join(outputs: Sequence[Mapping[str, Tensor]], count: Count) -> dict[str, Sample]:
    """Join the metrics of all batches.

    A metric's mean is that over samples. Where the loss returned `weight`, it is the sum of
    weight * value over the sum of weights: a weight of one number for a batch holds for each of
    its values, weights of several numbers for values of that shape, and their sum for a scalar.

    Args:
        outputs: For each batch what `as_metrics` returned, on any device.
        count: Samples in each batch.

    Returns:
        One sample for each metric, its values in float64.

    Raises:
        ProblemError: If batches have other metrics than the first, shapes fit no batch, weights
            are none, or means of batches cannot be weighted.
    """
    # One copy from a GPU for each tensor, for which it must be waited, and all else on the CPU.
    outputs = [{name: t.detach().cpu().double() for name, t in one.items()} for one in outputs]
    names = list(outputs[0])
    for index, output in enumerate(outputs[1:], 2):
        if list(output) != names:
            raise ProblemError(
                f"expected the same metrics for every batch, got {names} and, for batch {index}, "
                f"{list(output)}"
            )
    sizes = _sizes(outputs, count)
    samples = {}
    for name in names:
        if name == "weight":
            continue
        parts = [
            _part(name, output, index, size)
            for index, (output, size) in enumerate(zip(outputs, sizes, strict=True), 1)
        ]
        samples[name] = _joined(name, parts, count, known=None not in sizes)
    return samples


def samples_behind(count: Count, loss: Sample) -> int:
    """Return the number of samples behind a mean.

    Args:
        count: Samples as counted in the batches.
        loss: At any point.

    Returns:
        As counted, else as many as there are per-sample values, else 0: not known.
    """
    return sum(count.sizes) if count.known else len(loss.values) * loss.per_sample


@dataclass(frozen=True)
class _Part:
    """Values and weights of one batch, shape (V,); a scalar of the loss is marked."""

    values: Tensor
    weights: Tensor
    scalar: bool
    per_sample: bool


def _sizes(outputs: Sequence[Mapping[str, Tensor]], count: Count) -> list[int | None]:
    """Return the samples of each batch: as counted, else as the length of per-sample values."""
    if count.known:
        return list(count.sizes)
    sizes: list[int | None] = []
    for output in outputs:
        found = {t.shape[0] for name, t in output.items() if t.ndim > 0 and name != "weight"}
        sizes.append(found.pop() if len(found) == 1 else None)
    return sizes


def _part(name: str, output: Mapping[str, Tensor], index: int, size: int | None) -> _Part:
    """Check one metric of one batch, and find the weights of its values."""
    values = output[name]
    weight = output.get("weight")
    if weight is not None:
        weight = _checked(weight, index)
        if weight.ndim == 0 or weight.shape == values.shape or values.ndim == 0:
            return _weighted(values, weight, size)
    if values.ndim == 0:
        weights = values.new_tensor([1.0 if size is None else float(size)])
        return _Part(values[None], weights, scalar=True, per_sample=False)
    if values.ndim != 1 or (size is not None and values.shape != (size,)):
        expected = "(N,)" if size is None else f"({size},) for a batch of {size} samples"
        of_batch = f"; batch {index}" if index > 1 else ""
        weighed = "" if weight is None else f" and weight of shape {tuple(weight.shape)}"
        raise ProblemError(
            f"expected {name!r} of shape {expected}, got {tuple(values.shape)}{weighed}{of_batch}",
            hint=_SHAPE_HINT,
        )
    return _Part(values, torch.ones_like(values), scalar=False, per_sample=True)


def _weighted(values: Tensor, weight: Tensor, size: int | None) -> _Part:
    """Weigh the values of one batch; those of one sample, such as its tokens, become their mean."""
    if values.ndim == 0:
        return _Part(_masked(values, weight.sum())[None], weight.sum()[None], True, False)
    weight = weight.expand_as(values)
    values = _masked(values, weight)
    if values.ndim > 1:
        total = weight.flatten(1).sum(1)
        sums = (values * weight).flatten(1).sum(1)
        values, weight = _masked(sums / total, total), total
    # Values of tokens are not independent: more or fewer than samples have no standard error.
    return _Part(values, weight, False, per_sample=size is None or len(values) == size)


def _masked(values: Tensor, weight: Tensor) -> Tensor:
    """Put 0 where the weight is 0, where values are often NaN."""
    return torch.where(weight == 0, torch.zeros_like(values), values)


def _checked(weight: Tensor, index: int) -> Tensor:
    """Refuse weights that are none."""
    if not bool((weight >= 0).all()) or not bool(weight.isfinite().all()):
        raise ProblemError(
            f"expected weights that are finite and not negative, got others for batch {index}"
        )
    return weight


def _joined(name: str, parts: Sequence[_Part], count: Count, *, known: bool) -> Sample:
    """Join the batches of one metric."""
    scalar = parts[0].scalar
    if any(part.scalar != scalar for part in parts):
        raise ProblemError(
            f"expected {name!r} to be a scalar for every batch or for none", hint=_LOSS_HINT
        )
    if scalar and not known and len(parts) > 1 and not count.even:
        raise ProblemError(
            f"cannot weight the mean of {name!r} over batches by their samples: {count.doubt}",
            hint=COUNT_HINT,
        )
    values = torch.cat([part.values for part in parts]).numpy()
    weights = torch.cat([part.weights for part in parts]).numpy()
    if not weights.sum() > 0:
        raise ProblemError(f"the weights of {name!r} sum to 0 over all batches")
    lengths = tuple(len(part.values) for part in parts)
    return Sample(values, weights, lengths, all(part.per_sample for part in parts))
