"""Base losses: elementwise error maps, and one way of reducing them."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn

ErrorMap = Callable[[Tensor, Tensor], Tensor]
Base = Literal["l2", "l1"] | ErrorMap
Reduction = Literal["mean", "sum", "none"]

REDUCTIONS: tuple[Reduction, ...] = ("mean", "sum", "none")


def squared_error(reconstruction: Tensor, target: Tensor) -> Tensor:
    """Compute the elementwise L2 error `(reconstruction - target)^2` (paper section 2.2).

    Args:
        reconstruction: Any shape, batch first.
        target: Same shape: nothing is broadcast.

    Returns:
        Same shape; float32, or wider where an input is: never float16, which underflows here.

    Raises:
        ValueError: If shapes differ, or there is no element.

    Example:
        >>> squared_error(torch.tensor([0.5, 1.0]), torch.tensor([0.0, 1.0]))
        tensor([0.2500, 0.0000])
    """
    reconstruction, target = _matched(reconstruction, target)
    return (reconstruction - target).square()


def absolute_error(reconstruction: Tensor, target: Tensor) -> Tensor:
    """Compute the elementwise L1 error `|reconstruction - target|` (paper section 2.2).

    Shapes and precision are those of `squared_error`. The gradient at zero error is zero.

    Returns:
        Same shape; float32, or wider where an input is.

    Example:
        >>> absolute_error(torch.tensor([0.5, 1.0]), torch.tensor([0.0, 1.0]))
        tensor([0.5000, 0.0000])
    """
    reconstruction, target = _matched(reconstruction, target)
    return (reconstruction - target).abs()


_ERROR_MAPS: dict[str, ErrorMap] = {"l2": squared_error, "l1": absolute_error}


def error_map(base: Base) -> ErrorMap:
    """Return the error map that `base` names; a callable is returned as it is.

    Args:
        base: `"l2"`, `"l1"`, or any callable `(reconstruction, target) -> elementwise errors >= 0`.

    Raises:
        ValueError: If the name is unknown.

    Example:
        >>> error_map("l1") is absolute_error
        True
    """
    if callable(base):
        return base
    if base not in _ERROR_MAPS:
        raise ValueError(f"expected base to be one of {', '.join(_ERROR_MAPS)}, got {base!r}")
    return _ERROR_MAPS[base]


def elementwise(error: ErrorMap, reconstruction: Tensor, target: Tensor) -> Tensor:
    """Compute errors and check that they are elementwise, as a reduced loss's are not.

    Raises:
        ValueError: If the shape is not that of `reconstruction`.
    """
    found = error(reconstruction, target)
    if not isinstance(found, Tensor) or found.shape != reconstruction.shape:
        came = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
        raise ValueError(
            f"expected base to return one error for each element, shape "
            f"{tuple(reconstruction.shape)}, got {came}: use a loss with reduction='none'"
        )
    return found


def reduce_per_sample(error: Tensor, reduction: Reduction) -> Tensor:
    """Reduce elementwise errors (N, ...) to one number a sample, shape (N,).

    The sum over elements for `"sum"`, else their mean.
    """
    if error.ndim == 1:  # one element a sample; an empty dim would mean "all of them" to torch
        return error
    elements = tuple(range(1, error.ndim))
    return error.sum(elements) if reduction == "sum" else error.mean(elements)


def reduce(error: Tensor, reduction: Reduction) -> Tensor:
    """Reduce elementwise errors (N, ...) to a scalar, or return them for `"none"`.

    `"mean"` is over all elements (as in the first author's earlier code). `"sum"` is over the
    elements of a sample, as in paper Eq. 1, and the mean over the batch, so that the step does
    not grow with the batch size.
    """
    if reduction == "none":
        return error
    return error.mean() if reduction == "mean" else reduce_per_sample(error, "sum").mean()


def check_reduction(reduction: str) -> None:
    """Raise a ValueError that lists the reductions if `reduction` is none of them."""
    if reduction not in REDUCTIONS:
        raise ValueError(f"expected reduction to be one of {REDUCTIONS}, got {reduction!r}")


class BaseLoss(nn.Module):
    """Base reconstruction loss L_base(y, y^) with the reductions that `LampLoss` has.

    Args:
        base: `"l2"`, `"l1"`, or an error map of one's own.
        reduction: `"mean"` over all elements (the default, as in the first author's earlier
            code), `"sum"` over the elements of a sample and mean over the batch, or `"none"`.

    Example:
        >>> image = torch.zeros(2, 1, 2, 2)
        >>> BaseLoss("l2")(image + 0.5, image)
        tensor(0.2500)
        >>> BaseLoss("l2", reduction="sum").per_sample(image + 0.5, image)
        tensor([1., 1.])
    """

    def __init__(self, base: Base = "l2", *, reduction: Reduction = "mean") -> None:
        super().__init__()
        check_reduction(reduction)
        self.error = error_map(base)
        self.base = base
        self.reduction = reduction

    def forward(self, reconstruction: Tensor, target: Tensor) -> Tensor:
        """Return the reduced loss."""
        return reduce(elementwise(self.error, reconstruction, target), self.reduction)

    def per_sample(self, reconstruction: Tensor, target: Tensor) -> Tensor:
        """Return one loss a sample, shape (N,), whose mean is the loss."""
        return reduce_per_sample(elementwise(self.error, reconstruction, target), self.reduction)

    def extra_repr(self) -> str:
        """Return the settings as they were given, for `repr`."""
        return f"base={base_name(self.base)!r}, reduction={self.reduction!r}"


def base_name(base: Base) -> str:
    """Return the name of a base loss: the same in every process, without memory addresses."""
    if isinstance(base, str):
        return base
    return str(getattr(base, "__qualname__", type(base).__qualname__))


def _matched(reconstruction: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Check that shapes agree and bring both to one dtype of at least float32."""
    if reconstruction.shape != target.shape:
        raise ValueError(
            f"expected reconstruction and target of one shape, got {tuple(reconstruction.shape)} "
            f"and {tuple(target.shape)}; nothing is broadcast here"
        )
    check_elements(reconstruction)
    dtype = torch.promote_types(reconstruction.dtype, target.dtype)
    dtype = torch.promote_types(dtype, torch.float32)
    return reconstruction.to(dtype), target.to(dtype)


def check_elements(tensor: Tensor) -> None:
    """Raise a ValueError if there is no batch dimension or no element in `tensor`."""
    if tensor.ndim == 0 or tensor.numel() == 0:
        raise ValueError(
            f"expected at least one element, batch dimension first, got shape {tuple(tensor.shape)}"
        )
