"""How a surface came to be: problem, command, commit and versions."""

import importlib.metadata
import platform
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch

from landscape.planes.sharing import own_parameters
from landscape.planes.space import ParameterSpace
from landscape.problem import Problem


def provenance(
    problem: Problem, space: ParameterSpace, device: str
) -> dict[str, str | int | float]:
    """Collect how a surface came to be.

    Args:
        problem: Model and loss.
        space: The model's parameters.
        device: Where the loss is evaluated.

    Returns:
        Names and values, as they go into the file's attributes; `gpu` only where there is one.
    """
    folder = _source(problem.spec)
    own = own_parameters(space.model).values()
    dtypes = sorted({str(value.dtype).removeprefix("torch.") for value in own})
    return {
        "title": "Loss surface",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join(_command()),
        "git": git_commit(folder) if folder else "none",
        "problem": problem.spec or "Python objects",
        "model": type(problem.model).__name__,
        "dtype": ",".join(dtypes),
        "python": platform.python_version(),
        "cpu": f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}",
        **({} if device == "cpu" else {"gpu": torch.cuda.get_device_name(device)}),
        "lamp-landscape": importlib.metadata.version("lamp-landscape"),
        "torch": torch.__version__,  # with the build, which its metadata do not always name
        "numpy": np.__version__,
    }


def git_commit(folder: Path) -> str:
    """Name the commit of a folder.

    Args:
        folder: Of a problem file, or of a program.

    Returns:
        The commit; `none` outside of a repository. Nothing of the repository is executed: to
        compare its files with the index would run programs that its configuration names.
    """
    command = ["git", "-c", "core.fsmonitor=false", "rev-parse", "HEAD"]
    try:
        found = subprocess.run(  # noqa: S603, the user's own git
            command, cwd=folder, capture_output=True, text=True, timeout=5, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return "none"
    return found.stdout.strip()


def _source(spec: str) -> Path | None:
    """Find the folder of the file that builds a problem (`file.py:build`, then arguments)."""
    try:
        name = next(iter(shlex.split(spec)), "")
    except ValueError:  # free text, such as one with an apostrophe
        return None
    files = (Path(text) for text in (name, name.rpartition(":")[0]) if text.endswith(".py"))
    return next((file.parent for file in files if file.is_file()), None)


def _command() -> list[str]:
    """Return the words of the command that runs, as they can be typed again."""
    first = Path(sys.argv[0])
    name = first.parent.name if first.name == "__main__.py" else sys.argv[0]
    return [name, *sys.argv[1:]]
