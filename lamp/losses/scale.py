"""The scale M of Eq. 2: what it ranges over, and what it may be instead."""

import math
from typing import Literal

import torch
from torch import Tensor, nn


class RunningMaximum(nn.Module):
    """A scale that remembers: `M <- max(momentum * M, largest error of the batch)`.

    In training mode every batch moves it, and no error is above it. In eval mode it stays, and
    errors above it are continued as `amplify` tells. It is a buffer: in the `state_dict` of the
    loss that it scales, and in the checkpoints of a training. Before the first batch it is 0.

    The gradient, if the scale is differentiated, goes through the batch's own maximum, and only
    where that is the larger one. Make a new one for each training.

    Args:
        momentum: What is left of M after a batch, in [0, 1]. 1 is the maximum of all that was
            seen; 0 is `scale="batch"`, in training. The default halves it in 69 batches; the
            paper has no such scale.

    Example:
        >>> scale = RunningMaximum(momentum=0.5)
        >>> [float(scale(torch.tensor([[error]]))) for error in (4.0, 1.0, 3.0)]
        [4.0, 2.0, 3.0]
        >>> float(scale.eval()(torch.tensor([[100.0]])))
        3.0
    """

    maximum: Tensor

    def __init__(self, momentum: float = 0.99) -> None:
        super().__init__()
        if not 0 <= momentum <= 1:
            raise ValueError(f"expected momentum in [0, 1], got {momentum}")
        self.momentum = momentum
        self.register_buffer("maximum", torch.zeros(()))

    def forward(self, error: Tensor) -> Tensor:
        """Return the scale, a scalar, after this batch has moved it."""
        if self.maximum.device != error.device:
            self.maximum = self.maximum.to(error.device)
        if not self.training:
            return self.maximum.to(error.dtype)
        largest = torch.maximum(error.amax(), self.maximum.to(error.dtype) * self.momentum)
        with torch.no_grad():
            self.maximum.copy_(largest)
        return largest

    def extra_repr(self) -> str:
        """Return the setting, for `repr`."""
        return f"momentum={self.momentum}"


Scale = Literal["sample", "batch", "none"] | float | RunningMaximum


def scale_of(error: Tensor, scale: Scale, *, detach: bool, floor: float) -> Tensor | float:
    """Return M, with as many dimensions as `error` or none.

    A number is returned as it is. Everything else is not below `floor`.
    """
    largest: Tensor
    if isinstance(scale, RunningMaximum):
        largest = scale(error)
    elif scale == "sample" and error.ndim == 1:  # one element a sample: each is its own maximum
        largest = error
    elif scale in {"sample", "batch"}:
        first = 1 if scale == "sample" else 0
        largest = error.amax(tuple(range(first, error.ndim)), keepdim=True)
    else:
        return 1.0 if scale == "none" else float(scale)
    return (largest.detach() if detach else largest).clamp(min=floor)


def check_scale(scale: Scale) -> None:
    """Raise a ValueError if `scale` is no scale."""
    if isinstance(scale, RunningMaximum):
        return
    named = isinstance(scale, str) and scale in {"sample", "batch", "none"}
    number = isinstance(scale, int | float) and not isinstance(scale, bool)
    if not named and not (number and 0 < float(scale) < math.inf):
        raise ValueError(
            f"expected scale to be 'sample', 'batch', 'none' or a positive number, or a "
            f"RunningMaximum, got {scale!r}"
        )


def check_floor(floor: float) -> None:
    """Raise a ValueError if `floor` is not positive."""
    if not floor > 0:
        raise ValueError(f"expected floor > 0, got {floor}: a perfect reconstruction would be 0/0")
