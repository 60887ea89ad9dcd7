"""Which BatchNorm follows which layer, and nothing else does: seen in one pass over a batch."""

import weakref
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor, nn

from landscape.objective.folding import can_fold, is_foldable_layer, is_foldable_norm, plain_name
from landscape.objective.operations import Watching, storage_of


def find_pairs(model: nn.Module, forward: Callable[[], object]) -> tuple[tuple[str, str], ...]:
    """Find BatchNorm layers that take their input from one layer, which feeds nothing else.

    The pass runs as always, with hooks on this model only; every operation that uses the output of
    a layer outside its BatchNorm is seen. What happens with other batches, or at other points,
    shows in the values, which the caller has to compare.

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
        if is_foldable_layer(module):
            handles.append(module.register_forward_hook(finder.leave_layer(name)))
        elif is_foldable_norm(module):
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
        if can_fold(modules[layer], modules[norm])
    )


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

        def hook(_module: nn.Module, _args: Any, output: Any) -> None:
            self._calls[name] += 1
            if isinstance(output, Tensor) and (storage := storage_of(output)) is not None:
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
