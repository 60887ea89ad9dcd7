"""A loss, hook or forward that reads the caller's model instead of the copy that moves.

`copy.deepcopy` does not copy functions: what they close over stays the caller's. Half of a loss
that reads it there stays at the center, and the surface is flatter than it should be. What is
read is seen in the operations of one evaluation; who reads it, in closures and globals.
"""

import functools
import types
from collections.abc import Iterator
from typing import Any

from torch import Tensor, nn

from landscape.errors import ProblemError
from landscape.objective.evaluate import Objective
from landscape.objective.functions import hooks_of, is_own_code, names_used
from landscape.objective.operations import Watching, storage_of
from landscape.problem import Problem

_DEPTH = 7  # functions, containers and attributes between a loss and the model it reads
_HINT = "use the model that it is given: loss(model, batch)"
_COPY_HINT = "for parameters as they were, take copies: value.detach().clone()"


class _ReadError(Exception):
    """Stops an evaluation before it reads, or writes to, the caller's parameters."""


def check_reads(objective: Objective, problem: Problem) -> None:
    """Refuse a problem whose evaluation reads the parameters of the caller's own model.

    Args:
        objective: Of the problem; evaluated on its first batch.
        problem: As the caller holds it.

    Raises:
        ProblemError: Naming the function that reads, and by which name it does so.
    """
    names = {
        storage_of(value): name
        for name, value in problem.model.named_parameters()
        if value.is_floating_point()
    }
    read: list[int | None] = []

    def see(operation: Any, _: Any, tensors: list[Tensor]) -> None:
        if _only_looks(operation):
            return
        for tensor in tensors:
            storage = storage_of(tensor)
            if storage is not None and storage in names:
                read.append(storage)
                raise _ReadError(names[storage])

    try:
        objective.evaluate(batches=1, within=Watching(see))
    except Exception:
        if not read:  # whatever it is, it is told where the problem is evaluated in earnest
            return
    if read:
        raise _refusal(problem, objective.model, read[0], names[read[0]])


def _only_looks(operation: Any) -> bool:
    """Tell whether an operation takes no values from its arguments: views, and shapes of others."""
    name = operation.overloadpacket.__name__
    return bool(operation.is_view) or name.endswith("_like") or name.startswith("new_")


def _refusal(
    problem: Problem, model: nn.Module, storage: int | None, parameter: str
) -> ProblemError:
    """Make the error, as exact as it can be."""
    if name := _name_of(problem.loss, storage):
        return ProblemError(
            f"the loss {_title(problem.loss)} reads the model through {name!r} from outside, "
            f"where its parameters do not move",
            hint=f"{_HINT}; {_COPY_HINT}",
        )
    for title, function in _functions_of(model):
        if name := _name_of(function, storage):
            return ProblemError(
                f"{title} reads the model through {name!r} from outside, where its parameters do "
                "not move",
                hint=f"take what it needs from its arguments, or from self; {_COPY_HINT}",
            )
    return ProblemError(
        f"parameter {parameter!r} is read from the model outside, where it does not move",
        hint=f"{_HINT}; in hooks and forward, use the module that is given; {_COPY_HINT}",
    )


def _functions_of(model: nn.Module) -> Iterator[tuple[str, Any]]:
    """Yield all functions in a model that a user may have written, with titles."""
    modules = dict(model.named_modules())
    for path, store, key in hooks_of(model):
        yield f"the hook {_title(store[key])} of {path or 'the model'}", store[key]
    for path, module in modules.items():
        for leaf, value in vars(module).items():
            if isinstance(value, types.FunctionType | types.MethodType | functools.partial):
                yield f"the function {_title(value)} in {f'{path}.{leaf}'.lstrip('.')}", value
        if is_own_code(type(module)):
            yield f"{type(module).__qualname__}.forward", type(module).forward


def _title(function: Any) -> str:
    """Name a function by its qualified name and line."""
    while isinstance(function, functools.partial):
        function = function.func
    name = getattr(function, "__qualname__", type(function).__qualname__)
    code = getattr(function, "__code__", None)
    return f"{name} ({code.co_filename}, line {code.co_firstlineno})" if code else name


def _name_of(function: Any, storage: int | None) -> str:
    """Return the name by which a function reaches some memory; empty where it does not."""
    return _search(function, storage, set(), _DEPTH) or ""


def _search(value: Any, storage: int | None, seen: set[int], depth: int) -> str | None:
    """Return the name under which memory is found in a value, "" for the value itself, or None."""
    if isinstance(value, Tensor):
        return "" if storage_of(value) == storage else None
    if isinstance(value, nn.Module):
        found = any(storage_of(parameter) == storage for parameter in value.parameters())
        return "" if found else None
    if id(value) in seen or depth == 0:
        return None
    seen.add(id(value))
    for name, item in _parts(value):
        found_name = _search(item, storage, seen, depth - 1)
        if found_name is not None:
            return name or found_name
    return None


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a value refers to, with the names that a user would know it by."""
    if isinstance(value, types.FunctionType):
        if is_own_code(value):
            yield from names_used(value)
    elif isinstance(value, types.MethodType):
        yield "self", value.__self__
        yield "", value.__func__
    elif isinstance(value, functools.partial):
        yield "", value.func
        yield from (("an argument of partial", item) for item in value.args)
        yield from value.keywords.items()
    elif isinstance(value, dict):
        yield from ((str(key), item) for key, item in value.items())
    elif isinstance(value, list | tuple | set):
        yield from (("", item) for item in value)
    elif hasattr(value, "__dict__") and not isinstance(value, type | types.ModuleType):
        yield from ((f"self.{name}", item) for name, item in vars(value).items())
        yield "", type(value).__call__ if callable(value) else None
