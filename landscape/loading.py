"""Problems by the name of the function that builds them, such as `file.py:build`."""

import ast
import importlib
import importlib.util
import inspect
import shlex
import sys
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import cloudpickle

from landscape.arguments import checked
from landscape.errors import LandscapeError, ProblemError, describe
from landscape.keywords import meant

if TYPE_CHECKING:
    from landscape.problem import Problem

_BUILD_HINT = (
    "build() takes no required arguments and returns landscape.Problem(model, loss, batches)"
)
_SPEC_HINT = "name a file (file.py:build) or a module (package.module:build)"
_EXIT_HINT = (
    "the file is imported, not run: keep what ends the process or reads the command line under "
    'if __name__ == "__main__":'
)


@checked
def load_problem(spec: str, arguments: Mapping[str, str] | None = None) -> "Problem":
    """Load a problem named as `file.py:build` or `package.module:build`.

    Args:
        spec: Where the function is; `:build` may be left out.
        arguments: Keyword arguments of the function as text; Python literals are understood,
            anything else is passed as a string.

    Returns:
        What the function returned, its `spec` filled in as words of a shell, arguments included.

    Raises:
        ProblemError: If the file, module or function is missing, or it fails, or returns
            something other than a `Problem`.
    """
    from landscape.problem import Problem, kind_of  # which imports torch: names are checked before

    location, name = split_spec(spec)
    module = _load_file(Path(location)) if location.endswith(".py") else _load_module(location)
    build = getattr(module, name, None)
    if not callable(build):
        raise _no_function(location, name, vars(module))
    keywords = {key: _literal(text) for key, text in (arguments or {}).items()}
    _check_call(spec, name, build, keywords)
    try:
        problem = build(**keywords)
    except (LandscapeError, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise _failed(f"{spec}: {name}()", error, module) from error
    if not isinstance(problem, Problem):
        raise ProblemError(
            f"{spec}: expected {name}() to return a landscape.Problem, got {kind_of(problem)}",
            hint=_BUILD_HINT,
        )
    given = (f"{key}={text}" for key, text in (arguments or {}).items())
    return replace(problem, spec=shlex.join([spec, *given]))


def check_spec(spec: str, arguments: Mapping[str, str]) -> None:
    """Refuse what is wrong before anything is run: to import torch alone takes seconds.

    Args:
        spec: As for `load_problem`, which sees the rest.
        arguments: As for `load_problem`.

    Raises:
        ProblemError: If there is no such file or module; or the file is not Python, or clearly has
            no such function, or none with such arguments.
    """
    location, name = split_spec(spec)
    if not location.endswith(".py"):
        _check_module(location)
        return
    path = Path(location)
    if not path.is_file():
        raise ProblemError(f"no such file: {path}")
    try:
        tree = ast.parse(path.read_bytes(), filename=str(path))
    except (SyntaxError, ValueError) as error:
        raise _failed(str(path), error, None) from error
    names = _names(tree)
    if name not in names and not names & _HIDING:
        raise _no_function(location, name, names)
    defined = [node for node in tree.body if getattr(node, "name", None) == name]
    match defined:
        case [ast.FunctionDef(args=taken, decorator_list=[])]:
            _check_call(spec, name, _like(taken), arguments)


_HIDING = {"*", "__getattr__", "exec", "globals", "locals", "setattr", "vars"}
"""Names of what may define others that cannot be seen."""


def _names(tree: ast.Module) -> set[str]:
    """Collect all names that a file speaks of, some of which it defines."""
    names = set[str]()
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                names.add(name)
            case ast.ClassDef(name=name) | ast.Name(id=name):
                names.add(name)
            case ast.alias(name=name, asname=asname):
                names.add(asname or name)
    return names


def _like(arguments: ast.arguments) -> Any:
    """Make a function of the same arguments that does nothing."""
    for node in ast.walk(arguments):
        if isinstance(node, ast.arg):
            node.annotation = None
    nothing = ast.Constant(None)
    arguments.defaults = [nothing for _ in arguments.defaults]
    arguments.kw_defaults = [default and nothing for default in arguments.kw_defaults]
    return eval(ast.unparse(ast.Lambda(arguments, nothing)))  # noqa: S307, nothing of the file's


def _no_function(location: str, name: str, names: Collection[str]) -> ProblemError:
    """Say that a file or module has no such function, and which one may be meant."""
    hint = meant(name.lower(), names, otherwise=_BUILD_HINT)
    return ProblemError(f"{location} has no function {name!r}", hint=hint)


def split_spec(spec: str) -> tuple[str, str]:
    r"""Split a name at its last colon, if a function's name follows it.

    Args:
        spec: As the user wrote it.

    Returns:
        File or module, and function.

    Example:
        >>> split_spec("m.py:make"), split_spec("a:b/m.py"), split_spec("C:\\x\\m.py::make")
        (('m.py', 'make'), ('a:b/m.py', 'build'), ('C:\\x\\m.py', 'make'))
    """
    location, colon, name = spec.rpartition(":")
    if colon and (name.isidentifier() or not name):
        return location.rstrip(":"), name or "build"
    return spec, "build"


def _check_call(spec: str, name: str, build: Any, keywords: Mapping[str, Any]) -> None:
    """Refuse arguments that the function does not take."""
    try:
        signature = inspect.signature(build)
    except (TypeError, ValueError):
        return  # some functions in C have none
    try:
        signature.bind(**keywords)
    except TypeError as error:
        known = ", ".join(signature.parameters) or "none"
        raise ProblemError(
            f"{spec}: cannot call {name}(): {error}", hint=f"its arguments are: {known}"
        ) from error


def _load_file(path: Path) -> ModuleType:
    """Import a file under a name of its own, so that it travels to workers by value."""
    if not path.is_file():
        raise ProblemError(f"no such file: {path}")
    path = path.resolve()  # build() may change the current folder
    _search_last(path.parent)
    spec = importlib.util.spec_from_file_location(f"problem_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except (LandscapeError, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise _failed(str(path), error, module) from error
    cloudpickle.register_pickle_by_value(module)
    return module


def _check_module(name: str) -> None:
    """Refuse what is no module's name, or that of none that is there."""
    _search_last(Path.cwd())
    if name.endswith(".ipynb") or not all(part.isidentifier() for part in name.split(".")):
        raise ProblemError(
            f"expected file.py:build or package.module:build, got {name!r}", hint=_meant(name)
        )
    top = name.partition(".")[0]
    if top not in sys.modules and importlib.util.find_spec(top) is None:
        raise ProblemError(f"cannot import {name!r}: no module named {top!r}", hint=_SPEC_HINT)


def _load_module(name: str) -> ModuleType:
    """Import a module, looking in the current folder too."""
    _check_module(name)
    try:
        return importlib.import_module(name)
    except (LandscapeError, KeyboardInterrupt):
        raise
    except BaseException as error:
        file = Path(f"{name}.py")
        hint = f"write {file}:build" if file.is_file() else _hint(error, None) or _SPEC_HINT
        raise ProblemError(f"cannot import {name!r}: {describe(error)}", hint=hint) from error


def _meant(location: str) -> str:
    """Guess what a name that is neither a file nor a module was meant to be."""
    file = Path(location)
    if location.endswith(".ipynb"):
        script = f"{file.with_suffix('.py')}"
        return (
            f"a notebook cannot be imported: jupyter nbconvert --to script {location}, then "
            f"name {script}:build"
        )
    if file.is_dir():
        return f"{location} is a folder: name a file in it ({file / 'model.py'}:build)"
    if Path(f"{location}.py").is_file():
        return f"write {location}.py:build"
    if "/" in location or "\\" in location:
        return "a file's name ends in .py, a module's has dots between its parts"
    return _SPEC_HINT


def _search_last(folder: Path) -> None:
    """Let modules be imported from a folder, but none in place of an installed one.

    Worker processes inherit this path before they import torch; a file torch.py beside the
    problem must not be what they get.
    """
    if str(folder) not in sys.path:
        sys.path.append(str(folder))


def _failed(what: str, error: BaseException, module: ModuleType | None) -> ProblemError:
    """Say that importing a file or calling its function raised."""
    if isinstance(error, SystemExit):
        message = f"{what} ended the process: {describe(error)}"
        return ProblemError(message, hint=_EXIT_HINT)
    return ProblemError(f"{what} raised {describe(error)}", hint=_hint(error, module))


def _hint(error: BaseException, module: ModuleType | None) -> str:
    """Say what to do about an import that failed."""
    if not isinstance(error, ImportError | AttributeError):
        return ""
    file = Path(module.__file__) if module is not None and module.__file__ else None
    if "relative import" in str(error) and file is not None:
        root, dotted = _package(file)
        return f"a file with relative imports is named as a module: in {root}, {dotted}:build"
    name = getattr(error, "name", None)
    name = name if isinstance(name, str) else getattr(getattr(error, "obj", None), "__name__", "")
    top = str(name).partition(".")[0]
    folder = Path.cwd() if file is None else file.parent
    for beside in (folder / f"{top}.py", folder / top / "__init__.py"):
        found = getattr(sys.modules.get(top), "__file__", None)
        if top and beside.is_file() and found and Path(found).resolve() != beside.resolve():
            return f"{beside} is not what import {top} finds, but {found}: give it another name"
    return ""


def _package(file: Path) -> tuple[Path, str]:
    """Return the folder above the packages that a file is in, and its name from there."""
    parts, folder = [file.stem], file.parent
    while True:
        parts.insert(0, folder.name)
        folder = folder.parent
        if not (folder / "__init__.py").is_file():
            return folder, ".".join(parts)


def _literal(text: str) -> Any:
    """Read a Python literal, or keep the text."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text
