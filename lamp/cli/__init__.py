"""The `lamp` command: the study, detectors for images of one's own, data, the paper's figures."""

from landscape.cli import start


def main() -> None:
    """Run the command line and leave with its exit code."""
    start("lamp.cli.commands")
