"""Controls: losses that share with LAMP all but one of the things that could make its effect."""

from collections.abc import Iterable, Sequence
from typing import Protocol

import torch
from torch import Tensor, nn


class PerSampleLoss(Protocol):
    """What `BaseLoss`, `LampLoss` and `Scaled` have in common."""

    def __call__(self, reconstruction: Tensor, target: Tensor, /) -> Tensor:
        """Return the reduced loss."""

    def per_sample(self, reconstruction: Tensor, target: Tensor) -> Tensor:
        """Return one loss a sample."""


class Scaled(nn.Module):
    """A loss times a constant: c * L2, the negative control of every statement on sharpness.

    A constant multiplies all gradients and all eigenvalues of the Hessian, and makes contours at
    fixed levels denser, without changing what is learnt: SGD with learning rate r learns from c L
    what it learns from L with c r, Adam (but for its epsilon) learns the same from both.

    Args:
        loss: A `BaseLoss` or `LampLoss`.
        factor: c > 0.

    Example:
        >>> from lamp.losses import BaseLoss
        >>> Scaled(BaseLoss("l2"), 3.0)(torch.ones(1, 4), torch.zeros(1, 4))
        tensor(3.)
    """

    def __init__(self, loss: PerSampleLoss, factor: float) -> None:
        super().__init__()
        if not 0 < factor < float("inf"):
            raise ValueError(f"expected a positive, finite factor, got {factor}")
        self.loss = loss
        self.factor = factor

    def forward(self, reconstruction: Tensor, target: Tensor) -> Tensor:
        """Return the scaled loss."""
        return self.factor * self.loss(reconstruction, target)

    def per_sample(self, reconstruction: Tensor, target: Tensor) -> Tensor:
        """Return one scaled loss a sample, shape (N,)."""
        return self.factor * self.loss.per_sample(reconstruction, target)

    def extra_repr(self) -> str:
        """Return the factor, for `repr`."""
        return f"factor={self.factor}"


class NormMatched(nn.Module):
    """Steps in the direction of one loss, as long as those of another.

    The gradient of `loss` in the parameters is scaled, at every step, to the norm that the
    gradient of `like` has there. L2 matched to LAMP has LAMP's step lengths and L2's directions:
    what LAMP does better than that is in its direction, its weighting of elements.

    It is no function whose gradient this is, so that `backward` must be called in place of
    `loss(...).backward()`; `lamp.train` does. Called, it returns the value of `loss`. One forward
    and two backward passes a step.

    Args:
        loss: Gives the direction, and the value.
        like: Gives the length.

    Attributes:
        mean_factor: Mean of the factors so far, a buffer: the c of a `Scaled` loss of the same
            mean gain.
        steps: How many.

    Example:
        >>> from lamp.losses import BaseLoss
        >>> model = nn.Linear(2, 1, bias=False)
        >>> loss = NormMatched(BaseLoss("l2"), Scaled(BaseLoss("l2"), 5.0))
        >>> x = torch.ones(3, 2)
        >>> value = loss.backward(model(x), torch.zeros(3, 1), model.parameters())
        >>> five = 5 * BaseLoss("l2")(model(x), torch.zeros(3, 1))
        >>> torch.allclose(model.weight.grad, torch.autograd.grad(five, model.weight)[0])
        True
    """

    mean_factor: Tensor
    steps: Tensor

    def __init__(self, loss: PerSampleLoss, like: PerSampleLoss) -> None:
        super().__init__()
        self.loss = loss
        self.like = like
        self.register_buffer("mean_factor", torch.zeros(()))
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))

    def forward(self, reconstruction: Tensor, target: Tensor) -> Tensor:
        """Return the value of `loss`."""
        return self.loss(reconstruction, target)

    def per_sample(self, reconstruction: Tensor, target: Tensor) -> Tensor:
        """Return the values of `loss`, shape (N,)."""
        return self.loss.per_sample(reconstruction, target)

    def backward(
        self, reconstruction: Tensor, target: Tensor, parameters: Iterable[nn.Parameter]
    ) -> Tensor:
        """Add the matched gradient to the parameters' `.grad`, as `Tensor.backward` does.

        Args:
            reconstruction: Output of the model, with its graph.
            target: What it should be.
            parameters: Those over which norms are taken; they that need no gradient are left out.

        Returns:
            The value of `loss`, detached. Where its gradient is 0, so is what is added.

        Raises:
            ValueError: If a loss is not reduced to one number.
        """
        trainable = [parameter for parameter in parameters if parameter.requires_grad]
        value, other = self.loss(reconstruction, target), self.like(reconstruction, target)
        if value.ndim or other.ndim:
            raise ValueError(
                f"expected losses that are one number, got shapes {tuple(value.shape)} and "
                f"{tuple(other.shape)}: use reduction='mean' or 'sum'"
            )
        lengths = torch.autograd.grad(other, trainable, retain_graph=True, allow_unused=True)
        gradients: Sequence[Tensor | None] = torch.autograd.grad(
            value, trainable, allow_unused=True
        )
        own, wanted = _norm(gradients), _norm(lengths)
        factor = torch.where(own > 0, wanted / own, 0.0)
        for parameter, gradient in zip(trainable, gradients, strict=True):
            if gradient is None:  # of a parameter that the loss does not depend on
                continue
            scaled = gradient * factor.to(gradient.device, gradient.dtype)
            if parameter.grad is None:
                parameter.grad = scaled
            else:
                parameter.grad += scaled
        self._remember(factor)
        return value.detach()

    def _remember(self, factor: Tensor) -> None:
        """Take a factor into the mean, where it is: nothing waits for the device."""
        if self.steps.device != factor.device:
            self.steps = self.steps.to(factor.device)
            self.mean_factor = self.mean_factor.to(factor.device)
        self.steps += 1
        self.mean_factor += (factor.to(self.mean_factor.dtype) - self.mean_factor) / self.steps


def _norm(gradients: Iterable[Tensor | None]) -> Tensor:
    """Return the L2 norm of all gradients together."""
    norms = [torch.linalg.vector_norm(each) for each in gradients if each is not None]
    return torch.linalg.vector_norm(torch.stack(norms)) if norms else torch.zeros(())
