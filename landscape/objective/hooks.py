"""Hooks of the user's model: those that only look on do not run on the private copy."""

import contextlib
import copy
import types
from collections.abc import Iterator
from typing import Any

from torch import nn

from landscape.objective.rebinding import is_own_code, names_used
from landscape.objective.restoring import CONTAINERS, refill, same_content


def hooks_of(model: nn.Module) -> Iterator[tuple[str, dict[int, Any], int]]:
    """Yield the hooks of the forward pass that are not torch's own, such as that of pruning.

    Args:
        model: Any module.

    Yields:
        Name of the module, the dictionary that holds the hook, and its key there.
    """
    for name, module in model.named_modules():
        for store in (module._forward_pre_hooks, module._forward_hooks):
            for key, hook in store.items():
                if is_own_code(hook):
                    yield name, store, key


def drop_hooks(model: nn.Module) -> None:
    """Take the user's hooks of the forward pass off a private copy.

    Args:
        model: A private copy.
    """
    for _, store, key in list(hooks_of(model)):
        del store[key]


@contextlib.contextmanager
def containers_as_found(model: nn.Module) -> Iterator[None]:
    """Leave the lists, dicts and sets to which a user's hooks refer as they were.

    Args:
        model: The caller's.

    Yields:
        Nothing.
    """
    found = [
        (value, copy.copy(value))
        for _, store, key in hooks_of(model)
        if isinstance(store[key], types.FunctionType)
        for _, value in names_used(store[key])
        if type(value) in CONTAINERS
    ]
    try:
        yield
    finally:
        for value, content in found:
            if not same_content(value, content):
                refill(value, content)
