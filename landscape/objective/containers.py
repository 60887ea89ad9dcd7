"""What a batch is made of: containers, which keep their type, and the leaves in them."""

import copy
import dataclasses
from collections import UserDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from landscape.errors import ProblemError, describe

Path = tuple[Any, ...]
"""Keys and indices that lead from a batch to one of its leaves."""

CONTAINER_HINT = (
    "a batch is a tensor, or a tuple, list, dict or dataclass of tensors: let the collate function "
    "return one, and make other objects of it in the loss"
)


def entries(batch: Any) -> list[tuple[Any, Any]] | None:
    """List what is in a container.

    A list of numbers or texts is no container but a leaf: labels, one for each sample.

    Args:
        batch: A batch or a part of one.

    Returns:
        Keys and values in order; None for a leaf.

    Example:
        >>> entries({"x": 1, "names": ["a", "b"]}), entries(["a", "b"])
        ([('x', 1), ('names', ['a', 'b'])], None)
    """
    if isinstance(batch, Mapping):
        return list(batch.items())
    if isinstance(batch, PackedSequence):
        return None
    if isinstance(batch, tuple | list):
        return None if _is_labels(batch) else list(enumerate(batch))
    if dataclasses.is_dataclass(batch) and not isinstance(batch, type):
        names = [field.name for field in dataclasses.fields(batch) if hasattr(batch, field.name)]
        more = [name for name in getattr(batch, "__dict__", ()) if name not in names]
        return [(name, getattr(batch, name)) for name in (*names, *more)]
    return None


def leaves(batch: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield whatever is in a batch that is no container, in order, and where it is."""
    parts = entries(batch)
    if parts is None:
        yield path, batch
        return
    for key, value in parts:
        yield from leaves(value, (*path, key))


def rebuild(batch: Any, values: Sequence[Any]) -> Any:
    """Make a container like another one, with other values.

    Args:
        batch: The container.
        values: One for each of its `entries`.

    Returns:
        A container of the same type; the given one stays as it is.

    Raises:
        ProblemError: If the type of the container does not allow that.
    """
    keys = [key for key, _ in entries(batch) or ()]
    try:
        made = _rebuilt(batch, dict(zip(keys, values, strict=True)))
        found = entries(made) or []
        same = type(made) is type(batch) and len(found) == len(values)
        good = same and all(a is b for (_, a), b in zip(found, values, strict=True))
    except Exception as error:
        raise ProblemError(
            f"cannot make a {type(batch).__name__} like that in a batch: {describe(error)}",
            hint=CONTAINER_HINT,
        ) from error
    if not good:
        raise ProblemError(
            f"cannot make a {type(batch).__name__} like that in a batch: a copy has other entries",
            hint=CONTAINER_HINT,
        )
    return made


def map_tensors(function: Callable[[Tensor], Tensor], batch: Any) -> Any:
    """Apply a function to every tensor in a batch, whatever its nesting.

    Args:
        function: From tensor to tensor.
        batch: Any batch.

    Returns:
        A batch of new containers of the same types.
    """
    if isinstance(batch, Tensor):
        return function(batch)
    if isinstance(batch, PackedSequence):  # its batch_sizes stay on the CPU, always
        order = [None if t is None else function(t) for t in batch[2:]]
        return PackedSequence(function(batch.data), batch.batch_sizes, *order)
    parts = entries(batch)
    if parts is None:
        return copy.copy(batch) if isinstance(batch, list) else batch
    return rebuild(batch, [map_tensors(function, value) for _, value in parts])


def tensors(batch: Any) -> Iterator[Tensor]:
    """Yield the tensors of a batch in order."""
    for _, leaf in leaves(batch):
        if isinstance(leaf, Tensor):
            yield leaf
        elif isinstance(leaf, PackedSequence):
            yield from (part for part in leaf if part is not None)


def same_values(first: Any, second: Any) -> bool:
    """Tell whether two leaves hold the same values; never of what has no dense memory.

    Example:
        >>> same_values(np.ones(2), np.ones(2)), same_values(np.ones(2), np.ones(2, int))
        (True, False)
    """
    if first is second:
        return True
    if isinstance(first, Tensor) and isinstance(second, Tensor):
        dense = not first.is_nested and first.layout is torch.strided is second.layout
        return dense and first.dtype == second.dtype and torch.equal(first, second)
    if isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        return first.dtype == second.dtype and np.array_equal(first, second)
    if type(first) is not type(second) or isinstance(first, PackedSequence):
        return False
    return bool(np.all(first == second))


def _rebuilt(batch: Any, values: dict[Any, Any]) -> Any:
    """Make a container of the same type by the way that its type offers."""
    if isinstance(batch, Mapping):
        # A copy keeps what else a dict has, such as a default factory; not if it is its own state.
        own = getattr(batch, "__dict__", None) is batch
        copied = isinstance(batch, dict | UserDict) and not own
        made: Any = copy.copy(batch) if copied else type(batch)(values)  # type: ignore[call-arg]
        for key, value in values.items() if copied else ():
            made[key] = value
        return made
    if isinstance(batch, list):
        made = copy.copy(batch)
        made[:] = values.values()
        return made
    if isinstance(batch, tuple):
        make = getattr(type(batch), "_make", type(batch))  # of named tuples
        return make(values.values())
    made = copy.copy(batch)
    for name, value in values.items():
        object.__setattr__(made, name, value)  # dataclasses may be frozen
    return made


def _is_labels(value: Sequence[Any]) -> bool:
    """Tell a list of numbers or texts from one of tensors."""
    return not any(
        isinstance(entry, Tensor | np.ndarray | Mapping | tuple | list)
        or (dataclasses.is_dataclass(entry) and not isinstance(entry, type))
        for entry in value
    )
