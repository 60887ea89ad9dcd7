"""Where points are evaluated: in this process, on any executor, or on a Dask cluster."""

import contextlib
import re
import uuid
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import loky

from landscape.errors import LandscapeError
from landscape.running.chunks import Chunk, Workers
from landscape.running.evaluator import Evaluator
from landscape.running.job import Job, job_folder, write_job
from landscape.running.pool import Pool
from landscape.running.worker import Answer, JobAddress, evaluate_chunk, forget

_CONNECT_SECONDS = 10


def work_here(evaluator: Evaluator, *, seconds: float) -> Workers:
    """Evaluate in this process.

    Args:
        evaluator: Evaluates points.
        seconds: An estimate of the time for one point.

    Returns:
        One worker.
    """

    def submit(chunk: Chunk) -> "Future[Answer]":
        future: Future[Answer] = Future()
        future.set_result(evaluator.run(chunk))
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
        seconds: An estimate of the time for one point.

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
        address = JobAddress(uuid.uuid4().hex, file=str(folder / "job"))
        write_job(folder / "job", job)

        def submit(chunk: Chunk) -> "Future[Answer]":
            return executor.submit(evaluate_chunk, address, chunk)

        try:
            yield Workers(submit, count=lambda: count, seconds=seconds)
        finally:
            forget(address.name)  # threads of this process keep it otherwise


@contextlib.contextmanager
def connect(address: str) -> Iterator[Executor]:
    """Connect to a Dask cluster.

    Args:
        address: Of its scheduler, such as `tcp://host:8786`, or its scheduler file.

    Yields:
        An executor.

    Raises:
        LandscapeError: If Dask is not installed, there is no such file, or no scheduler answers.
    """
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise LandscapeError(
            f"a cluster needs Dask, which is not installed: {error}",
            hint="pip install 'lamp-landscape[dask]'",
        ) from error
    is_file = Path(address).is_file()
    if not is_file and not re.fullmatch(r"(\w+://)?[^/\s]+:\d+", address):
        raise LandscapeError(
            f"expected the address of a Dask scheduler or its scheduler file, got {address!r}",
            hint="an address is of the form tcp://host:8786",
        )
    where = {"scheduler_file": address} if is_file else {"address": address}
    try:
        client: Any = Client(  # type: ignore[no-untyped-call]
            **where, timeout=_CONNECT_SECONDS, set_as_default=False
        )
    except (OSError, ValueError) as error:
        raise LandscapeError(
            f"no Dask scheduler answers at {address}",
            hint="start one with `dask scheduler`, and workers with "
            "`dask worker ADDRESS --nthreads 1`",
        ) from error
    with client:
        yield client.get_executor(pure=False, retries=2)


def is_dask(executor: Executor) -> bool:
    """Tell whether an executor is Dask's, without importing Dask."""
    return type(executor).__module__.partition(".")[0] == "distributed"


def worker_count(executor: Executor) -> int:
    """Find out how many workers an executor has."""
    if isinstance(executor, Pool):
        return executor.count
    # No public name exists, but executors of the standard library, loky and MPI share this one.
    return int(getattr(executor, "_max_workers", None) or loky.cpu_count())
