"""What an object consists of, as a digest: settings, captured values, attributes, tensors, code."""

import functools
import hashlib
import io
import sys
import threading
import types
import weakref
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lamp.checkpoint import fingerprint

_PLAIN = (type(None), bool, int, float, complex, str, bytes, torch.dtype, torch.device, range)
# Of no influence on a value, and without a content that could be read.
_SILENT = (io.IOBase, weakref.ReferenceType, type(threading.Lock()), type(threading.RLock()))
_OF_CLASSES = (types.FunctionType, staticmethod, classmethod, property, list, dict, tuple, Tensor)
_PACKAGES = {"torch", "numpy", "lamp", *sys.stdlib_module_names}


def content(value: Any, without: Iterable[Tensor] = ()) -> str:
    """Hash what an object consists of: the same in every process that makes it in the same way.

    A function is its code, its defaults, what it captured and the global values that it reads;
    an object is its class and all its attributes, however deep. Installed code counts by its name.

    Args:
        value: A loss, a model, or any callable.
        without: Tensors in it that do not count, such as parameters, which training changes.

    Returns:
        A SHA-256.

    Raises:
        ValueError: If something in it, such as a generator, has no content that could be read.

    Example:
        >>> losses = [lambda x, y, power=power: abs(x - y) ** power for power in (1, 2, 1)]
        >>> [content(loss) == content(losses[0]) for loss in losses]
        [True, False, True]
    """
    return _Reader(without).digest(value).hex()


class _Reader:
    """Digests of objects by identity, so that what is shared is read once and circles end."""

    def __init__(self, without: Iterable[Tensor]) -> None:
        self.kept: list[Any] = [*without]  # alive: an identity must not be given a second time
        self.done = {id(tensor): b"without" for tensor in self.kept}

    def digest(self, value: Any) -> bytes:
        """Hash an object after its kind and the number of its parts."""
        if id(value) in self.done:
            return self.done[id(value)]
        self.kept.append(value)
        self.done[id(value)] = b"in itself"
        kind, parts = _parts(value)
        if isinstance(value, set | frozenset | dict):
            digests = sorted(map(self.digest, parts))
        else:
            digests = [self.digest(part) for part in parts]
        head = f"{type(value).__qualname__} {kind} {len(digests)};"
        found = hashlib.sha256(head.encode(errors="surrogatepass"))
        for digest in digests:
            found.update(len(digest).to_bytes(1, "little") + digest)
        self.done[id(value)] = found.digest()
        return found.digest()


def _parts(value: Any) -> tuple[str, list[Any]]:
    """Return what tells an object itself, and the objects that it consists of."""
    match value:
        case _ if isinstance(value, _PLAIN):
            return repr(value), []
        case _ if isinstance(value, _SILENT):
            return "", []
        case types.ModuleType():
            return value.__name__, []
        case Tensor():
            return fingerprint({"": value}), []
        case np.ndarray() if not value.dtype.hasobject:
            return f"{value.shape} {value.dtype.descr} {value.tobytes().hex()}", []
        case tuple() | list() | set() | frozenset():
            return "", list(value)
        case dict() | types.MappingProxyType():
            return "", list(value.items())
        case types.FunctionType():
            return _parts_of_function(value)
        case types.CodeType():
            names = (value.co_names, value.co_varnames, value.co_freevars, value.co_flags)
            return f"{value.co_code.hex()} {names}", list(value.co_consts)
        case types.MethodType():
            return "", [value.__func__, value.__self__]
        case property():
            return "", [value.fget, value.fset, value.fdel]
        case staticmethod() | classmethod():
            return "", [value.__func__]
        case type():
            return _name(value), [] if _is_installed(value) else _parts_of_class(value)
        case nn.Module():
            return "", _parts_of_module(value)
    return _parts_of_object(value)


def _parts_of_function(function: types.FunctionType) -> tuple[str, list[Any]]:
    """Return code, captured values, defaults and the globals that a function reads."""
    compiled = getattr(function, "_torchdynamo_orig_callable", None)
    if compiled is not None:
        return "", [compiled]
    captured = [_inside(cell) for cell in function.__closure__ or ()]
    parts = [captured, function.__defaults__, function.__kwdefaults__, vars(function)]
    if _is_installed(function):
        return _name(function), parts
    known = {k: function.__globals__[k] for k in _globals(function) if k in function.__globals__}
    return function.__qualname__, [*parts, _without_doc(function), known]


def _without_doc(function: types.FunctionType) -> types.CodeType:
    """Return a function's code without its docstring, which changes nothing."""
    code = function.__code__
    if code.co_consts and function.__doc__ is not None and code.co_consts[0] == function.__doc__:
        return code.replace(co_consts=(None, *code.co_consts[1:]))
    return code


def _globals(function: types.FunctionType) -> set[str]:
    """Return names that a function may read from its module, in code nested in it, too."""
    names: set[str] = set()
    codes = [function.__code__]
    while codes:
        code = codes.pop()
        names.update(code.co_names)
        codes += [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return names


def _inside(cell: types.CellType) -> Any:
    """Return what a closure captured; a name that has no value yet is its own content."""
    try:
        return cell.cell_contents
    except ValueError:
        return "without a value"


def _parts_of_class(kind: type) -> list[Any]:
    """Return the bases of a user's class, its methods and its plain attributes."""
    own = {
        name: value
        for name, value in vars(kind).items()
        if isinstance(value, (*_PLAIN, *_OF_CLASSES))
        and name not in {"__doc__", "__module__", "__firstlineno__", "__static_attributes__"}
        and not name.startswith(("_abc_", "__annot", "__pydantic"))
    }
    return [list(kind.__bases__), own]


def _parts_of_module(module: nn.Module) -> list[Any]:
    """Return class and attributes; of hooks only what is called, as their keys are counted."""
    compiled = vars(module).get("_modules", {}).get("_orig_mod")
    if compiled is not None:
        return [compiled]
    attributes = {
        name: list(value.values()) if "hook" in name and isinstance(value, Mapping) else value
        for name, value in vars(module).items()
    }
    return [type(module), attributes]


def _parts_of_object(value: Any) -> tuple[str, list[Any]]:
    """Return of any other object what it would be copied from."""
    try:
        reduced = value.__reduce_ex__(2)
    except Exception as error:  # any: it is the object's own code
        raise ValueError(
            f"a {type(value).__qualname__} in the loss or the model has no content by which the "
            f"training could be recognised when it is resumed ({error}): keep it out of them, or "
            "train without a path"
        ) from error
    if isinstance(reduced, str):
        return reduced, [getattr(value, "__wrapped__", None)]
    make, arguments, *more = reduced
    rest = [list(part) if hasattr(part, "__next__") else part for part in more if part is not None]
    if isinstance(value, functools.partial):
        make = functools.partial
    return "", [make, arguments, *rest]


def _is_installed(value: Any) -> bool:
    """Tell whether a class or function is of an installed package, whose name tells enough."""
    module = str(getattr(value, "__module__", None) or "builtins")
    file = str(getattr(sys.modules.get(module), "__file__", None) or "")
    return module.partition(".")[0] in _PACKAGES or "site-packages" in file


def _name(value: Any) -> str:
    """Name a class or function."""
    return f"{value.__module__}.{value.__qualname__}"
