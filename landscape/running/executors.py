"""Where points are evaluated: in this process, on any executor, or on a Dask cluster."""

import contextlib
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import Executor, Future

import loky

from landscape.errors import LandscapeError
from landscape.running.chunks import Chunk, Workers
from landscape.running.evaluator import Evaluator
from landscape.running.job import Job, job_folder, write_job
from landscape.running.pool import Pool
from landscape.running.worker import Reply, Ticket, Wanted, evaluate_chunk, forget


def work_here(evaluator: Evaluator, *, seconds: float) -> Workers:
    """Evaluate in this process.

    Args:
        evaluator: Evaluates points.
        seconds: For one point, as far as is known.

    Returns:
        One worker.
    """

    def submit(chunk: Chunk) -> "Future[Reply | Wanted]":
        future: Future[Reply | Wanted] = Future()
        start = time.perf_counter()
        values = evaluator.run(chunk)
        future.set_result(Reply(values, time.perf_counter() - start))
        return future

    return Workers(submit, count=lambda: 1, seconds=seconds, ahead=1)


@contextlib.contextmanager
def work_on(
    executor: Executor, job: Job, *, workers: int | None, seconds: float
) -> Iterator[Workers]:
    """Evaluate on the workers of an executor.

    They read the job from a file, whose pages the processes of one machine share. Those of a Dask
    cluster are sent it.

    Args:
        executor: A `Pool`, Dask's `client.get_executor()`, or any other; it is not shut down.
        job: What to evaluate.
        workers: How many workers it has; None: as many as it says.
        seconds: For one point, as far as is known.

    Yields:
        The workers.

    Raises:
        LandscapeError: If a number of workers is given for a cluster.
    """
    if is_dask(executor):
        if workers is not None:
            raise LandscapeError(
                f"expected no number of workers beside a Dask cluster, got {workers}",
                hint="the cluster says how many it has",
            )
        from landscape.running.dask import work_on_cluster

        with work_on_cluster(executor, job, seconds=seconds) as cluster:
            yield cluster
        return
    count = workers or worker_count(executor)
    with job_folder() as folder:
        ticket = Ticket(uuid.uuid4().hex, file=str(folder / "job"))
        write_job(folder / "job", job)

        def submit(chunk: Chunk) -> "Future[Reply | Wanted]":
            return executor.submit(evaluate_chunk, ticket, chunk)

        try:
            yield Workers(submit, count=lambda: count, seconds=seconds)
        finally:
            forget(ticket.name)  # threads of this process keep it otherwise


@contextlib.contextmanager
def connect(address: str) -> Iterator[Executor]:
    """Connect to a Dask cluster.

    Args:
        address: Of its scheduler, such as `tcp://host:8786`, or its scheduler file.

    Yields:
        An executor.

    Raises:
        LandscapeError: If Dask is not installed or no scheduler answers.
    """
    try:
        from landscape.running import dask as cluster
    except ModuleNotFoundError as error:
        raise LandscapeError(
            f"a cluster needs Dask, which is not installed: {error}",
            hint="pip install 'lamp-landscape[dask]'",
        ) from error
    with cluster.connect(address) as executor:
        yield executor


def is_dask(executor: Executor) -> bool:
    """Tell whether an executor is Dask's, without importing Dask."""
    return type(executor).__module__.partition(".")[0] == "distributed"


def worker_count(executor: Executor) -> int:
    """Find out how many workers an executor has."""
    if isinstance(executor, Pool):
        return executor.count
    # No public name exists, but executors of the standard library, loky and MPI share this one.
    return int(getattr(executor, "_max_workers", None) or loky.cpu_count())
