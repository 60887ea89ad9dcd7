"""The one place that turns an error into words and an exit code, for both command lines."""

import importlib.metadata
import logging
import os
import re
import sys
import tomllib
import traceback
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import (
    App,
    CycloptsError,
    MissingArgumentError,
    Parameter,
    UnusedCliTokensError,
)
from cyclopts.config import Toml
from cyclopts.validators import Number
from pydantic import ValidationError
from rich.console import Console

from landscape.cli.signals import INTERRUPTED, was_received, work_ends
from landscape.cli.terminal import OutputLostError, one_line, warn, width
from landscape.cli.words import in_options
from landscape.errors import LandscapeError
from landscape.settings import explain

DONE, ERROR, USAGE, FAILED_POINTS, BROKEN_PIPE = 0, 1, 2, 3, 141

DEBUG = "LANDSCAPE_DEBUG"
"""Environment variable that asks for tracebacks."""

Workers = Annotated[int | None, Parameter(validator=Number(gte=1, lte=4096))]
"""How many processes."""


def _check_device(_: type, name: str) -> None:
    """Refuse what cannot be a device, before torch is imported to look for it."""
    if not re.fullmatch(r"auto|cpu|cuda(:\d{1,4})?", name):
        raise ValueError(f"expected a device auto, cpu, cuda or cuda:1, got {name!r}")


Device = Annotated[str, Parameter(validator=_check_device, metavar="NAME")]
"""Where to evaluate."""

Rise = Annotated[float | None, Parameter(validator=Number(gt=0))]
"""How far above the center a radius is taken to, in units of the metric."""

Everything = Annotated[bool, Parameter("--all", negative=())]
"""Whether to print all there is, instead of what most want to see."""

_HABITS = (
    (r"--steps=(\d+)[x×,*]\d+", "integer", "grids are square: --steps {0}"),
    (r"--([a-z-]+)=(\d+),(\d+)", "number|float", "numbers have a decimal point: --{0} {1}.{2}"),
    (
        r"--[xy](?:min|max|num)?=.*",
        "Unknown option",
        "--radius is half the side of a grid, --window its ends, --steps its points per side",
    ),
)
"""Habits of other tools: what is typed, what the error says of it, what to write instead."""

TableStyle = Literal["text", "markdown", "latex"]
"""How to print tables."""

AsJson = Annotated[bool, Parameter("--json", negative=())]
"""Whether to print JSON."""


def make_app(name: str, text: str, commands: Iterable[Callable[..., Any]]) -> App:
    """Make a command line that reads options from a TOML file if asked to.

    Args:
        name: What the user types.
        text: What it is for.
        commands: One function a command; each returns an exit code or None.

    Returns:
        The app, for `run`.
    """
    app = App(
        name=name,
        help=text,
        version=importlib.metadata.version("lamp-landscape"),
        suppress_keyboard_interrupt=False,
        default_parameter=Parameter(negative_iterable=(), show_default=_default),
    )
    for command in commands:
        app.command(command)
    app.meta.suppress_keyboard_interrupt = False
    app.meta.default(_with_config(app))
    return app


def run(app: App, arguments: Sequence[str] | None = None) -> int:
    """Run a command line and report errors as `error:` and `hint:` lines on stderr.

    Args:
        app: Of `make_app`.
        arguments: Words of the command line; None takes those of this process.

    Returns:
        0 done, 1 error, 2 bad usage, 3 finished with failed points, 130 interrupted, 141 if
        nobody read the result.
    """
    logging.basicConfig(level=logging.WARNING, handlers=[_Log()])
    app.config = ()
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        code = int(_call(app.meta, words) or DONE)
        work_ends()
        return code
    except BaseException as error:  # whatever it is, the user gets words and an exit code
        work_ends()
        if os.environ.get(DEBUG, "0") not in {"", "0"}:
            warn(traceback.format_exc().rstrip())
        # After a signal, an error is what the interruption made of somebody's half done work.
        return _report(KeyboardInterrupt() if was_received() else error, app, words)


class _Log(logging.Handler):
    """Log messages through the same door as all that is printed."""

    def emit(self, record: logging.LogRecord) -> None:
        warn(f"{record.levelname}: {one_line(in_options(record.getMessage()))}")


def _call(app: App, words: Sequence[str]) -> Any:
    """Call an app without its own ways to print errors and to exit."""
    return app(
        words,
        console=Console(width=width()),
        exit_on_error=False,
        print_error=False,
        result_action="return_value",
    )


def _default(value: Any) -> str | None:
    """Write a default as one types it; where there is none, the text says what happens without."""
    if value is None or value is False or value == ():
        return None
    if value is True:
        return "on"
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _with_config(app: App) -> Any:
    """Make the launcher that reads `--config` before the command."""

    def launch(
        *words: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
        config: Annotated[Path | None, Parameter("--config")] = None,
    ) -> Any:
        """Run a command.

        Args:
            words: The command and its arguments.
            config: TOML file with options of the command; flags win over it. By default none.
        """
        if config is not None:
            if not config.is_file():
                raise LandscapeError(f"no such file: {config}")
            try:
                tomllib.loads(config.read_text(encoding="utf-8"))
            except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
                raise LandscapeError(f"{config} is not a TOML file: {error}") from error
            app.config = (Toml(config, search_parents=False, use_commands_as_keys=False),)
        return _call(app, words)

    return launch


def _report(error: BaseException, app: App, words: Sequence[str]) -> int:
    """Print an error and return its exit code."""
    message, hint, code = _worded(error, app, words)
    if message:
        warn(f"error: {one_line(in_options(message))}")
    if hint:
        warn(f"hint: {one_line(in_options(hint))}")
    return code


def _worded(error: BaseException, app: App, words: Sequence[str]) -> tuple[str, str, int]:
    """Find the message, the hint and the exit code of an error."""
    match error:
        case CycloptsError() | LandscapeError(__cause__=ValidationError()):
            message, known = _usage(error), getattr(error, "hint", "")
            return message, known or hint_for(message, words) or _see_help(app, words), USAGE
        case AssertionError() if _of_parser(error):
            return "these arguments cannot be understood", _see_help(app, words), USAGE
        case KeyboardInterrupt():
            hint = "what was stored is kept: give the same command again"
            return "interrupted", hint, INTERRUPTED
        case OutputLostError():
            return ("", "", BROKEN_PIPE) if error.broken_pipe else (str(error), "", ERROR)
        case LandscapeError():
            return str(error), error.hint, ERROR
        case ValidationError():
            explained = explain(error)
            return str(explained), explained.hint, ERROR
        case OSError(strerror=str(reason), filename=name) if name is not None:
            return f"{reason}: {name}", "", ERROR
        case ValueError() | OSError() | ArithmeticError():
            return _text(error), "", ERROR
        case MemoryError():
            return _named("out of memory", error), "ask for less at once", ERROR
        case SystemExit():
            return (
                f"a program that was loaded ended itself: exit({error.code or 0})",
                "what a script does when it is run belongs under if __name__ == '__main__':",
                ERROR,
            )
    hint = f"set {DEBUG}=1 to see where it was raised"
    return _named(type(error).__name__, error), hint, ERROR


def hint_for(message: str, words: Sequence[str]) -> str:
    """Recognise a habit of another tool in the option that an error is about.

    Args:
        message: Of the error.
        words: The command line.

    Returns:
        What to write instead; empty if nothing is recognised.

    Example:
        >>> hint_for("steps: expected an integer, got '51x51'", ["m.py", "--steps", "51x51"])
        'grids are square: --steps 51'
        >>> hint_for("rise: expected a number, got '0,5'", ["a.h5", "--rise=0,5"])
        'numbers have a decimal point: --rise 0.5'
        >>> hint_for("Unknown option: --stps", ["digits", "--patches", "1,2", "--stps", "9"])
        ''
    """
    pairs = [f"{flag}={value}" for flag, value in zip(words, [*words[1:], ""], strict=True)]
    for text in [*words, *pairs]:
        flag, _, value = text.partition("=")
        for typed, said, hint in _HABITS:
            found = re.fullmatch(typed, text)
            if found and re.search(said, message) and (flag in message or repr(value) in message):
                return hint.format(*found.groups())
    return ""


def _see_help(app: App, words: Sequence[str]) -> str:
    """Say where the arguments of a command are listed."""
    command = words[0] if words and words[0] in app else ""
    return " ".join(filter(None, (app.name[0], command, "--help"))) + " lists what there is"


def _of_parser(error: BaseException) -> bool:
    """Tell whether an error was raised by the parser of command lines itself."""
    last = traceback.extract_tb(error.__traceback__)[-1:]
    return any("cyclopts" in Path(frame.filename).parts for frame in last)


def _usage(error: CycloptsError | LandscapeError) -> str:
    """Say in one line what is wrong with the words of a command."""
    if isinstance(error.__cause__, ValidationError):
        field, colon, what = str(explain(error.__cause__)).partition(": ")
        named = re.fullmatch(r"([a-z_]+)(\.\d+)?", field) if colon else None  # one of a list
        return f"--{named[1].replace('_', '-')}: {what}" if named else f"{field}{colon}{what}"
    said = str(error.__cause__ or "")
    if said.startswith("expected"):  # by a check of ours
        return said
    if isinstance(error, MissingArgumentError) and error.argument is not None:
        return f"expected {error.argument.name}, got none"
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        return f"did not expect {' '.join(error.unused_tokens)!r}"
    return " ".join(str(error).split())


def _named(name: str, error: BaseException) -> str:
    """Put a name before the text of an error, if it has one."""
    text = _text(error)
    return f"{name}: {text}" if text else name


def _text(error: BaseException) -> str:
    """Return the text of an error, also of one that fails to tell it."""
    try:
        return str(error)
    except Exception:  # of a stranger's class
        return "(no text)"
