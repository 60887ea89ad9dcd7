"""What a user brings: a model, a loss and data; as objects, or as the name of a `build()`."""

import ast
import importlib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import cloudpickle
import torch
from torch import Tensor, nn

from landscape.errors import LandscapeError, ProblemError

Values = Tensor | Mapping[str, Tensor]
Loss = Callable[[Any, Any], Values]

_BUILD_HINT = (
    "build() takes no required arguments and returns landscape.Problem(model, loss, batches)"
)


@dataclass(frozen=True)
class Problem:
    """A model, a loss and data: all that is needed to evaluate a loss at a point.

    Args:
        model: Any `nn.Module`; its parameters are the center. It is never changed. Parameters
            with `requires_grad=False` move like all others.
        loss: `loss(model, batch)`, called without gradients and in evaluation mode. Returns
            per-sample values of shape (N,), or a dict of such with the key `"loss"` (for example
            with `"accuracy"` beside it), or a scalar mean over the batch, which has no standard
            error.
        batches: Batches in a fixed order: a list, or a DataLoader with `shuffle=False`. Read once
            and kept in memory. A batch is a tensor, or a tuple, list or dict with tensors of
            shape (N, ...).
        spec: How the problem was named on the command line, for provenance.

    Raises:
        ProblemError: If an argument is of the wrong kind.

    Example:
        >>> import torch
        >>> model = torch.nn.Linear(2, 1)
        >>> x = torch.randn(8, 2)
        >>> problem = Problem(model, lambda model, x: model(x).square().mean(1), [x])
    """

    model: nn.Module
    loss: Loss
    batches: Iterable[Any]
    spec: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.model, nn.Module):
            raise ProblemError(f"expected model to be an nn.Module, got {_kind(self.model)}")
        if isinstance(self.model, torch.jit.ScriptModule):
            raise ProblemError(
                "expected model to be an nn.Module in Python, got a TorchScript module",
                hint="use the module from which it was made, or torch.export",
            )
        if not callable(self.loss):
            raise ProblemError(
                f"expected loss to be a function loss(model, batch), got {_kind(self.loss)}"
            )
        if isinstance(self.batches, Tensor):
            raise ProblemError(
                f"expected batches to be a list of batches, got one tensor of shape "
                f"{tuple(self.batches.shape)}",
                hint="pass batches=[x] for one batch, or x.split(256) for several",
            )
        if not isinstance(self.batches, Iterable):
            raise ProblemError(f"expected batches to be iterable, got {_kind(self.batches)}")
        if isinstance(self.batches, Iterator):
            raise ProblemError(
                f"expected batches that can be read more than once, got {_kind(self.batches)}",
                hint="pass list(batches), or a DataLoader",
            )


def load_problem(spec: str, arguments: Mapping[str, str] | None = None) -> Problem:
    """Load a problem named as `file.py:build` or `package.module:build`.

    Args:
        spec: Where the function is; `:build` may be left out.
        arguments: Keyword arguments of the function as text; Python literals are understood,
            anything else is passed as a string.

    Returns:
        What the function returned, with its `spec` filled in.

    Raises:
        ProblemError: If the file, module or function is missing, or it fails, or returns
            something other than a `Problem`.
    """
    location, _, name = spec.partition(":")
    name = name or "build"
    module = _load_file(Path(location)) if location.endswith(".py") else _load_module(location)
    build = getattr(module, name, None)
    if not callable(build):
        raise ProblemError(f"{location} has no function {name!r}", hint=_BUILD_HINT)
    keywords = {key: _literal(text) for key, text in (arguments or {}).items()}
    try:
        inspect.signature(build).bind(**keywords)
    except TypeError as error:
        known = ", ".join(inspect.signature(build).parameters) or "none"
        raise ProblemError(
            f"{spec}: cannot call {name}(): {error}", hint=f"its arguments are: {known}"
        ) from error
    try:
        problem = build(**keywords)
    except LandscapeError:
        raise
    except Exception as error:
        raise ProblemError(f"{spec}: {name}() raised {describe(error)}") from error
    if not isinstance(problem, Problem):
        raise ProblemError(
            f"{spec}: expected {name}() to return a landscape.Problem, got {_kind(problem)}",
            hint=_BUILD_HINT,
        )
    return replace(problem, spec=spec)


def _load_file(path: Path) -> ModuleType:
    """Import a file under a name of its own, so that it travels to workers by value."""
    if not path.is_file():
        raise ProblemError(f"no such file: {path}")
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location(f"problem_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise ProblemError(f"{path} raised {describe(error)}") from error
    cloudpickle.register_pickle_by_value(module)
    return module


def _load_module(name: str) -> ModuleType:
    """Import a module, looking in the current folder too, as `python -m` does."""
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    if not all(part.isidentifier() for part in name.split(".")):
        raise ProblemError(
            f"expected file.py:build or package.module:build, got the module name {name!r}"
        )
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        raise ProblemError(
            f"cannot import {name!r}: {describe(error)}",
            hint="name a file (file.py:build) or a module",
        ) from error


def describe(error: BaseException) -> str:
    """Tell an error of a user's code: its type, its text, and the line that raised it.

    Args:
        error: As caught.

    Returns:
        One line. The place is the innermost one outside installed packages, if there is one.
    """
    frames = traceback.extract_tb(error.__traceback__)
    package = str(Path(__file__).parents[0])
    own = [
        frame
        for frame in frames
        if "site-packages" not in frame.filename
        and not frame.filename.startswith((package, "<frozen", sys.base_prefix))
    ]
    place = f" ({own[-1].filename}, line {own[-1].lineno})" if own else ""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}{place}"


def _literal(text: str) -> Any:
    """Read a Python literal, or keep the text."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _kind(value: object) -> str:
    """Name the type of a value for an error message."""
    return f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
