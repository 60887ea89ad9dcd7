"""The commands of `landscape`."""

from landscape.cli.barrier import barrier
from landscape.cli.compare import compare
from landscape.cli.compute import compute
from landscape.cli.explore import explore
from landscape.cli.export import export
from landscape.cli.import_ import import_
from landscape.cli.info import info
from landscape.cli.plot import plot
from landscape.cli.run import make_app
from landscape.cli.stats import stats
from landscape.cli.watch import watch

app = make_app(
    "landscape",
    "See and measure the loss around any trained PyTorch model, with error bars.",
    (compute, watch, plot, explore, stats, compare, barrier, info, export, import_),
)
