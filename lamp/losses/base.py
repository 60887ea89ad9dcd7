"""Base losses: an error map by name or of one's own, reduced to one number."""

from functools import partial
from typing import Literal

from torch import Tensor, nn

from lamp.losses.errors import (
    ErrorMap,
    Reduction,
    absolute_error,
    check_reduction,
    cross_entropy_error,
    reduce,
    reduce_per_sample,
    spread_weight,
    squared_error,
)
from lamp.losses.ssim import ssim_error

Base = Literal["l2", "l1", "ssim", "bce"] | ErrorMap

_ERROR_MAPS: dict[str, ErrorMap] = {
    "l2": squared_error,
    "l1": absolute_error,
    "ssim": ssim_error,
    "bce": cross_entropy_error,
}


def error_map(base: Base) -> ErrorMap:
    """Return the error map that `base` names; a callable is returned as it is.

    Args:
        base: `"l2"`, `"l1"`, `"ssim"`, `"bce"`, or any callable
            `(reconstruction, target) -> elementwise errors >= 0`.

    Raises:
        ValueError: If the name is unknown.

    Example:
        >>> error_map("l1") is absolute_error
        True
    """
    if callable(base):
        return base
    if base not in _ERROR_MAPS:
        raise ValueError(
            f"expected base to be one of {', '.join(_ERROR_MAPS)} or a callable that returns "
            f"elementwise errors, got {base!r}"
        )
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


class BaseLoss(nn.Module):
    """Base reconstruction loss L_base(y, y^) with the reductions that `LampLoss` has.

    Args:
        base: `"l2"`, `"l1"`, `"ssim"`, the control `"bce"`, or an error map of one's own.
        reduction: `"mean"` over all elements (the default, as in the first author's earlier
            code), `"sum"` over the elements of a sample and mean over the batch, or `"none"`.

    Example:
        >>> import torch
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

    def forward(
        self, reconstruction: Tensor, target: Tensor, weight: Tensor | None = None
    ) -> Tensor:
        """Return the reduced loss; `LampLoss.forward` tells what a weight does."""
        return reduce(*self._weighted(reconstruction, target, weight))

    def per_sample(
        self, reconstruction: Tensor, target: Tensor, weight: Tensor | None = None
    ) -> Tensor:
        """Return one loss a sample, shape (N,), whose mean is the loss."""
        return reduce_per_sample(*self._weighted(reconstruction, target, weight))

    def extra_repr(self) -> str:
        """Return the settings as they were given, for `repr`."""
        return f"base={base_name(self.base)!r}, reduction={self.reduction!r}"

    def _weighted(
        self, reconstruction: Tensor, target: Tensor, weight: Tensor | None
    ) -> tuple[Tensor, Reduction, Tensor | None]:
        """Return what the reductions take."""
        error = elementwise(self.error, reconstruction, target)
        weight = spread_weight(weight, error)
        return (error if weight is None else error * weight), self.reduction, weight


def base_name(base: Base) -> str:
    """Return the name of a base loss: the same in every process, without memory addresses."""
    if isinstance(base, str):
        return base
    if isinstance(base, partial):
        settings = [*map(repr, base.args), *(f"{k}={v!r}" for k, v in base.keywords.items())]
        return f"{base_name(base.func)}({', '.join(settings)})"
    return str(getattr(base, "__qualname__", type(base).__qualname__))
