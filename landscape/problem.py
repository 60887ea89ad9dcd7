"""What a user brings: a model, a loss and data."""

import contextlib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from landscape.errors import ProblemError
from landscape.surface.kinds import MetricKind, says_kind
from landscape.surface.layout import RESERVED, RESERVED_ENDS

Values = Tensor | Mapping[str, Tensor]
Loss = Callable[[Any, Any], Values]

_WRAP_HINT = (
    "wrap it: loss = lambda model, batch: criterion(model(batch[0]), batch[1]), with "
    "reduction='none' if there shall be standard errors"
)


@dataclass(frozen=True)
class Problem:
    """A model, a loss and data: all that is needed to evaluate a loss at a point.

    Args:
        model: Any `nn.Module`; its parameters are the center. It is never changed. Parameters
            with `requires_grad=False` move like all others.
        loss: `loss(model, batch)`, called without gradients and in evaluation mode. Returns
            per-sample values of shape (N,), or a scalar mean over the batch, which has no standard
            error, or a dict of such with the key `"loss"` (for example with `"accuracy"` beside
            it). With `"weight"` in the dict every mean is sum(weight * value) / sum(weight) over
            all batches: for a masked mean return its value and the number of valid tokens, or
            values and weights of shape (N, T). Scalars without a weight are weighted by samples.
        batches: Batches in a fixed order: a list, or a DataLoader with `shuffle=False`. Read twice,
            to compare, and kept in memory. A batch is a tensor, or a tuple, list, dict or dataclass
            with tensors of shape (N, ...).
        spec: How the problem was named, for provenance: a file and arguments as words of a shell,
            or any text.
        batch_size: `batch_size(batch)` returns the number of samples in a batch. Needed where it
            is not the leading size of all tensors: graphs, time before samples, lists of images.
        metrics: What kind of numbers metrics are, by name: `MetricKind(higher_is_better=True,
            low=0, high=1)`. Well-known names such as accuracy need none.
        splits: More batches by name, on which the same loss is evaluated at the same points:
            `splits={"test": batches}` gives metrics `test_loss` and so on. Everything else, such
            as statistics of BatchNorm and directions along the gradient, is from `batches`.

    Raises:
        ProblemError: If an argument is of the wrong kind.

    Example:
        >>> import torch
        >>> model = torch.nn.Linear(2, 1)
        >>> x = torch.randn(8, 2)
        >>> problem = Problem(model, lambda model, x: model(x).square().mean(1), [x])
    """

    model: nn.Module
    loss: Loss
    batches: Iterable[Any]
    spec: str = ""
    batch_size: Callable[[Any], int] | None = field(default=None, kw_only=True)
    metrics: Mapping[str, MetricKind] = field(default_factory=dict, kw_only=True)
    splits: Mapping[str, Iterable[Any]] = field(default_factory=dict, kw_only=True)

    def __post_init__(self) -> None:
        if not isinstance(self.model, nn.Module):
            raise ProblemError(f"expected model to be an nn.Module, got {kind_of(self.model)}")
        if isinstance(self.model, torch.jit.ScriptModule):
            raise ProblemError(
                "expected model to be an nn.Module in Python, got a TorchScript module",
                hint="use the module from which it was made, or torch.export",
            )
        if self.batch_size is not None and not callable(self.batch_size):
            raise ProblemError(
                f"expected batch_size to be a function of a batch, got {kind_of(self.batch_size)}",
                hint="the batches are as large as you make them; batch_size tells how large",
            )
        _check_loss(self.loss)
        _check_batches(self.batches)
        _check_kinds(self.metrics)
        _check_splits(self.splits)

    def __repr__(self) -> str:
        own = [one for one in self.model.parameters() if not nn.parameter.is_lazy(one)]
        numbers = sum(parameter.numel() for parameter in own)
        name = getattr(self.loss, "__name__", type(self.loss).__name__)
        batches = type(self.batches).__name__
        if isinstance(self.batches, Sized):
            batches = f"{batches} of {len(self.batches)} batches"
        spec = f", {self.spec}" if self.spec else ""
        model = type(self.model).__name__
        return f"Problem({model} of {numbers:,} parameters, loss {name}, {batches}{spec})"

    def metric_kinds(self) -> dict[str, dict[str, bool | float]]:
        """Return what kind of numbers the declared metrics are, as a file keeps it.

        Example:
            >>> kinds = {"hits": MetricKind(higher_is_better=True, low=0.0)}
            >>> Problem(nn.Linear(2, 1), lambda model, x: x, [], metrics=kinds).metric_kinds()
            {'hits': {'higher_is_better': True, 'low': 0.0}}
        """
        kinds = {
            name: {
                "higher_is_better": kind.higher_is_better,
                **({"low": float(kind.low)} if math.isfinite(kind.low) else {}),
                **({"high": float(kind.high)} if math.isfinite(kind.high) else {}),
            }
            for name, kind in self.metrics.items()
        }
        of_splits = {f"{split}_{name}": kinds[name] for split in self.splits for name in kinds}
        return of_splits | kinds


def check_metric_name(name: Any) -> None:
    """Refuse a name that no metric can have, because the surface file uses it or it is no name.

    Args:
        name: Of a metric.

    Raises:
        ProblemError: Listing the names that are taken.
    """
    named = isinstance(name, str) and name.isidentifier()
    if not named or name in RESERVED or name == "weight" or name.endswith(RESERVED_ENDS):
        raise ProblemError(
            f"expected a name for a metric, got {name!r}",
            hint=f"identifiers other than {', '.join(sorted(RESERVED | {'weight'}))} that do not "
            f"end in {', '.join(RESERVED_ENDS)}, which have a meaning of their own",
        )


def kind_of(value: object) -> str:
    """Name the type of a value for an error message."""
    return f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")


def _check_loss(loss: Any) -> None:
    """Refuse what is no function of model and batch, as far as that can be seen."""
    if not callable(loss):
        raise ProblemError(
            f"expected loss to be a function loss(model, batch), got {kind_of(loss)}"
        )
    if type(loss).__module__ == "torch.nn.modules.loss":
        raise ProblemError(
            f"expected loss to be a function loss(model, batch), got the criterion "
            f"{type(loss).__name__}, which takes an output and a target",
            hint=_WRAP_HINT,
        )
    if getattr(loss, "__module__", "") == "torch.nn.functional":
        raise ProblemError(
            f"expected loss to be a function loss(model, batch), got torch.nn.functional."
            f"{getattr(loss, '__name__', '')}",
            hint=_WRAP_HINT,
        )


def _check_batches(batches: Any) -> None:
    """Refuse what cannot be read as batches, twice."""
    if isinstance(batches, Tensor | np.ndarray):
        kind = "tensor" if isinstance(batches, Tensor) else "array"
        raise ProblemError(
            f"expected batches to be a list of batches, got one {kind} of shape "
            f"{tuple(batches.shape)}",
            hint="pass batches=[x] for one batch, or x.split(256) for several",
        )
    several = list(batches) if isinstance(batches, list | tuple) else []
    tensors = [one for one in several if isinstance(one, Tensor)]
    if len(tensors) == len(several) and len({one.ndim for one in tensors}) > 1:  # as (x, y)
        shapes = ", ".join(str(tuple(one.shape)) for one in tensors[:3])
        raise ProblemError(
            f"expected batches that are alike, got tensors of shapes {shapes}",
            hint="pass batches=[(x, y)] for one batch of inputs and targets",
        )
    if isinstance(batches, Mapping | str):
        raise ProblemError(
            f"expected batches to be a list of batches, got one {kind_of(batches)}",
            hint="pass batches=[batch] for one batch",
        )
    if isinstance(batches, torch.utils.data.Dataset) and not isinstance(batches, Iterable):
        raise ProblemError(
            f"expected batches, got the dataset {kind_of(batches)}",
            hint="pass torch.utils.data.DataLoader(dataset, batch_size=256)",
        )
    if not isinstance(batches, Iterable):
        raise ProblemError(f"expected batches to be iterable, got {kind_of(batches)}")
    if isinstance(batches, Iterator):
        raise ProblemError(
            f"expected batches that can be read more than once, got {kind_of(batches)}",
            hint="pass list(batches), or a DataLoader",
        )


def _check_kinds(metrics: Any) -> None:
    """Refuse what does not say of metrics what kind of numbers they are."""
    if not isinstance(metrics, Mapping):
        raise ProblemError(
            f"expected metrics to be a dict of MetricKind by name, got {kind_of(metrics)}"
        )
    for name, kind in metrics.items():
        check_metric_name(name)
        if not isinstance(kind, MetricKind) or not kind.low < kind.high:
            raise ProblemError(
                f"expected metrics[{name!r}] to be a MetricKind with low < high, got {kind!r}",
                hint="for example MetricKind(higher_is_better=True, low=0, high=1)",
            )


def _check_splits(splits: Any) -> None:
    """Refuse splits without a name of their own, or that are no batches."""
    if not isinstance(splits, Mapping):
        raise ProblemError(
            f"expected splits to be a dict of batches by name, got {kind_of(splits)}",
            hint='for example splits={"test": batches}',
        )
    for name, batches in splits.items():
        if not isinstance(name, str) or not name.isidentifier() or says_kind(name):
            raise ProblemError(
                f"expected a name for a split that is none of a metric, got {name!r}",
                hint="its metrics are called by both, such as test_loss: take test or validation",
            )
        with about_split(name):
            _check_batches(batches)


@contextlib.contextmanager
def about_split(name: str) -> Iterator[None]:
    """Say of an error which split it is about.

    Args:
        name: Of the split.

    Yields:
        Nothing.

    Raises:
        ProblemError: What was raised inside, with the name.
    """
    try:
        yield
    except ProblemError as error:
        raise ProblemError(f"split {name!r}: {error}", hint=error.hint) from error
