"""Functions that a user put into a model: hooks, and what they refer to.

`copy.deepcopy` leaves functions as they are: a copy gets functions of its own, bound to it. Hooks
that only look on do not run on it.
"""

import contextlib
import copy
import functools
import sys
import types
from collections.abc import Iterator, Mapping
from typing import Any

from torch import nn

from landscape.objective.restoring import CONTAINERS, refill, same_content

_LIBRARIES = {"torch", "numpy", *sys.stdlib_module_names} - {"__main__"}


def hook_stores(module: nn.Module) -> tuple[dict[Any, Any], ...]:
    """Return the dictionaries that hold a module's hooks of the forward pass."""
    return module._forward_pre_hooks, module._forward_hooks


def hooks_of(model: nn.Module) -> Iterator[tuple[str, dict[int, Any], int]]:
    """Yield the hooks of the forward pass that are not torch's own, such as that of pruning.

    Args:
        model: Any module.

    Yields:
        Name of the module, the dictionary that holds the hook, and its key there.
    """
    for name, module in model.named_modules():
        for store in hook_stores(module):
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


def rebind_functions(copied: nn.Module, memo: dict[int, Any]) -> None:
    """Let the functions in a copied model refer to the copy where they referred to the original.

    These are values of attributes, such as `model.forward = lambda x: ...`, and hooks. The
    functions that other people hold stay as they are: the copy gets functions of its own.

    Args:
        copied: What `copy.deepcopy(model, memo)` returned.
        memo: Its memo: for the id of each original its copy.
    """
    for module in copied.modules():
        for store in (vars(module), *hook_stores(module)):
            for key, value in list(store.items()):
                found = _rebound(value, memo) if _is_function(value) else value
                if found is not value:
                    store[key] = found


def names_used(function: types.FunctionType) -> Iterator[tuple[str, Any]]:
    """Yield what a function finds outside itself: name and value of closures, defaults, globals.

    Args:
        function: Written in Python.

    Yields:
        Names as they stand in the function's code, and values as they are now.
    """
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        if (value := _content(cell)) is not cell:
            yield name, value
    arguments = function.__code__.co_varnames[: function.__code__.co_argcount]
    defaults = function.__defaults__ or ()
    yield from zip(arguments[len(arguments) - len(defaults) :], defaults, strict=True)
    yield from (function.__kwdefaults__ or {}).items()
    for name in _global_names(function.__code__):
        if name in function.__globals__:
            yield name, function.__globals__[name]


def is_own_code(function: Any) -> bool:
    """Tell whether a function is the user's rather than that of torch or Python."""
    while isinstance(function, functools.partial):
        function = function.func
    return (getattr(function, "__module__", "") or "").partition(".")[0] not in _LIBRARIES


def _rebound(value: Any, memo: dict[int, Any]) -> Any:
    """Return a value that refers to copies, or the value itself where it refers to no original."""
    if id(value) in memo:
        return memo[id(value)]
    if isinstance(value, types.FunctionType):
        return _function(value, memo) if is_own_code(value) else value
    if isinstance(value, types.MethodType):
        owner, function = (_rebound(part, memo) for part in (value.__self__, value.__func__))
        same = owner is value.__self__ and function is value.__func__
        return value if same else types.MethodType(function, owner)
    if isinstance(value, functools.partial):
        parts = value.func, value.args, value.keywords
        func, args, keywords = (_rebound(part, memo) for part in parts)
        same = func is value.func and args is value.args and keywords is value.keywords
        return value if same else functools.partial(func, *args, **keywords)
    if type(value) in {list, dict}:
        memo[id(value)] = value  # containers may hold themselves
        memo.setdefault(id(memo), []).append(value)  # as deepcopy does: the id stays taken
    if type(value) in {list, tuple}:
        items = [_rebound(item, memo) for item in value]
        return value if _same(items, value) else type(value)(items)
    if type(value) is dict:
        values = [_rebound(item, memo) for item in value.values()]
        return value if _same(values, value.values()) else dict(zip(value, values, strict=True))
    return value


def _function(function: types.FunctionType, memo: dict[int, Any]) -> types.FunctionType:
    """Return a function whose closure, defaults and globals refer to copies."""
    memo[id(function)] = function  # functions may refer to themselves
    cells = function.__closure__ or ()
    closure = tuple(_cell(cell, memo) for cell in cells)
    defaults = _rebound(function.__defaults__, memo)
    keywords = _rebound(function.__kwdefaults__, memo)
    names = [n for n in _global_names(function.__code__) if n in function.__globals__]
    old: Mapping[str, Any] = {name: function.__globals__[name] for name in names}
    new = {name: _rebound(value, memo) for name, value in old.items()}
    same_globals = _same(new.values(), old.values())
    same_defaults = defaults is function.__defaults__ and keywords is function.__kwdefaults__
    if _same(closure, cells) and same_globals and same_defaults:
        return function
    space = function.__globals__ if same_globals else {**function.__globals__, **new}
    code, name = function.__code__, function.__name__
    bound = types.FunctionType(code, space, name, defaults, closure or None)
    bound.__kwdefaults__ = keywords
    bound.__dict__.update(function.__dict__)
    memo[id(function)] = bound
    return bound


def _cell(cell: Any, memo: dict[int, Any]) -> Any:
    """Return a cell with the rebound content, or the cell itself."""
    value = _content(cell)
    found = value if value is cell else _rebound(value, memo)
    return cell if found is value else types.CellType(found)


def _content(cell: Any) -> Any:
    """Return what is in a cell; the cell itself where it is still empty."""
    try:
        return cell.cell_contents
    except ValueError:
        return cell


def _global_names(code: types.CodeType) -> set[str]:
    """Return the names that code, and functions defined in it, may look up as globals."""
    inner = (const for const in code.co_consts if isinstance(const, types.CodeType))
    return set(code.co_names).union(*map(_global_names, inner))


def _same(new: Any, old: Any) -> bool:
    """Tell whether all items are the same objects."""
    return all(one is other for one, other in zip(new, old, strict=True))


def _is_function(value: Any) -> bool:
    """Tell whether a value is a function of a kind that can be bound to another model."""
    return isinstance(value, types.FunctionType | types.MethodType | functools.partial)
