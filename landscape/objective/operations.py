"""What torch computes in a thread, seen operation by operation."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

See = Callable[[Any, Sequence[Any], list[Tensor]], None]


class Watching(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Shows every operation of this thread before it is done; other threads are not disturbed.

    Args:
        see: Called with the operation, its positional arguments, and all tensors among them.
    """

    def __init__(self, see: See) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._see = see
        if "torch._dynamo" in sys.modules:  # the model may be compiled; what looks at it must not
            _keep_uncompiled()

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Let torch not import its compiler for the first operation: seconds, and 75 MB."""
        return False

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        """Show an operation and do it."""
        self._see(func, args, [*_tensors(args), *_tensors(kwargs or {})])
        return func(*args, **(kwargs or {}))


@cache
def _keep_uncompiled() -> None:
    """Keep torch's compiler from compiling, again and again, what looks at operations."""
    disable: Any = torch.compiler.disable
    Watching.__torch_dispatch__ = disable(Watching.__torch_dispatch__)  # type: ignore[method-assign]


def storage_of(tensor: Tensor) -> int | None:
    """Return what identifies the memory behind a tensor while it lives; None where it has none."""
    if tensor.layout is not torch.strided:
        return None
    try:
        return int(tensor.untyped_storage()._cdata)
    except RuntimeError:  # a tensor of torch.func, which wraps another one and owns no memory
        return None


def _tensors(value: Any) -> Iterator[Tensor]:
    """Yield the tensors among arguments."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _tensors(item)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _tensors(item)
