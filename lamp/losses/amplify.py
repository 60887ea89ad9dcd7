"""Loss amplification, LAMP: paper section 2.2, Eq. 1, and the scaling trick, section 2.3, Eq. 2.

Park et al., ICASSP 2024, https://arxiv.org/abs/2308.14595
"""

import torch
from torch import Tensor

from lamp.bounds import EPSILON, SMALLEST_EPSILON
from lamp.losses.errors import check_elements, spread_weight
from lamp.losses.scale import Scale, check_floor, check_scale, scale_of


def amplify(
    error: Tensor,
    *,
    epsilon: float = EPSILON,
    scale: Scale = "sample",
    detach: bool = False,
    floor: float = 1e-4,
    order: int | None = None,
    weight: Tensor | None = None,
) -> Tensor:
    """Amplify elementwise errors: `l = -log(1 - x)`, `x = (1 - epsilon) e / M` (Eq. 1 and 2).

    `l = x + x^2/2 + ... >= x`: 5 % above `x` at x = 0.1, 39 % at x = 0.5. The factor 1 - epsilon
    can outweigh that: with M = 1 a small error costs *less* than in the base loss, below 0.21 at
    epsilon = 0.1. With M held fixed the gradient is
    `dl/de = (1 - epsilon) / (M - (1 - epsilon) e)`: gain about 1/M on small errors, which grows as
    training succeeds, and 1/(M epsilon) on the worst one, which outweighs all others together
    once epsilon is below 1/(number of elements in scope).

    Scaled by a maximum, errors multiplied by s have the same loss and gradients of 1/s: steps of
    constant-rate SGD grow as errors shrink, those of Adam do not notice.

    With `detach=False`, Eq. 2 as written, M is differentiated too. Then `l` depends only on ratios
    of errors, so `sum_i e_i dl/de_i = 0` in each scope (Euler, degree 0): small errors are pushed
    down and the worst one is pushed *up*. The gradient of a maximum that several elements share is
    split evenly among them (torch's `amax`). The value of the loss is the same for both.

    Errors beyond a constant scale would bring x to 1 and the loss to infinity: above
    x = 1 - epsilon it goes on as the straight line that has its value and slope there,
    `-log(epsilon) + (x - 1 + epsilon) / epsilon`. Maxima never come to that.

    Negative errors are not looked for, as that would cost a synchronisation at every step on a
    GPU; they give negative, finite values.

    Args:
        error: Errors e >= 0, shape (N, ...), batch first. Below float32 it is computed in float32.
        epsilon: Distance kept from the pole of the logarithm, in [1e-7, 1). The paper names no
            value; 0.1 did as well as any in this project's trials.
        scale: What M is: the maximum over each `"sample"` (Eq. 2 read literally, as y is one
            image), over the `"batch"`, 1 for `"none"`, the given positive number, or a
            `RunningMaximum`.
        detach: Treat M as a constant in the gradient.
        floor: Smallest M, where 0/0 threatens: a perfect reconstruction has loss 0, and gradient 0
            in the reconstruction. 1e-4 is a hundredth of the range of images in [0, 1], squared.
            Below it M does not depend on the errors. A constant scale has no floor.
        order: Take the first terms of the series only, `x + x^2/2 + ... + x^order/order`, as a
            control: 1 scales and does not amplify. The default is the logarithm itself.
        weight: Numbers w >= 0, or a mask, that broadcast to the shape of `error`. M ranges over
            elements with w > 0, and the result is `w l`. All errors must be finite, those of
            weight 0 too.

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
        >>> amplify(error, weight=torch.tensor([1, 1, 0]))  # the maximum is 0.5 now
        tensor([[0.0000, 2.3026, 0.0000]])
        >>> amplify(torch.tensor([2.0]), epsilon=0.5, scale=1.0)  # -log(0.5) + 0.5 / 0.5
        tensor([1.6931])
    """
    check_epsilon(epsilon)
    check_scale(scale)
    check_floor(floor)
    check_order(order)
    check_elements(error)
    error = error.to(torch.promote_types(error.dtype, torch.float32))
    weight = spread_weight(weight, error)
    if weight is not None:
        error = error.masked_fill(weight <= 0, 0)
    largest = scale_of(error, scale, detach=detach, floor=floor)
    if isinstance(largest, float):
        minus_x = error * ((epsilon - 1) / largest)
    else:
        # Divided first: e/M is at most 1, whatever the rounding, so x never passes 1 - epsilon.
        minus_x = error / largest * (epsilon - 1)
    result = _amplified(minus_x, epsilon, order, bounded=scale in {"sample", "batch"})
    return result if weight is None else result * weight


def check_epsilon(epsilon: float) -> None:
    """Raise a ValueError with its reason if `epsilon` is not in [1e-7, 1)."""
    if not isinstance(epsilon, int | float) or not SMALLEST_EPSILON <= epsilon < 1:
        raise ValueError(
            f"expected epsilon in [{SMALLEST_EPSILON:g}, 1), got {epsilon!r}: nothing of the loss "
            "is left at 1; below, in float32 the worst pixel's 1 - epsilon would round to 1 and "
            "its loss be infinite"
        )


def check_order(order: int | None) -> None:
    """Raise a ValueError if `order` is no number of terms."""
    if order is not None and (not isinstance(order, int) or isinstance(order, bool) or order < 1):
        raise ValueError(
            f"expected order to be a number of terms, at least 1, or None, got {order!r}"
        )


def _amplified(minus_x: Tensor, epsilon: float, order: int | None, *, bounded: bool) -> Tensor:
    """Return -log(1 - x), or the beginning of its series.

    What is `bounded` has x <= 1 - epsilon already.
    """
    if order is not None:
        return _series(-minus_x, order)
    if bounded:
        return -torch.log1p(minus_x)
    inside = minus_x.clamp(min=epsilon - 1)
    return (inside - minus_x) / epsilon - torch.log1p(inside)  # its tangent beyond


def _series(x: Tensor, order: int) -> Tensor:
    """Return x + x^2/2 + ... + x^order/order, by Horner's rule."""
    result = x / order
    for power in range(order - 1, 0, -1):
        result = x * (1 / power + result)
    return result
