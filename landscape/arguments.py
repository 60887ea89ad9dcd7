"""Arguments of public functions: names that do not exist and wrong kinds, told in one line."""

import functools
import inspect
import operator
import os
import reprlib
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Real
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from landscape.errors import LandscapeError
from landscape.keywords import meant

Target = TypeVar("Target", bound=Callable[..., Any])

_LONGEST = 120  # characters of a wrong value in an error

_HINTS = {
    "Surface": "landscape.load(path) reads a file, landscape.compute makes a surface",
    "Problem": "landscape.Problem(model, loss, batches) brings together what is needed",
    "Layer": "landscape.each_layer measures them",
    "Connection": "landscape.barrier makes one",
    "DifferenceMap": "landscape.difference_map makes one",
    "Drawing": "the functions draw_... make them; figures of plotly go to .html, with write_html",
    "Explorer": "other figures go to .pdf, .png or .svg, with save_figure",
    "Executor": "for a Dask client: executor=client.get_executor(pure=False, retries=2)",
    "Axes": "matplotlib.pyplot.subplots() makes some",
}
"""How to come by what is expected, by the name of its class."""

_NAMES: dict[Any, str] = {
    bool: "True or False",
    int: "a whole number",
    float: "a number",
    str: "a text",
    Path: "a path",
    type(None): "None",
}


def checked(target: Target) -> Target:
    """Let a public function or class refuse unknown keywords and arguments of another kind.

    Kinds are those of the annotations, as far as can be seen without reading what is given:
    numbers may be numpy's, any sequence is a list, texts are none.

    Args:
        target: A function or a class.

    Returns:
        A function with the same signature; a class itself.
    """
    if isinstance(target, type):
        target.__init__ = _checking(target.__init__, target.__name__)  # type: ignore[misc]
        return target
    wrapped: Target = _checking(target, target.__name__)
    return wrapped


def told(value: object) -> str:
    """Show what came in place of something else, but of a model or an array only what it is.

    Args:
        value: Anything.

    Returns:
        One short line.

    Example:
        >>> told("a.h5"), told([1, 2]), told([{}])
        ("'a.h5'", '[1, 2]', 'a list of dict')
    """
    plain = (str, int, float, type(None))
    several = isinstance(value, list | tuple) and all(isinstance(one, plain) for one in value)
    if isinstance(value, plain) or several:
        text = reprlib.repr(value) if several else repr(value)
        return text if len(text) < _LONGEST else f"{text[:_LONGEST]}..."
    shape = getattr(value, "shape", None) if not isinstance(value, type) else None
    of = f" of shape {tuple(shape)}" if isinstance(shape, tuple) else ""
    if isinstance(value, list | tuple):
        of = f" of {', '.join(dict.fromkeys(type(one).__name__ for one in value))}"
    return f"a {type(value).__name__}{of}"[:_LONGEST]


def _checking(function: Any, title: str) -> Any:
    """Wrap a function so that it looks at its arguments first."""
    signature = inspect.signature(function)
    parameters = signature.parameters
    open_ended = any(one.kind is one.VAR_KEYWORD for one in parameters.values())
    known = tuple(name for name in parameters if name != "self")

    @functools.wraps(function)
    def call(*arguments: Any, **keywords: Any) -> Any:
        for name in keywords:
            if name not in known and not open_ended:
                raise LandscapeError(f"{title}() has no setting {name!r}", hint=meant(name, known))
        try:
            given = signature.bind_partial(*arguments, **keywords).arguments
        except TypeError:  # too many, or one of them twice
            return function(*arguments, **keywords)
        for name, value in given.items():
            one = parameters[name]
            if one.kind is not one.VAR_KEYWORD:
                for part in value if one.kind is one.VAR_POSITIONAL else (value,):
                    _check(name, part, one.annotation)
        return function(*arguments, **keywords)

    return call


def _check(name: str, value: object, kind: Any) -> None:
    """Refuse a value of another kind."""
    if _fits(value, kind):
        return
    parts = _parts(kind)
    choices = [one for part in parts if get_origin(part) is Literal for one in get_args(part)]
    *first, last = map(_said, parts)
    said = f"{', '.join(first)} or {last}" if first else last
    hint = next((hint for word, hint in _HINTS.items() if word in said), "")
    if isinstance(value, str) and choices:
        hint = meant(value, choices)
    elif nested := next(filter(None, (_nested(value, part) for part in parts)), ""):
        hint = f"write it as {name}={nested}"
    raise LandscapeError(f"expected {name} to be {said}, got {told(value)}", hint=hint)


def _nested(value: object, kind: Any) -> str:
    """Show how a value would fit inside lists; empty if it would not."""
    if _fits(value, kind):
        return "..."
    inner = _nested(value, get_args(kind)[0]) if _is_list(kind) else ""
    return f"[{inner}]" if inner else ""


def _parts(kind: Any) -> tuple[Any, ...]:
    """Return the kinds of which one is enough."""
    if get_origin(kind) is Annotated:
        return _parts(get_args(kind)[0])
    if get_origin(kind) in {Union, types.UnionType}:
        return tuple(part for one in get_args(kind) for part in _parts(one))
    return (kind,)


def _is_list(kind: Any) -> bool:
    """Tell whether a kind is a sequence whose entries have a kind."""
    return get_origin(kind) in {Sequence, tuple} and bool(get_args(kind))


def _fits(value: Any, kind: Any) -> bool:
    """Tell whether a value is of a kind; of one that cannot be seen, it is."""
    kinds = _parts(kind)
    if len(kinds) > 1:
        return any(_fits(value, one) for one in kinds)
    origin = get_origin(kinds[0]) or kinds[0]
    if origin is Literal:
        return isinstance(value, str) and value in get_args(kinds[0])
    if _is_list(kinds[0]):
        return _is_sequence(value) and all(_fits(one, get_args(kinds[0])[0]) for one in value)
    if origin in _TESTS:
        return _TESTS[origin](value)
    return not isinstance(origin, type) or isinstance(value, origin)


def _is_sequence(value: Any) -> bool:
    """Tell whether something has entries in an order: a list, an array, a column of a table."""
    indexed = hasattr(value, "__len__") and hasattr(value, "__getitem__")
    return indexed and not _is_text(value) and getattr(value, "ndim", 1) > 0


def _is_text(value: object) -> bool:
    """Tell whether something is no list although one can go through it."""
    return isinstance(value, str | bytes | Mapping | type)


def _is_whole(value: Any) -> bool:
    """Tell whether something is a whole number, of whatever library."""
    try:
        return operator.index(value) is not None and not isinstance(value, bool)
    except TypeError:
        return False


_TESTS: dict[Any, Callable[[Any], bool]] = {
    Any: lambda _: True,
    inspect.Parameter.empty: lambda _: True,
    bool: lambda value: (
        type(value).__name__ in {"bool", "bool_"} or (type(value) is int and value in {0, 1})
    ),
    int: _is_whole,
    float: lambda value: isinstance(value, Real) and not isinstance(value, bool),
    Path: lambda value: isinstance(value, os.PathLike),
    dict: lambda value: isinstance(value, Mapping),
    Iterable: lambda value: isinstance(value, Iterable) and not _is_text(value),
}
"""Of kinds that are wider than their class, or narrower."""


def _said(kind: Any) -> str:
    """Write a kind as one says it."""
    origin, parts = get_origin(kind) or kind, get_args(kind)
    if origin is Literal:
        return " or ".join(map(repr, parts))
    if _is_list(kind) or origin is Iterable:
        return f"a list of {' or '.join(_several(_said(one)) for one in _parts(parts[0]))}"
    if origin in {Mapping, dict}:
        return "a dict"
    if origin is Callable:
        return "a function"
    return _NAMES.get(origin) or f"a {getattr(origin, '__name__', origin)}"


def _several(said: str) -> str:
    """Write a kind in the plural; of a class only its name."""
    word = said.removeprefix("a ")
    if word.startswith("list of "):
        return word.replace("list", "lists", 1)
    return f"{word}s" if word != said and word.islower() else word
