"""The `landscape` command: compute surfaces, measure and draw them."""

from landscape.cli.start import start


def main() -> None:
    """Run the command line and leave with its exit code."""
    start("landscape.cli.commands")
