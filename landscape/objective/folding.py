"""Frozen BatchNorm folded into the layer before it: the same values, one pass over memory less.

BN(W x + b) = s W x + s (b - mean) + shift, with s = scale / sqrt(variance + eps), is the layer
with weight s W and bias s (b - mean) + shift (Jacob et al. 2018, section 3.2). Both are computed
anew at every point, from parameters that move as always: whatever reads them finds them as they
are.
"""

import weakref
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from landscape.errors import ProblemError
from landscape.objective.functions import hook_stores
from landscape.objective.operations import Watching, storage_of
from landscape.planes.names import plain_name

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


def find_pairs(model: nn.Module, forward: Callable[[], object]) -> tuple[tuple[str, str], ...]:
    """Find BatchNorm layers that take their input from one layer, which feeds nothing else.

    The pass runs as always, with hooks on this model only; every operation that uses the output of
    a layer outside its BatchNorm is seen. What happens with other batches, or at other points,
    shows in the values, which the caller has to compare. A layer whose weight is larger than its
    output is left alone: the folded weight would take more memory, and more time to make, than the
    pass over the output that it saves.

    Args:
        model: A private copy in evaluation mode; its hooks are as before afterwards.
        forward: Runs the model over a batch.

    Returns:
        Names of layers and BatchNorms for `fold`.

    Example:
        >>> import torch
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.ReLU()).eval()
        >>> find_pairs(model, lambda: model(torch.ones(4, 2)))
        (('0', '1'),)
    """
    finder = _Finder()
    handles = []
    for name, module in model.named_modules():
        if _is_foldable_layer(module):
            handles.append(module.register_forward_hook(finder.leave_layer(name)))
        elif _is_foldable_norm(module):
            handles.append(module.register_forward_pre_hook(finder.enter_norm(name)))
            handles.append(module.register_forward_hook(finder.leave_norm))
    try:
        with Watching(finder.see):
            forward()
    except Exception:  # an objective that fails is told of elsewhere
        return ()
    finally:
        for handle in handles:
            handle.remove()
    modules = dict(model.named_modules())
    return tuple(
        (plain_name(layer), plain_name(norm))
        for layer, norm in finder.pairs()
        if _can_fold(modules[layer], modules[norm])
    )


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
        if not _can_fold(layer, norm):
            raise ProblemError(
                f"expected a layer {first!r} with a BatchNorm {second!r} to fold into it",
                hint="the file is of another model: compute the surface anew, with overwrite=True "
                "(--overwrite)",
            )
        pairs.append(_install(layer, norm))
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


def _is_foldable_layer(module: Any) -> bool:
    """Tell whether a module is one of torch's own layers in the plain state the formula needs."""
    # Exact types: subclasses and parametrized layers compute something else.
    return type(module) in _LAYERS and not _observed(module)


def _is_foldable_norm(module: Any) -> bool:
    """Tell whether a module is one of torch's own BatchNorms with frozen statistics."""
    if type(module) not in _NORMS or module.training or _observed(module):
        return False
    return bool(module.running_mean is not None and module.running_var is not None)


def _can_fold(layer: Any, norm: Any) -> bool:
    """Tell whether a norm can be folded into a layer."""
    if not (_is_foldable_layer(layer) and _is_foldable_norm(norm)):
        return False
    same = bool(layer.weight.dtype == norm.running_mean.dtype)
    return same and len(layer.weight) == int(norm.num_features)


def _observed(module: nn.Module) -> bool:
    """Tell whether hooks or a replaced `forward` take part in what a module does."""
    return any(hook_stores(module)) or "forward" in vars(module)


class _Finder:
    """Follows the outputs of layers through one pass."""

    def __init__(self) -> None:
        self._outputs: dict[int, tuple[weakref.ref[Tensor], str]] = {}
        self._inside: list[int | None] = []  # memory of the inputs of the norms that are running
        self._calls: Counter[str] = Counter()
        self._steps: Counter[tuple[str, str]] = Counter()  # from a layer to a norm
        self._used_elsewhere: set[str] = set()

    def leave_layer(self, name: str) -> Callable[..., None]:
        """Make the hook that notes what a layer returns."""

        def hook(module: Any, _args: Any, output: Any) -> None:
            self._calls[name] += 1
            worth = isinstance(output, Tensor) and output.numel() >= module.weight.numel()
            if worth and (storage := storage_of(output)) is not None:
                self._outputs[storage] = (weakref.ref(output), name)

        return hook

    def enter_norm(self, name: str) -> Callable[..., None]:
        """Make the hook that notes what a norm is given."""

        def hook(_module: nn.Module, args: Any) -> None:
            self._calls[name] += 1
            storage = storage_of(args[0]) if args and isinstance(args[0], Tensor) else None
            self._inside.append(storage)
            output, layer = self._outputs.get(storage or 0, (None, ""))
            if output is not None and output() is args[0]:
                self._steps[layer, name] += 1

        return hook

    def leave_norm(self, _module: nn.Module, _args: Any, _output: Any) -> None:
        """Note that a norm has returned."""
        self._inside.pop()

    def see(self, _operation: Any, _args: Sequence[Any], tensors: list[Tensor]) -> None:
        """Note layers whose output is used by something else than a norm."""
        for tensor in tensors:
            storage = storage_of(tensor)
            if storage is None or storage not in self._outputs or storage in self._inside:
                continue
            output, layer = self._outputs[storage]
            if output() is None:
                del self._outputs[storage]  # other memory at the same place
            else:
                self._used_elsewhere.add(layer)

    def pairs(self) -> list[tuple[str, str]]:
        """Return layers and norms of which every call belongs together."""
        return [
            (layer, norm)
            for (layer, norm), steps in self._steps.items()
            if layer not in self._used_elsewhere
            and steps == self._calls[layer] == self._calls[norm]
        ]
