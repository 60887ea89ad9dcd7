"""Frozen BatchNorm folded into the layer before it: the same values, one pass over memory less.

BN(W x + b) = s W x + s (b - mean) + shift, with s = scale / sqrt(variance + eps), is the layer
with weight s W and bias s (b - mean) + shift (Jacob et al. 2018, section 3.2). Both are computed
anew at every point, from parameters that move as always: whatever reads them finds them as they
are.
"""

import copy
import inspect
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, fx, nn

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


def fold(model: nn.Module) -> list[FoldedPair]:
    """Fold every BatchNorm that certainly follows a layer whose output nothing else uses.

    Pairs are found by `torch.fx` where it can trace the model, else inside `nn.Sequential`. What
    neither can see, such as a loss that takes the model apart, shows only in the values, which the
    caller has to compare.

    Args:
        model: A private copy in evaluation mode; the `forward` of folded modules is replaced.

    Returns:
        The folded pairs, to be computed anew by `refold` whenever parameters have moved.

    Example:
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.ReLU()).eval()
        >>> len(fold(model))
        1
    """
    modules = dict(model.named_modules())
    names = _traced_pairs(model)
    if names is None:
        names = _sequential_pairs(model)
    found = [(modules[first], modules[second]) for first, second in names]
    pairs = [_install(layer, norm) for layer, norm in found if _foldable(layer, norm)]
    refold(pairs)
    return pairs


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


def _foldable(layer: Any, norm: Any) -> bool:
    """Tell whether both are torch's own layers in the plain state that the formula needs."""
    # Exact types: subclasses and parametrized layers compute something else.
    if type(layer) not in _LAYERS or type(norm) not in _NORMS or norm.training:
        return False
    if norm.running_mean is None or norm.running_var is None:
        return False
    if layer.weight.dtype != norm.running_mean.dtype or len(layer.weight) != norm.num_features:
        return False
    return not any(_observed(module) for module in (layer, norm))


def _observed(module: nn.Module) -> bool:
    """Tell whether hooks or a replaced `forward` take part in what a module does."""
    hooks = (module._forward_hooks, module._forward_pre_hooks)
    return any(hooks) or "forward" in vars(module)


def _traced_pairs(model: nn.Module) -> list[tuple[str, str]] | None:
    """Find pairs in the graph of the model; None where it cannot be traced."""
    try:
        # A copy: tracing runs the model's code, which may keep what it sees.
        graph = fx.Tracer().trace(copy.deepcopy(model), _defaults(model))
    except Exception:  # control flow that depends on data, or code that fx does not know
        return None
    nodes = [node for node in graph.nodes if node.op == "call_module"]
    calls = Counter(str(node.target) for node in nodes)
    pairs = []
    for node in nodes:
        before = node.args[0] if len(node.args) == 1 and not node.kwargs else None
        if (
            isinstance(before, fx.Node)
            and before.op == "call_module"
            and len(before.users) == 1
            and calls[str(node.target)] == calls[str(before.target)] == 1
        ):
            pairs.append((str(before.target), str(node.target)))
    return pairs


def _defaults(model: nn.Module) -> dict[str, object]:
    """Return the arguments of `forward` that have defaults: branches on them are not followed."""
    return {
        name: parameter.default
        for name, parameter in inspect.signature(model.forward).parameters.items()
        if parameter.default is not inspect.Parameter.empty
    }


def _sequential_pairs(model: nn.Module) -> list[tuple[str, str]]:
    """Find neighbours in `nn.Sequential` of which neither occurs twice in the model."""
    occurrences = Counter(id(module) for _, module in model.named_modules(remove_duplicate=False))
    names = {id(module): name for name, module in model.named_modules()}
    pairs = []
    for container in model.modules():
        if type(container) is not nn.Sequential or _observed(container):
            continue
        for first, second in pairwise(container):
            if occurrences[id(first)] == occurrences[id(second)] == 1:
                pairs.append((names[id(first)], names[id(second)]))
    return pairs
