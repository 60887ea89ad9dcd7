"""Loss amplification, LAMP: paper section 2.2, Eq. 1, and the scaling trick, section 2.3, Eq. 2.

Park et al., ICASSP 2024, https://arxiv.org/abs/2308.14595
"""

import math
from typing import Literal

import torch
from torch import Tensor, nn

from lamp.losses.base import (
    Base,
    Reduction,
    base_name,
    check_elements,
    check_reduction,
    elementwise,
    error_map,
    reduce,
    reduce_per_sample,
)

Scale = Literal["sample", "batch", "none"] | float

SMALLEST_EPSILON = 1e-7


def amplify(
    error: Tensor,
    *,
    epsilon: float = 0.1,
    scale: Scale = "sample",
    detach: bool = False,
    floor: float = 1e-4,
) -> Tensor:
    """Amplify elementwise errors: `l = -log(1 - x)`, `x = (1 - epsilon) e / M` (Eq. 1 and 2).

    `l = x + x^2/2 + ... >= x`: 5 % above `x` at x = 0.1, 39 % at x = 0.5. The factor 1 - epsilon
    can outweigh that: with M = 1 a small error costs *less* than in the base loss, below 0.21 at
    epsilon = 0.1. With M held fixed the
    gradient is `dl/de = (1 - epsilon) / (M - (1 - epsilon) e)`: gain about 1/M on small errors and
    1/(M epsilon) on the worst one.

    With `detach=False`, Eq. 2 as written, M is differentiated too. Then `l` depends only on ratios
    of errors, so `sum_i e_i dl/de_i = 0` in each scope: small errors are pushed down and the worst
    one is pushed *up*. The gradient of a maximum that several elements share is split evenly among
    them (torch's `amax`). The value of the loss is the same for both.

    Errors beyond a constant scale would bring x to 1 and the loss to infinity: above
    x = 1 - epsilon it goes on as the straight line that has its value and slope there,
    `-log(epsilon) + (x - 1 + epsilon) / epsilon`. The other scales never come to that.

    Negative errors are not looked for, as that would cost a synchronisation at every step on a
    GPU; they give negative, finite values.

    Args:
        error: Errors e >= 0, shape (N, ...), batch first. Below float32 it is computed in float32.
        epsilon: Distance kept from the pole of the logarithm, in [1e-7, 1). The paper names no
            value; 0.1 did as well as any in this project's trials.
        scale: What M is: the maximum over each `"sample"` (Eq. 2 read literally, as y is one
            image), over the `"batch"`, 1 for `"none"`, or the given positive number.
        detach: Treat M as a constant in the gradient.
        floor: Smallest M, where 0/0 threatens: a perfect reconstruction has loss 0, and gradient 0
            in the reconstruction. 1e-4 is a hundredth of the range of images in [0, 1], squared.
            Below it M does not depend on the errors. A constant scale has no floor.

    Returns:
        The amplified errors, same shape as `error`.

    Raises:
        ValueError: If a setting is out of its range or there is no element.

    Example:
        >>> error = torch.tensor([[0.0, 0.5, 1.0]])
        >>> amplify(error, epsilon=0.1)  # 0, -log(0.55), -log(0.1)
        tensor([[0.0000, 0.5978, 2.3026]])
        >>> torch.equal(amplify(error), amplify(error / 8))  # only ratios count
        True
        >>> amplify(torch.tensor([2.0]), epsilon=0.5, scale=1.0)  # -log(0.5) + 0.5 / 0.5
        tensor([1.6931])
    """
    check_epsilon(epsilon)
    check_scale(scale)
    check_floor(floor)
    check_elements(error)
    error = error.to(torch.promote_types(error.dtype, torch.float32))
    if scale not in ("sample", "batch"):
        return _bounded(
            error * ((1 - epsilon) / (1.0 if scale == "none" else float(scale))), epsilon
        )
    largest = _largest(error, per_sample=scale == "sample")
    if detach:
        largest = largest.detach()
    # Divided first: e/M is at most 1, whatever the rounding, so that x never passes 1 - epsilon.
    return -torch.log1p(error / largest.clamp(min=floor) * (epsilon - 1))


class LampLoss(nn.Module):
    """Amplified reconstruction loss L_base^LAMP(y, y^), a drop-in training loss (Eq. 1 and 2).

    `amplify` tells what each setting means. Values of a scaled loss ("sample", "batch") are not
    comparable between models: multiplying all errors by a constant leaves them unchanged.

    Args:
        base: `"l2"`, `"l1"`, or an error map of one's own.
        epsilon: Distance kept from the pole of the logarithm, in [1e-7, 1).
        scale: `"sample"`, `"batch"`, `"none"`, or a positive number.
        detach: Treat the scale as a constant in the gradient.
        reduction: `"mean"` over all elements (the default, as in the first author's earlier
            code), `"sum"` over the elements of a sample as in Eq. 1 and mean over the batch, or
            `"none"`.
        floor: Smallest scale.

    Example:
        >>> image = torch.tensor([[0.0, 0.0, 1.0, 1.0]])
        >>> reconstruction = torch.tensor([[0.0, 0.5, 1.0, 0.0]], requires_grad=True)
        >>> loss = LampLoss(base="l2", epsilon=0.1)
        >>> loss(reconstruction, image)  # (-log(1 - 0.9/4) - log(0.1)) / 4
        tensor(0.6394, grad_fn=<MeanBackward0>)
        >>> loss(image, image)
        tensor(0.)
    """

    def __init__(
        self,
        base: Base = "l2",
        *,
        epsilon: float = 0.1,
        scale: Scale = "sample",
        detach: bool = False,
        reduction: Reduction = "mean",
        floor: float = 1e-4,
    ) -> None:
        super().__init__()
        check_epsilon(epsilon)
        check_scale(scale)
        check_floor(floor)
        check_reduction(reduction)
        self.error = error_map(base)
        self.base = base
        self.epsilon = epsilon
        self.scale = scale
        self.detach = detach
        self.reduction = reduction
        self.floor = floor

    def forward(self, reconstruction: Tensor, target: Tensor) -> Tensor:
        """Return the reduced loss."""
        return reduce(self._amplified(reconstruction, target), self.reduction)

    def per_sample(self, reconstruction: Tensor, target: Tensor) -> Tensor:
        """Return one loss a sample, shape (N,), whose mean is the loss."""
        return reduce_per_sample(self._amplified(reconstruction, target), self.reduction)

    def extra_repr(self) -> str:
        """Return the settings as they were given, for `repr`."""
        return (
            f"base={base_name(self.base)!r}, epsilon={self.epsilon}, scale={self.scale!r}, "
            f"detach={self.detach}, reduction={self.reduction!r}, floor={self.floor}"
        )

    def _amplified(self, reconstruction: Tensor, target: Tensor) -> Tensor:
        """Amplify the elementwise errors with this loss's settings."""
        return amplify(
            elementwise(self.error, reconstruction, target),
            epsilon=self.epsilon,
            scale=self.scale,
            detach=self.detach,
            floor=self.floor,
        )


def check_epsilon(epsilon: float) -> None:
    """Raise a ValueError with its reason if `epsilon` is not in [1e-7, 1)."""
    if not isinstance(epsilon, int | float) or math.isnan(epsilon):
        raise ValueError(f"expected epsilon in [{SMALLEST_EPSILON:g}, 1), got {epsilon!r}")
    if not SMALLEST_EPSILON <= epsilon < 1:
        raise ValueError(
            f"expected epsilon in [{SMALLEST_EPSILON:g}, 1), got {epsilon}: in float32 the worst "
            "pixel's 1 - epsilon would round to 1 and its loss be infinite"
            if epsilon < SMALLEST_EPSILON
            else f"expected epsilon in [{SMALLEST_EPSILON:g}, 1), got {epsilon}: nothing of the "
            "loss is left at 1"
        )


def check_scale(scale: Scale) -> None:
    """Raise a ValueError if `scale` is neither a known name nor a positive, finite number."""
    named = isinstance(scale, str) and scale in ("sample", "batch", "none")
    number = isinstance(scale, int | float) and not isinstance(scale, bool)
    if not named and not (number and 0 < float(scale) < math.inf):
        raise ValueError(
            f"expected scale to be 'sample', 'batch', 'none' or a positive number, got {scale!r}"
        )


def check_floor(floor: float) -> None:
    """Raise a ValueError if `floor` is not positive."""
    if not floor > 0:
        raise ValueError(f"expected floor > 0, got {floor}: a perfect reconstruction would be 0/0")


def _largest(error: Tensor, *, per_sample: bool) -> Tensor:
    """Return the maximum in scope, with as many dimensions as `error`."""
    if per_sample and error.ndim == 1:  # one element a sample: each is its own maximum
        return error
    first = 1 if per_sample else 0
    return error.amax(tuple(range(first, error.ndim)), keepdim=True)


def _bounded(x: Tensor, epsilon: float) -> Tensor:
    """Return -log(1 - x), continued by its tangent above x = 1 - epsilon."""
    inside = x.clamp(max=1 - epsilon)
    return -torch.log1p(-inside) + (x - inside) / epsilon
