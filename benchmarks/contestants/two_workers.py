"""`landscape.compute` on two local worker processes."""

from benchmarks.contestants.ours import computing
from benchmarks.contestants.outcome import Run
from benchmarks.trained import Trained


def prepare(trained: Trained) -> Run:
    """Compute with two processes of one thread each.

    Args:
        trained: The network and its data.

    Returns:
        Evaluates a grid.
    """
    return computing(trained, lambda: {"workers": 2})
