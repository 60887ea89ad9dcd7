"""The gradient of a problem's mean loss, over its own data and weighted as its mean is."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from landscape.errors import ProblemError, describe
from landscape.objective.counting import Count
from landscape.objective.failures import loss_failed
from landscape.objective.placement import PlacedData
from landscape.objective.values import as_metrics, join
from landscape.planes.parameters import Parameters
from landscape.planes.sharing import own_parameters, shared_regions
from landscape.problem import Loss

_NO_GRADIENT = "the loss cannot be differentiated"
_HINT = (
    "return the loss as a tensor that depends on the parameters: without .item(), .detach() and "
    "torch.no_grad() in loss and model"
)


def mean_gradient(loss: Loss, model: nn.Module, data: PlacedData) -> tuple[float, Parameters]:
    """Differentiate the mean over samples of a loss, batch by batch.

    It is that of sum(weight * value) / sum(weight) over all batches, as for values of a surface;
    weights are taken as constant.

    Args:
        loss: Of a problem.
        model: A private copy, in whose mode and at whose parameters it is differentiated.
        data: The batches.

    Returns:
        The mean, and the gradient in CPU memory by the names of `own_parameters(model)`: of a
        tensor that lies in the memory of others the sum over all of them; zero where the loss does
        not depend on it; in float32 for half precision.

    Raises:
        ProblemError: If the loss fails, or has no gradient.
    """
    leaves = leaves_of(model)
    mean, gradients = mean_derivative(loss, model, data, leaves, _first)
    return mean, by_name(model, gradients)


Derive = Callable[[Tensor, Sequence[Tensor]], Sequence[Tensor | None]]
"""Returns a derivative of a sum with respect to each tensor; None where that is zero."""


def mean_derivative(
    loss: Loss, model: nn.Module, data: PlacedData, leaves: Sequence[Tensor], derive: Derive
) -> tuple[float, dict[int, Tensor]]:
    """Take the weighted mean of a loss, and of a derivative of it, batch by batch.

    Args:
        loss: Of a problem.
        model: A private copy, in whose mode and at whose parameters it is differentiated.
        data: The batches.
        leaves: By which.
        derive: Differentiates the sum over a batch.

    Returns:
        The mean, and its derivative by the `id` of each leaf; in float32 for half precision.

    Raises:
        ProblemError: If the loss fails, or has no derivative.
    """
    sums = [torch.zeros_like(leaf, dtype=_exact(leaf.dtype)) for leaf in leaves]
    total = weight = 0.0
    for leaf in leaves:
        leaf.requires_grad_(True)
    try:
        for index, batch in enumerate(data):
            with torch.enable_grad(), _differentiable(model):
                summed, weighed = _summed(loss, model, batch, _of_batch(data.count, index))
                if summed is None:
                    continue
                if not summed.requires_grad:
                    raise ProblemError(_NO_GRADIENT, hint=_HINT)
                found = derive(summed, leaves)
            for one, derivative in zip(sums, found, strict=True):
                if derivative is not None:
                    one += derivative.to_dense()
            total, weight = total + float(summed.detach()), weight + weighed
    finally:
        for leaf in leaves:
            leaf.requires_grad_(False)
    return total / weight, {id(leaf): one / weight for leaf, one in zip(leaves, sums, strict=True)}


def _first(summed: Tensor, leaves: Sequence[Tensor]) -> Sequence[Tensor | None]:
    """Differentiate once."""
    try:
        return torch.autograd.grad(summed, leaves, allow_unused=True)
    except RuntimeError as error:
        raise ProblemError(f"{_NO_GRADIENT}: {describe(error)}", hint=_HINT) from error


@contextlib.contextmanager
def _differentiable(model: nn.Module) -> Iterator[None]:
    """Keep cuDNN away from recurrent layers, which it differentiates in training mode alone."""
    found = torch.backends.cudnn.enabled
    if any(isinstance(module, nn.RNNBase) for module in model.modules()):
        torch.backends.cudnn.enabled = False
    try:
        yield
    finally:
        torch.backends.cudnn.enabled = found


def _of_batch(count: Count, index: int) -> Count:
    """Return the count of one batch."""
    return replace(count, sizes=count.sizes[index : index + 1])


def leaves_of(model: nn.Module) -> list[Tensor]:
    """Return the parameters, and what else lies in their memory, by which a loss may see them."""
    found: dict[int, Tensor] = {id(p): p for p in model.parameters() if p.is_floating_point()}
    for region in shared_regions(model):
        for member in region.members:
            if member.tensor.is_leaf and member.tensor.is_floating_point():
                found.setdefault(id(member.tensor), member.tensor)
    return list(found.values())


def _summed(loss: Loss, model: nn.Module, batch: Any, count: Count) -> tuple[Tensor | None, float]:
    """Return the sum of weight * loss over a batch, and that of the weights; None for no weight."""
    try:
        output = as_metrics(loss(model, batch))
    except (Exception, SystemExit) as error:
        raise loss_failed(error, loss) from error
    values, weight = output["loss"], output.get("weight")
    if weight is not None and not weight.any():
        return None, 0.0
    found = join([{name: value.detach() for name, value in output.items()}], count)["loss"]
    if weight is not None and (weight.ndim == 0 or weight.shape == values.shape):
        weights = weight.detach().double().expand_as(values)
    else:  # of samples, each of which counts once, or of a scalar
        weights = torch.as_tensor(found.weights, device=values.device).reshape(values.shape)
    # Where the weight is 0, values are often NaN.
    counted = torch.where(weights == 0, torch.zeros_like(values), values).double() * weights
    return counted.sum(), float(found.weights.sum())


def by_name(model: nn.Module, gradients: Mapping[int, Tensor]) -> Parameters:
    """Add what reaches one memory by several tensors, and name the sums."""
    named = model.named_parameters()
    alone = {name: gradients[id(p)].cpu() for name, p in named if id(p) in gradients}
    found = alone | _of_regions(model, gradients)
    return {
        name: found[name] if name in found else torch.zeros_like(value, device="cpu")
        for name, value in own_parameters(model).items()
    }


def _of_regions(model: nn.Module, gradients: Mapping[int, Tensor]) -> Parameters:
    """Add gradients in the places of the tensors that overlap."""
    result: Parameters = {}
    for region in shared_regions(model):
        present = [m for m in region.members if id(m.tensor) in gradients]
        if not present:  # stays
            continue
        first = gradients[id(present[0].tensor)]
        memory = torch.zeros(region.span, dtype=first.dtype, device=first.device)
        for member in present:
            region.view(memory, member).add_(gradients[id(member.tensor)])
        for member in region.members:
            if member.name in region.owners:
                result[member.name] = region.view(memory, member).clone().cpu()
    return result


def _exact(dtype: torch.dtype) -> torch.dtype:
    """Return the dtype to add in: half precision would lose small batches."""
    return torch.promote_types(dtype, torch.float32)
