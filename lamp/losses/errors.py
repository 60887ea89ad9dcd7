"""Elementwise errors: L2, L1 and, as a control, binary cross-entropy."""

from collections.abc import Callable

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
    with torch.autocast(reconstruction.device.type, enabled=False):  # which forbids it on a GPU
        return functional.binary_cross_entropy(reconstruction, target, reduction="none")


def matched(reconstruction: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Check that shapes agree and bring both to one dtype of at least float32.

    Raises:
        ValueError: If shapes differ, or there is no element.
    """
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
