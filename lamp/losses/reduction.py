"""From elementwise errors to one number, with weights or without."""

from typing import Literal

import torch
from torch import Tensor

Reduction = Literal["mean", "sum", "none"]

REDUCTIONS: tuple[Reduction, ...] = ("mean", "sum", "none")


def reduce(error: Tensor, reduction: Reduction, weight: Tensor | None = None) -> Tensor:
    """Reduce elementwise errors (N, ...) to a scalar, or return them for `"none"`.

    `"mean"` is over all elements (as in the first author's earlier code). `"sum"` is over the
    elements of a sample, as in paper Eq. 1, and the mean over the batch, so that the step does
    not grow with the batch size. With weights it is the mean of `reduce_per_sample`.

    Args:
        error: Errors, already multiplied by `weight`.
        reduction: Which.
        weight: Of the same shape.
    """
    if reduction == "none":
        return error
    if reduction == "mean" and weight is None:
        return error.mean()
    return reduce_per_sample(error, reduction, weight).mean()


def reduce_per_sample(error: Tensor, reduction: Reduction, weight: Tensor | None = None) -> Tensor:
    """Reduce elementwise errors (N, ...) to one number a sample, shape (N,).

    The sum over elements for `"sum"`, else their mean. With weights w the mean is
    `sum_i w_i e_i / sum_i w_i` over the elements of the sample, and 0 where all weights are 0.

    Args:
        error: Errors, already multiplied by `weight`.
        reduction: Which.
        weight: Of the same shape.

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
    """Bring a weight or a mask to the shape and dtype of the errors.

    Args:
        weight: Numbers >= 0 or booleans that broadcast to the shape of `error` as torch does it,
            from the last dimension: (H, W) is for all images, (N, 1, 1, 1) one for each sample.
        error: Errors, shape (N, ...).

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
