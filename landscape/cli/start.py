"""From the shell to a command: the order in which a process gets ready."""

import importlib
import os
import sys
from typing import NoReturn

from landscape.cli.signals import watch


def start(commands: str) -> NoReturn:
    """Run the command line and leave with its exit code.

    Args:
        commands: The module whose `app` is to be run.
    """
    watch()  # before anything that takes time to import
    # Figures go to files: the windows that a notebook or a desktop asks for may not be there.
    os.environ["MPLBACKEND"] = "agg"
    from landscape.cli.run import run
    from landscape.cli.terminal import steady_streams

    steady_streams()
    sys.exit(run(importlib.import_module(commands).app))
