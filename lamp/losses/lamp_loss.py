"""`LampLoss`: amplification as a training loss (paper Eq. 1 and 2)."""

from collections.abc import Iterable
from typing import Any, Literal

import torch
from torch import Tensor, nn

from lamp.bounds import EPSILON
from lamp.losses.amplify import amplify, check_epsilon, check_order
from lamp.losses.base import Base, base_name, elementwise, error_map
from lamp.losses.errors import (
    Reduction,
    check_reduction,
    reduce,
    reduce_per_sample,
    spread_weight,
)
from lamp.losses.scale import RunningMaximum, Scale, check_floor, check_scale

Per = Literal["element", "sample"]


class LampLoss(nn.Module):
    """Amplified reconstruction loss L_base^LAMP(y, y^), a drop-in training loss (Eq. 1 and 2).

    `amplify` tells what each setting means. Values of a scaled loss ("sample", "batch") are not
    comparable between models: multiplying all errors by a constant leaves them unchanged.

    Args:
        base: `"l2"`, `"l1"`, `"ssim"`, or an error map of one's own: any callable
            `(reconstruction, target) -> errors >= 0`, one for each element.
        epsilon: Distance kept from the pole of the logarithm, in [1e-7, 1).
        scale: `"sample"`, `"batch"`, `"none"`, a positive number, or a `RunningMaximum`.
        detach: Treat the scale as a constant in the gradient.
        reduction: `"mean"` over all elements (the default, as in the first author's earlier
            code), `"sum"` over the elements of a sample as in Eq. 1 and mean over the batch, or
            `"none"`.
        floor: Smallest scale.
        order: Terms of the series in place of the logarithm, as a control.
        per: Whether Eq. 1 is applied to each `"element"` or to the mean error of each `"sample"`.

    Example:
        >>> image = torch.tensor([[0.0, 0.0, 1.0, 1.0]])
        >>> reconstruction = torch.tensor([[0.0, 0.5, 1.0, 0.0]], requires_grad=True)
        >>> loss = LampLoss(base="l2", epsilon=0.1)
        >>> loss(reconstruction, image)  # (-log(1 - 0.9/4) - log(0.1)) / 4
        tensor(0.6394, grad_fn=<MeanBackward0>)
        >>> loss(image, image)
        tensor(0.)
        >>> loss(reconstruction, image, weight=torch.tensor([1, 1, 1, 0]))  # -log(0.1) / 3
        tensor(0.7675, grad_fn=<MeanBackward0>)
    """

    def __init__(
        self,
        base: Base = "l2",
        *,
        epsilon: float = EPSILON,
        scale: Scale = "sample",
        detach: bool = False,
        reduction: Reduction = "mean",
        floor: float = 1e-4,
        order: int | None = None,
        per: Per = "element",
    ) -> None:
        super().__init__()
        check_epsilon(epsilon)
        check_scale(scale)
        check_floor(floor)
        check_order(order)
        check_reduction(reduction)
        if per not in {"element", "sample"}:
            raise ValueError(f"expected per to be 'element' or 'sample', got {per!r}")
        self.error = error_map(base)
        self.base = base
        self.epsilon = epsilon
        self.scale = scale
        self.detach = detach
        self.reduction = reduction
        self.floor = floor
        self.order = order
        self.per = per

    def forward(
        self, reconstruction: Tensor, target: Tensor, weight: Tensor | None = None
    ) -> Tensor:
        """Return the reduced loss.

        Args:
            reconstruction: Shape (N, ...), batch first.
            target: Same shape.
            weight: Numbers w >= 0, or a mask, that broadcast to that shape: (H, W) is for all
                images, (N, 1, 1, 1) holds one weight a sample. The maximum of Eq. 2 ranges over
                elements with w > 0; `"sum"` is `sum_i w_i l_i` and `"mean"` is
                `sum_i w_i l_i / sum_i w_i` over the elements of a sample (0 if all its weights
                are 0), followed by the mean over the batch; `"none"` returns `w l`. Inputs under
                weight 0 must be finite. By default all elements count alike.

        Returns:
            A scalar, or the map for `"none"`.

        Raises:
            ValueError: If shapes do not agree or `base` returns a loss that is reduced already.
        """
        return reduce(*self._amplified(reconstruction, target, weight))

    def per_sample(
        self, reconstruction: Tensor, target: Tensor, weight: Tensor | None = None
    ) -> Tensor:
        """Return one loss a sample, shape (N,), whose mean is the loss."""
        return reduce_per_sample(*self._amplified(reconstruction, target, weight))

    def frozen(self, pairs: Iterable[tuple[Tensor, Tensor]]) -> "LampLoss":
        """Return this loss with a constant scale, the largest error that it meets in `pairs`.

        For landscapes: there a scale that is taken anew at every point saturates far from the
        center, and one over a batch depends on its size. The number is measured once, as a rule
        at the center, and stands in the `repr` of the new loss.

        Args:
            pairs: Reconstructions and targets, such as `((model(x), x) for x in batches)`; a
                generator runs without gradients. The model's mode is the caller's to set.

        Raises:
            ValueError: If there are no pairs.

        Example:
            >>> images = torch.zeros(2, 1, 2, 2)
            >>> LampLoss(scale="batch").frozen([(images + 0.5, images)]).scale
            0.25
        """
        with torch.no_grad():
            largest = [float(self._errors(*pair, None)[0].max()) for pair in pairs]
        if not largest:
            raise ValueError("expected at least one pair of reconstruction and target, got none")
        settings: dict[str, Any] = self._settings() | {"scale": max(*largest, self.floor)}
        return LampLoss(self.base, reduction=self.reduction, per=self.per, **settings)

    def extra_repr(self) -> str:
        """Return the settings as they were given, for `repr`."""
        scale = "running" if isinstance(self.scale, RunningMaximum) else repr(self.scale)
        order = "" if self.order is None else f", order={self.order}"
        per = "" if self.per == "element" else f", per={self.per!r}"
        return (
            f"base={base_name(self.base)!r}, epsilon={self.epsilon}, scale={scale}, "
            f"detach={self.detach}, reduction={self.reduction!r}, floor={self.floor}{order}{per}"
        )

    def _amplified(
        self, reconstruction: Tensor, target: Tensor, weight: Tensor | None
    ) -> tuple[Tensor, Reduction, Tensor | None]:
        """Amplify the errors with this loss's settings; return what reductions take."""
        error, weight = self._errors(reconstruction, target, weight)
        return amplify(error, weight=weight, **self._settings()), self.reduction, weight

    def _errors(
        self, reconstruction: Tensor, target: Tensor, weight: Tensor | None
    ) -> tuple[Tensor, Tensor | None]:
        """Return the errors that Eq. 1 is applied to, and their weights."""
        error = elementwise(self.error, reconstruction, target)
        weight = spread_weight(weight, error)
        if self.per == "element":
            return error, weight
        return reduce_per_sample(error if weight is None else error * weight, "mean", weight), None

    def _settings(self) -> dict[str, Any]:
        """Return the settings that `amplify` takes."""
        return {
            "epsilon": self.epsilon,
            "scale": self.scale,
            "detach": self.detach,
            "floor": self.floor,
            "order": self.order,
        }
