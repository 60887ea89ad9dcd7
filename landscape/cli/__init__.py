"""The `landscape` command: compute surfaces, measure and draw them."""

import sys

from landscape.cli.signals import watch


def main() -> None:
    """Run the command line and leave with its exit code."""
    watch()  # before anything that takes time to import
    from landscape.cli.commands import app
    from landscape.cli.run import run
    from landscape.cli.terminal import steady_streams

    steady_streams()
    sys.exit(run(app))
