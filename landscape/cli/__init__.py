"""The `landscape` command: compute surfaces, measure and draw them."""

import importlib.metadata
import sys

from cyclopts import App

from landscape.cli.compute import compute
from landscape.cli.info import info
from landscape.cli.plot import plot
from landscape.cli.run import run
from landscape.cli.stats import stats

app = App(
    name="landscape",
    help="See and measure the loss around any trained PyTorch model, with error bars.",
    version=importlib.metadata.version("lamp-landscape"),
)
for command in (compute, plot, stats, info):
    app.command(command)


def main() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run(app))
