"""Frozen BatchNorm folded into the layer before it: the same values, one pass over memory less.

BN(W x + b) = s W x + s (b - mean) + shift, with s = scale / sqrt(variance + eps), is the layer
with weight s W and bias s (b - mean) + shift (Jacob et al. 2018, section 3.2). Both are computed
anew at every point, from parameters that move as always: whatever reads them finds them as they
are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from landscape.errors import ProblemError
from landscape.planes.space import WRAPPERS

_LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


@dataclass(frozen=True, eq=False)
class FoldedPair:
    """A layer that does the work of the BatchNorm after it.

    Args:
        layer: Its `forward` takes the weight and bias given here.
        norm: Its `forward` returns what it is given.
        deviation: sqrt(variance + eps) of each channel.
        weight: Folded weight, in the layout of the layer's own.
        bias: Folded bias.
    """

    layer: nn.Module
    norm: nn.Module
    deviation: Tensor
    weight: Tensor
    bias: Tensor


def fold(model: nn.Module, names: Sequence[tuple[str, str]]) -> list[FoldedPair]:
    """Fold BatchNorm layers into the layers whose output they alone use.

    Args:
        model: A private copy in evaluation mode; the `forward` of folded modules is replaced.
        names: Layers and norms, as `find_pairs` returned them.

    Returns:
        The folded pairs, whose weights `refold` has to compute before every evaluation.

    Raises:
        ProblemError: If there is no such pair in the model.

    Example:
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.ReLU()).eval()
        >>> len(fold(model, [("0", "1")]))
        1
    """
    modules = {plain_name(name): module for name, module in model.named_modules()}
    pairs = []
    for first, second in names:
        layer, norm = modules.get(first), modules.get(second)
        if not can_fold(layer, norm):
            raise ProblemError(
                f"expected a layer {first!r} with a BatchNorm {second!r} to fold into it",
                hint="the file is of another model: compute the surface anew (--overwrite, "
                "overwrite=True)",
            )
        pairs.append(_install(layer, norm))
    return pairs


def plain_name(name: str) -> str:
    """Strip from the name of a module what wrappers put there."""
    return ".".join(part for part in name.split(".") if part not in WRAPPERS)


@torch.no_grad()
def refold(pairs: Sequence[FoldedPair]) -> None:
    """Compute folded weights and biases from the parameters as they are now, in place."""
    for pair in pairs:
        layer: Any = pair.layer
        norm: Any = pair.norm
        factor = 1 / pair.deviation if norm.weight is None else norm.weight / pair.deviation
        shape = [-1] + [1] * (layer.weight.ndim - 1)
        torch.mul(layer.weight, factor.view(shape), out=pair.weight)
        offset = -norm.running_mean if layer.bias is None else layer.bias - norm.running_mean
        torch.mul(offset, factor, out=pair.bias)
        if norm.bias is not None:
            pair.bias.add_(norm.bias)


def _install(layer: Any, norm: Any) -> FoldedPair:
    """Let a layer do the work of the norm after it."""
    weight = torch.empty_like(layer.weight, requires_grad=False)  # keeps the memory format
    bias = torch.empty_like(norm.running_mean)
    if layer.weight.ndim == 2:  # linear
        layer.forward = lambda x: nn.functional.linear(x, weight, bias)
    else:
        layer.forward = lambda x: layer._conv_forward(x, weight, bias)
    norm.forward = _identity  # an attribute of the instance hides the method of the class
    deviation = (norm.running_var + norm.eps).sqrt()
    return FoldedPair(layer, norm, deviation, weight, bias)


def _identity(x: Tensor) -> Tensor:
    """Return a tensor itself."""
    return x


def is_foldable_layer(module: Any) -> bool:
    """Tell whether a module is one of torch's own layers in the plain state the formula needs."""
    # Exact types: subclasses and parametrized layers compute something else.
    return type(module) in _LAYERS and not _observed(module)


def is_foldable_norm(module: Any) -> bool:
    """Tell whether a module is one of torch's own BatchNorms with frozen statistics."""
    if type(module) not in _NORMS or module.training or _observed(module):
        return False
    return bool(module.running_mean is not None and module.running_var is not None)


def can_fold(layer: Any, norm: Any) -> bool:
    """Tell whether a norm can be folded into a layer."""
    if not (is_foldable_layer(layer) and is_foldable_norm(norm)):
        return False
    same = bool(layer.weight.dtype == norm.running_mean.dtype)
    return same and len(layer.weight) == int(norm.num_features)


def _observed(module: nn.Module) -> bool:
    """Tell whether hooks or a replaced `forward` take part in what a module does."""
    hooks = (module._forward_hooks, module._forward_pre_hooks)
    return any(hooks) or "forward" in vars(module)
