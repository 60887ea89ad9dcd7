"""`landscape.compute` on two Dask workers of this machine."""

import atexit

from distributed import Client, LocalCluster

from benchmarks.contestants.ours import computing
from benchmarks.contestants.outcome import Run
from benchmarks.trained import Trained


def prepare(trained: Trained) -> Run:
    """Start a cluster of two processes with one thread each; not timed, as clusters run already.

    Args:
        trained: The network and its data.

    Returns:
        Evaluates a grid.
    """
    cluster = LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    )
    client = Client(cluster)
    atexit.register(cluster.close)
    atexit.register(client.close)
    return computing(trained, lambda: {"executor": client.get_executor(pure=False, retries=2)})
