"""`landscape.compute` with an error-controlled grid, its interpolant's time included."""

from benchmarks.contestants.ours import computing
from benchmarks.contestants.outcome import Run
from benchmarks.trained import Trained

TOLERANCE = 0.01


def prepare(trained: Trained) -> Run:
    """Compute with one process to a tolerance.

    Args:
        trained: The network and its data.

    Returns:
        Evaluates a grid.
    """
    return computing(trained, lambda: {"workers": 1, "tolerance": TOLERANCE})
