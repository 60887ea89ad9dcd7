"""How numbers came to be: the command, versions and the machine."""

import importlib.metadata
import platform
import shlex
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from landscape.provenance import git_commit

_ROOT = Path(__file__).resolve().parents[1]
"""Of a clone; where the package is installed by itself, no repository is that of its code."""


def provenance() -> dict[str, Any]:
    """Tell how the numbers of this process came to be, as plain JSON values.

    Returns:
        Command, commit of this program, versions, machine and threads.

    Example:
        >>> provenance()["torch"] == torch.__version__
        True
    """
    return {
        "command": shlex.join(["lamp", *sys.argv[1:]]),
        "git": git_commit(_ROOT) if (_ROOT / ".git").exists() else "none",
        "python": platform.python_version(),
        "lamp-landscape": importlib.metadata.version("lamp-landscape"),
        "torch": torch.__version__,  # with the build, which its metadata do not always name
        "numpy": np.__version__,
        "machine": platform.machine(),
        "threads": torch.get_num_threads(),
    }
