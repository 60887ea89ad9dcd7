"""Workers on other machines, by Dask: what they are sent, and how their deaths are noticed.

Needs the extra `dask`; only imported where Dask is asked for.
"""

import contextlib
import logging
import os
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from pathlib import Path
from typing import Any

from distributed import KilledWorker, Worker, get_worker
from distributed.utils import sync

from landscape.errors import LandscapeError
from landscape.running.chunks import Chunk, Workers
from landscape.running.job import Job, pack_job, read_job
from landscape.running.worker import Answer, JobAddress, JobMissing, WorkerDied, evaluate, forget

logger = logging.getLogger("landscape")

_COUNT_SECONDS = 2.0
_SENDS_AT_MOST = 3
_PATIENCE = "LANDSCAPE_PATIENCE"
_PATIENCE_SECONDS = 120.0  # a worker that died is back in less; a queue may take hours: say so


@contextlib.contextmanager
def work_on_cluster(executor: Executor, job: Job, *, seconds: float) -> Iterator[Workers]:
    """Evaluate on the workers of a Dask cluster, which need no file system in common.

    Model and data are sent once to each worker and kept in a file of its local directory until the
    end; with each chunk only the indices of its points travel. A chunk whose worker is gone before
    it was begun runs on another one. While no worker is there the run waits, for two minutes or
    for as many seconds as the environment variable LANDSCAPE_PATIENCE says (`inf` is for ever).

    Args:
        executor: Of `client.get_executor()`.
        job: What to evaluate.
        seconds: An estimate of the time for one point.

    Yields:
        The workers: one for each thread that the cluster has, also while they come and go.

    Raises:
        LandscapeError: If the cluster is gone, or has no worker for too long.
    """
    client = vars(executor)["_client"]
    address = JobAddress(uuid.uuid4().hex)
    sender = _Sender(client, address.name, job)
    sender.send(sender.workers())
    submit: Any = executor.submit

    def start(chunk: Chunk) -> "Future[Answer]":
        mark = f"{address.name}-{uuid.uuid4().hex}"
        # Not pure: the same chunk may have to be evaluated twice.
        try:
            future: Future[Answer] = submit(evaluate_remotely, address, chunk, mark, pure=False)
        except Exception as error:
            if client.status == "running":
                raise
            raise CancelledError(str(error)) from error  # the cluster went away meanwhile
        return future

    try:
        yield Workers(
            start,
            count=sender.count,
            seconds=seconds,
            deaths=(BrokenExecutor, KilledWorker),
            supply=sender.send,
        )
    finally:
        with contextlib.suppress(OSError, RuntimeError):  # it may go away just now
            if client.status == "running":
                client.run(_clear, address.name, on_error="ignore")


class _Sender:
    """Sends a job to workers, once to each; knows how many there are."""

    def __init__(self, client: Any, name: str, job: Job) -> None:
        self._client = client
        self._name = name
        self._job = job
        self._bytes = b""
        self._sent: Counter[str] = Counter()
        self._threads: dict[str, int] = {}
        self._asked = -_COUNT_SECONDS
        self._seen = time.monotonic()
        self._waiting = False

    def workers(self) -> list[str]:
        """Return the addresses of the workers that are there."""
        # A client that has lost its scheduler drops its futures, even if it finds it again.
        try:
            found = self._client.nthreads() if self._client.status == "running" else None
        except (OSError, RuntimeError):
            found = None
        if found is None:
            raise LandscapeError(
                "the Dask scheduler is gone",
                hint="finished points are kept: the same call goes on where it stopped",
            )
        self._threads = found
        self._asked = time.monotonic()
        return list(self._threads)

    def count(self) -> int:
        """Return the number of workers, asking every few seconds; give up without any."""
        if time.monotonic() - self._asked >= _COUNT_SECONDS:
            self.workers()
        count = sum(self._threads.values())
        if count:
            self._seen, self._waiting = time.monotonic(), False
            return count
        patience = _patience()
        if time.monotonic() - self._seen > patience:
            raise LandscapeError(
                f"no Dask worker has been there for {patience:.0f} s",
                hint="finished points are kept: start workers and call again; "
                f"{_PATIENCE}=SECONDS in the environment waits longer",
            )
        if not self._waiting:
            logger.warning("no Dask worker is there; waiting %.0f s for one", patience)
        self._waiting = True
        return 0

    def send(self, workers: Sequence[str]) -> None:
        """Send the job to workers."""
        here = set(self.workers())
        chosen = sorted(here.intersection(workers))
        if not chosen:
            return
        self._sent.update(chosen)
        worker, times = self._sent.most_common(1)[0]
        if times > _SENDS_AT_MOST:
            raise LandscapeError(f"the Dask worker {worker} does not keep the job it is sent")
        self._bytes = self._bytes or pack_job(self._job)
        answers = self._client.run(
            _receive, self._name, self._bytes, workers=chosen, on_error="return"
        )
        for worker, answer in answers.items():
            if isinstance(answer, ImportError):
                raise LandscapeError(
                    f"the Dask worker {worker} cannot import landscape: {answer}",
                    hint="install lamp-landscape on all workers",
                )
            if isinstance(answer, str):
                raise LandscapeError(f"the Dask worker {worker} cannot store the job: {answer}")


def _patience() -> float:
    """Return how many seconds to wait for a worker."""
    text = os.environ.get(_PATIENCE, str(_PATIENCE_SECONDS))
    try:
        return float(text)
    except ValueError as error:
        raise LandscapeError(f"expected {_PATIENCE} to be seconds, got {text!r}") from error


def evaluate_remotely(address: JobAddress, chunk: Chunk, mark: str) -> Answer:
    """Evaluate a chunk on a Dask worker.

    Dask gives a task whose worker has died to another one, three times. A point that kills workers
    would kill four of them, the last ones while they start, which ends them for good: the mark
    says that the chunk has been begun before.

    Args:
        address: The job.
        chunk: Points.
        mark: Unique name of this chunk.

    Returns:
        Values and times; or that the job must be sent first; or that a worker died of the chunk.
    """
    worker = get_worker()
    file = _file(worker, address.name)
    if not sync(worker.loop, _begin, worker.scheduler, mark):
        return WorkerDied()
    try:
        found = evaluate(address, chunk, lambda: read_job(file) if file.is_file() else None)
    finally:
        sync(worker.loop, worker.scheduler.event_clear, name=mark)
    return found or JobMissing(worker.address)


async def _begin(scheduler: Any, mark: str) -> bool:
    """Set a mark at the scheduler, an event of Dask; tell whether it was not set before."""
    if await scheduler.event_is_set(name=mark):
        await scheduler.event_clear(name=mark)
        return False
    await scheduler.event_set(name=mark)
    return True


def _file(worker: Worker, name: str) -> Path:
    """Return where a worker keeps a job."""
    return Path(worker.local_directory) / f"landscape-job-{name}"


def _receive(name: str, content: bytes, dask_worker: Worker) -> str | None:
    """Store a job on a worker; return what went wrong."""
    file = _file(dask_worker, name)
    part = file.with_suffix(".part")
    try:
        part.write_bytes(content)
        part.rename(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        return str(error)
    return None


def _clear(name: str, dask_worker: Worker) -> None:
    """Remove a job from a worker."""
    forget(name)
    _file(dask_worker, name).unlink(missing_ok=True)
