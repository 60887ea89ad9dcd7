"""The `landscape` command: compute surfaces, measure and draw them."""

import importlib
import os
import sys
from typing import NoReturn

from landscape.cli.signals import watch


def main() -> None:
    """Run the command line and leave with its exit code."""
    start("landscape.cli.commands")


def start(commands: str) -> NoReturn:
    """Get this process ready, run its command line and leave with the exit code.

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
