"""Elementwise errors (L2, L1 and, as a control, cross-entropy), and their way to one number."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

ErrorMap = Callable[[Tensor, Tensor], Tensor]


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
    reconstruction, target = matched(reconstruction, target)
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
    reconstruction, target = matched(reconstruction, target)
    return (reconstruction - target).abs()


def cross_entropy_error(reconstruction: Tensor, target: Tensor) -> Tensor:
    """Compute the elementwise binary cross-entropy `-y log p - (1 - y) log(1 - p)`.

    A control that the paper lacks: for binary targets y it is `-log(1 - |p - y|)`, which is the
    amplified L1 error without scaling, as epsilon goes to 0. For targets between 0 and 1 its
    minimum is not 0 but their entropy. Logarithms end at -100, as in torch.

    Args:
        reconstruction: p in [0, 1], any shape, batch first.
        target: y in [0, 1], same shape.

    Returns:
        Same shape; float32, or wider where an input is.

    Raises:
        ValueError: If shapes differ, or there is no element.

    Example:
        >>> cross_entropy_error(torch.tensor([0.5, 0.9]), torch.tensor([0.0, 1.0]))
        tensor([0.6931, 0.1054])
    """
    reconstruction, target = matched(reconstruction, target)
    # Of NaN torch says that it is not between 0 and 1; here it is NaN, as of all other errors.
    lost = reconstruction.isnan()
    known = torch.where(lost, 0.5, reconstruction)
    with torch.autocast(reconstruction.device.type, enabled=False):  # which forbids it on a GPU
        error = functional.binary_cross_entropy(known, target, reduction="none")
    return torch.where(lost, reconstruction, error)


def matched(reconstruction: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Check that shapes agree and bring both to one dtype of at least float32.

    Raises:
        ValueError: If shapes differ, or there is no element.
    """
    if not all(isinstance(each, Tensor) for each in (reconstruction, target)):
        kinds = f"{type(reconstruction).__name__} and {type(target).__name__}"
        raise ValueError(f"expected reconstruction and target to be tensors, got {kinds}")
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


Reduction = Literal["mean", "sum", "none"]

REDUCTIONS: tuple[Reduction, ...] = ("mean", "sum", "none")


def reduce(error: Tensor, reduction: Reduction, weight: Tensor | None = None) -> Tensor:
    """Reduce errors (N, ...), already multiplied by `weight`, to a scalar, but for `"none"`.

    `"mean"` is over all elements (as in the first author's earlier code). `"sum"` is over the
    elements of a sample, as in paper Eq. 1, and the mean over the batch, so that the step does
    not grow with the batch size. With weights it is the mean of `reduce_per_sample`.
    """
    if reduction == "none":
        return error
    if reduction == "mean" and weight is None:
        return error.mean()
    return reduce_per_sample(error, reduction, weight).mean()


def reduce_per_sample(error: Tensor, reduction: Reduction, weight: Tensor | None = None) -> Tensor:
    """Reduce errors (N, ...), already multiplied by `weight`, to one number a sample, shape (N,).

    The sum over elements for `"sum"`, else their mean. With weights w the mean is
    `sum_i w_i e_i / sum_i w_i` over the elements of the sample, and 0 where all weights are 0.

    Example:
        >>> error, weight = torch.tensor([[1.0, 2.0, 5.0]]), torch.tensor([[1.0, 1.0, 0.0]])
        >>> reduce_per_sample(error * weight, "mean", weight)
        tensor([1.5000])
    """
    if error.ndim == 1:  # an empty dim would mean "all of them" to torch
        return reduce_per_sample(
            error[:, None], reduction, None if weight is None else weight[:, None]
        )
    elements = tuple(range(1, error.ndim))
    if reduction == "sum":
        return error.sum(elements)
    if weight is None:
        return error.mean(elements)
    total = weight.sum(elements)
    return error.sum(elements) / torch.where(total > 0, total, 1)


def spread_weight(weight: Tensor | None, error: Tensor) -> Tensor | None:
    """Bring a weight or a mask to the shape and dtype of the errors (N, ...), as torch broadcasts.

    From the last dimension: (H, W) is for all images, (N, 1, 1, 1) one for each sample.

    Raises:
        ValueError: If it does not broadcast to that shape.

    Example:
        >>> spread_weight(torch.tensor([True, False]), torch.zeros(1, 2))
        tensor([[1., 0.]])
    """
    if weight is None:
        return None
    pairs = zip(weight.shape[::-1], error.shape[::-1], strict=False)  # from the last dimension
    if weight.ndim > error.ndim or any(own not in {1, wanted} for own, wanted in pairs):
        raise ValueError(
            f"expected weight to broadcast to the shape of the errors, {tuple(error.shape)}, "
            f"got {tuple(weight.shape)}: one weight a sample has shape "
            f"{(error.shape[0], *[1] * (error.ndim - 1))}"
        )
    return weight.to(error.device, error.dtype).expand_as(error)


def check_reduction(reduction: str) -> None:
    """Raise a ValueError that lists the reductions if `reduction` is none of them."""
    if reduction not in REDUCTIONS:
        raise ValueError(f"expected reduction to be one of {REDUCTIONS}, got {reduction!r}")
