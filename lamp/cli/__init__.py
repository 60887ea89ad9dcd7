"""The `lamp` command: the study, detectors for images of one's own, data, the paper's figures."""

import sys

from landscape.cli.signals import watch


def main() -> None:
    """Run the command line and leave with its exit code."""
    watch()  # before anything that takes time to import
    from lamp.cli.commands import app
    from landscape.cli.run import run
    from landscape.cli.terminal import steady_streams

    steady_streams()
    sys.exit(run(app))
