"""Workers on other machines, by Dask: what they are sent, and what they find for themselves.

Needs the extra `dask`; only imported where Dask is asked for.
"""

import contextlib
import logging
import re
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from pathlib import Path
from typing import Any

from distributed import Client, KilledWorker, Worker, get_worker

from landscape.errors import LandscapeError
from landscape.running.chunks import Chunk, Workers
from landscape.running.job import Job, job_bytes, pack_job, read_job
from landscape.running.recipe import Recipe, follow, recipe_of
from landscape.running.worker import Reply, Ticket, Wanted, evaluate, forget

logger = logging.getLogger("landscape")

_CONNECT_SECONDS = 10
_COUNT_SECONDS = 2.0
_SENDS_AT_MOST = 3
_SENT_BYTES_AT_MOST = 64 * 2**20
"""Up to this size a job is sent; sending takes a second at most, and what build() takes (it may
train a model) nobody knows. Beyond it, workers try build() first."""


@contextlib.contextmanager
def connect(address: str) -> Iterator[Executor]:
    """Connect to a Dask cluster.

    Args:
        address: Of the scheduler, such as `tcp://host:8786`, or its scheduler file.

    Yields:
        An executor.

    Raises:
        LandscapeError: If there is no such file, or no scheduler answers.
    """
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


@contextlib.contextmanager
def work_on_cluster(executor: Executor, job: Job, *, seconds: float) -> Iterator[Workers]:
    """Evaluate on the workers of a Dask cluster, which need no file system in common.

    With each chunk only the indices of its points travel. Directions are drawn anew from their
    seed by each worker. Model and data are sent once to each worker and kept in a file of its
    local directory until the end. Large ones are not sent where the problem has a name
    (`file.py:build`) and the worker builds the same problem, to the last bit. A chunk whose worker
    is gone runs on another one. While a worker evaluates it uses one thread of torch; then the
    number is again what it was.

    Args:
        executor: Of `client.get_executor()`.
        job: What to evaluate.
        seconds: For one point, as far as is known.

    Yields:
        The workers: one for each thread that the cluster has, also while they come and go.

    Raises:
        LandscapeError: If the cluster is gone.
    """
    client = vars(executor)["_client"]
    ticket = Ticket(uuid.uuid4().hex)
    sender = _Sender(client, ticket.name, job)
    recipe = None
    if job.problem.spec and job_bytes(job) > _SENT_BYTES_AT_MOST:
        recipe = recipe_of(job)
    else:
        sender.send(sender.workers())
    submit: Any = executor.submit

    def start(chunk: Chunk) -> "Future[Reply | Wanted]":
        # Not pure: the same chunk may have to be evaluated twice.
        try:
            future: Future[Reply | Wanted] = submit(
                evaluate_remotely, ticket, recipe, chunk, pure=False
            )
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
                client.run(_clear, ticket.name, on_error="ignore")


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
        """Return the number of workers, asking every few seconds."""
        if time.monotonic() - self._asked >= _COUNT_SECONDS:
            self.workers()
        count = sum(self._threads.values())
        if not count and not self._waiting:
            logger.warning("no Dask worker is there; waiting for one")
        self._waiting = not count
        return count

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


def evaluate_remotely(ticket: Ticket, recipe: Recipe | None, chunk: Chunk) -> Reply | Wanted:
    """Evaluate a chunk on a Dask worker.

    Args:
        ticket: The job.
        recipe: How to make it here, if that is worth trying.
        chunk: Points.

    Returns:
        Values and the time that they took; or that the job must be sent first.
    """
    worker = get_worker()

    def find() -> Job | None:
        file = _file(worker, ticket.name)
        if file.is_file():
            return read_job(file)
        return None if recipe is None else follow(recipe)

    return evaluate(ticket, chunk, find) or Wanted(worker.address)


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
