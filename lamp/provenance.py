"""How numbers came to be: the command, versions and the machine."""

import importlib.metadata
import platform
import shlex
import sys
from pathlib import Path
from typing import Any

import torch

from landscape.provenance import git_commit


def provenance() -> dict[str, Any]:
    """Tell how the numbers of this process came to be, as plain JSON values.

    Returns:
        Command, commit of the folder it was given in, versions, machine and threads.

    Example:
        >>> provenance()["torch"] == importlib.metadata.version("torch")
        True
    """
    names = ("lamp-landscape", "torch", "numpy")
    return {
        "command": shlex.join(["lamp", *sys.argv[1:]]),
        "git": git_commit(Path.cwd()),
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in names},
        "machine": platform.machine(),
        "threads": torch.get_num_threads(),
    }
