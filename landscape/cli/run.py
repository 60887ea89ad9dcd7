"""The one place that turns an error into words and an exit code, for both command lines."""

import importlib.metadata
import json
import logging
import signal
import sys
import threading
import tomllib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, CycloptsError, Parameter
from cyclopts.config import Toml
from pydantic import ValidationError

from landscape.errors import LandscapeError
from landscape.settings import explain

DONE, ERROR, USAGE, FAILED_POINTS, INTERRUPTED = 0, 1, 2, 3, 130


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
        0 done, 1 error, 2 bad usage, 3 finished with failed points, 130 interrupted.
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    app.config = ()
    words = sys.argv[1:] if arguments is None else list(arguments)
    if threading.current_thread() is threading.main_thread():
        # SLURM, docker and timeout send it: clean up as after Ctrl-C.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        code = app.meta(
            words,
            exit_on_error=False,
            print_error=False,
            result_action="return_value",
        )
    except CycloptsError as error:
        command = words[0] if words and words[0] in app else ""
        shown = " ".join(filter(None, (app.name[0], command, "--help")))
        return _report(_usage(error), f"{shown} lists what there is", USAGE)
    except LandscapeError as error:
        return _report(str(error), error.hint, ERROR)
    except ValidationError as error:
        explained = explain(error)
        return _report(str(explained), explained.hint, ERROR)
    except (ValueError, OSError, ArithmeticError) as error:
        return _report(str(error), "", ERROR)
    except KeyboardInterrupt:
        return _report("interrupted", "the same command goes on where it stopped", INTERRUPTED)
    return int(code or DONE)


def print_json(value: Any) -> None:
    """Print a result as JSON on stdout; NaN and infinities become null."""
    sys.stdout.write(json.dumps(_finite(value), indent=2) + "\n")


def say(text: str) -> None:
    """Print a line of result on stdout."""
    sys.stdout.write(text + "\n")


def _with_config(app: App) -> Any:
    """Make the launcher that reads `--config` before the command."""

    def launch(
        *words: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
        config: Annotated[Path | None, Parameter("--config")] = None,
    ) -> Any:
        """Run a command.

        Args:
            words: The command and its arguments.
            config: TOML file with options of the command; flags win over it.
        """
        if config is not None:
            if not config.is_file():
                raise LandscapeError(f"no such file: {config}")
            try:
                tomllib.loads(config.read_text())
            except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
                raise LandscapeError(f"{config} is not a TOML file: {error}") from error
            app.config = (Toml(config, search_parents=False, use_commands_as_keys=False),)
        return app(words, exit_on_error=False, print_error=False, result_action="return_value")

    return launch


def _usage(error: CycloptsError) -> str:
    """Say in one line what is wrong with the words of a command."""
    if isinstance(error.__cause__, ValidationError):
        return str(explain(error.__cause__))
    return " ".join(str(error).split())


def _report(message: str, hint: str, code: int) -> int:
    """Print an error and pass its exit code on."""
    sys.stderr.write(f"error: {message}\n")
    if hint:
        sys.stderr.write(f"hint: {hint}\n")
    return code


def _finite(value: Any) -> Any:
    """Replace numbers that JSON does not know by null."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    if isinstance(value, float) and value - value != 0:
        return None
    return value
