"""What a forward pass leaves behind in a model, undone before the next point.

Counters, running extremes, caches and observers change in evaluation mode too. Were they kept, the
value at a point would depend on the points before it.
"""

import copy
from collections.abc import Collection
from typing import Any

import torch
from torch import Tensor, nn

_INTERNAL = frozenset(vars(nn.Module())) - {"training"}
CONTAINERS = (list, dict, set)
_MISSING = object()


class ModelState:
    """Everything in a model but its parameters, to which it can be set back.

    Args:
        model: A private copy.
        moving: Tensors that are set at every point anyway.
    """

    def __init__(self, model: nn.Module, moving: Collection[Tensor]) -> None:
        skip = set(map(id, moving))
        self._stores: list[tuple[dict[str, Any], frozenset[str]]] = []
        self._values: list[tuple[dict[str, Any], str, Any]] = []
        self._tensors: list[_Kept] = []
        self._containers: list[tuple[Any, Any]] = []
        self._evaluations = 0
        for module in model.modules():
            for store in (vars(module), module._buffers):
                self._stores.append((store, frozenset(store)))
                for key, value in store.items():
                    if store is module._buffers or key not in _INTERNAL:
                        self._values.append((store, key, value))
                        self._keep(value, skip)

    def _keep(self, value: Any, skip: set[int]) -> None:
        """Remember the content of a value, once."""
        if id(value) in skip:
            return
        skip.add(id(value))
        if isinstance(value, Tensor):
            self._tensors.append(_Kept(value))
        elif type(value) in CONTAINERS:
            self._containers.append((value, copy.copy(value)))

    def restore(self) -> None:
        """Set the model back; to be called before every evaluation."""
        for store, key, value in self._values:
            if store.get(key, _MISSING) is not value:
                store[key] = value
        for store, keys in self._stores:
            if len(store) != len(keys):
                for key in [key for key in store if key not in keys]:
                    del store[key]
        for kept in self._tensors:
            kept.restore(look=self._evaluations == 1)
        self._evaluations += 1
        for value, content in self._containers:
            if not same_content(value, content):
                refill(value, content)


class _Kept:
    """A tensor and its content."""

    def __init__(self, tensor: Tensor) -> None:
        self._tensor = tensor
        self._content = tensor.detach().clone()
        self._version = tensor._version
        self._address = _address(tensor)
        self._always = False

    def restore(self, *, look: bool) -> None:
        """Write the content back where the tensor has been written to.

        Versions do not count what is written through `.data`: one look at the content finds it.
        """
        tensor = self._tensor
        if look:
            self._always = not torch.equal(tensor.to_dense(), self._content.to_dense())
        written = tensor._version != self._version or _address(tensor) != self._address
        if not (written or self._always):
            return
        with torch.no_grad():
            if tensor.shape != self._content.shape or _address(tensor) != self._address:
                tensor.data = self._content.clone()
            else:
                tensor.copy_(self._content)
        self._version, self._address = tensor._version, _address(tensor)


def _address(tensor: Tensor) -> int:
    """Return where a tensor lies; 0 where it has no address."""
    try:
        return tensor.data_ptr()
    except RuntimeError:
        return 0


def same_content(value: Any, content: Any) -> bool:
    """Tell whether a container holds the same objects."""
    if len(value) != len(content):
        return False
    if isinstance(value, set):
        return bool(value == content)
    if isinstance(value, dict):
        return all(value.get(key, _MISSING) is item for key, item in content.items())
    return all(one is other for one, other in zip(value, content, strict=True))


def refill(value: Any, content: Any) -> None:
    """Give a container its content back."""
    value.clear()
    (value.extend if isinstance(value, list) else value.update)(content)
