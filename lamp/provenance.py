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


def provenance() -> dict[str, Any]:
    """Tell how the numbers of this process came to be, as plain JSON values.

    Returns:
        Command, commit of the folder it was given in, versions, machine and threads.

    Example:
        >>> provenance()["torch"] == torch.__version__
        True
    """
    return {
        "command": shlex.join(["lamp", *sys.argv[1:]]),
        "git": git_commit(Path.cwd()),
        "python": platform.python_version(),
        "lamp-landscape": importlib.metadata.version("lamp-landscape"),
        "torch": torch.__version__,  # with the build, which its metadata do not always name
        "numpy": np.__version__,
        "machine": platform.machine(),
        "threads": torch.get_num_threads(),
    }
