"""The `landscape` command: compute surfaces, measure and draw them."""

import sys

from landscape.cli.compute import compute
from landscape.cli.info import info
from landscape.cli.plot import plot
from landscape.cli.run import make_app, run
from landscape.cli.stats import stats

app = make_app(
    "landscape",
    "See and measure the loss around any trained PyTorch model, with error bars.",
    (compute, plot, stats, info),
)


def main() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run(app))
