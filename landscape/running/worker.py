"""What a worker does with the chunk of points it is given, in whichever process it runs."""

import importlib.metadata
import platform
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch

from landscape.errors import LandscapeError
from landscape.running.allocator import give_memory_back, keep_freed_memory
from landscape.running.evaluator import Evaluator, PointValues, one_thread
from landscape.running.gpus import take_gpu
from landscape.running.job import Job, read_job
from landscape.surface.writer import Point

_JOBS_KEPT = 2  # of a worker that is shared with another run


def versions() -> dict[str, str]:
    """Return the versions on which values, or the understanding of a message, depend."""
    return {
        "Python": ".".join(platform.python_version_tuple()[:2]),  # pickled code depends on it
        "lamp-landscape": importlib.metadata.version("lamp-landscape"),
        "torch": torch.__version__,
    }


@dataclass(frozen=True)
class Ticket:
    """What travels with every chunk: which job it belongs to, and where that job is.

    Args:
        name: Unique name of the job.
        file: Where the parent wrote it.
        versions: Those of the parent.
    """

    name: str
    file: str = ""
    versions: Mapping[str, str] = field(default_factory=versions)


@dataclass(frozen=True)
class Reply:
    """The values of a chunk and the seconds that a worker was busy with it."""

    values: list[PointValues]
    seconds: float


@dataclass(frozen=True)
class Wanted:
    """A worker's answer when it has not been given the job yet, with its address."""

    worker: str


def evaluate_chunk(ticket: Ticket, chunk: Sequence[Point]) -> Reply | Wanted:
    """Evaluate a chunk of a job that lies in a file which this process can read.

    Args:
        ticket: The job.
        chunk: Points.

    Returns:
        Values, and the time that they took.

    Raises:
        LandscapeError: If the file is not there, or this process is not like the parent.
    """
    reply = evaluate(ticket, chunk, lambda: _read(Path(ticket.file)))
    assert reply is not None
    return reply


def evaluate(
    ticket: Ticket, chunk: Sequence[Point], find: Callable[[], Job | None]
) -> Reply | None:
    """Evaluate a chunk, looking for the job unless this thread has it already.

    Args:
        ticket: The job.
        chunk: Points.
        find: Looks for the job.

    Returns:
        Values, and the time that they took; None if the job was not found.

    Raises:
        LandscapeError: If this process is not like the parent.
    """
    with one_thread():
        evaluator = _evaluators.get(ticket.name)
        if evaluator is None:
            _check_versions(ticket)
            with _find_lock:  # a user's build() need not be safe in two threads
                job = find()
            if job is None:
                return None
            keep_freed_memory()
            evaluator = Evaluator(job)
            _evaluators.put(ticket.name, evaluator)
        start = time.perf_counter()
        values = evaluator.run(chunk)
        return Reply(values, time.perf_counter() - start)


def forget(name: str) -> None:
    """Free the memory that a job takes in this process.

    Args:
        name: Of its ticket.
    """
    if _evaluators.drop(name):
        give_memory_back()


def _check_versions(ticket: Ticket) -> None:
    """Refuse to work with other versions than the parent's."""
    for name, here in versions().items():
        if ticket.versions[name] != here:
            raise LandscapeError(
                f"expected workers with {name} {ticket.versions[name]}, as here, got {here} on "
                f"{socket.gethostname()}",
                hint="install the same versions on all machines",
            )


def _read(file: Path) -> Job:
    """Read a job, or tell why it is not there."""
    if not file.is_file():
        raise LandscapeError(
            f"a worker on {socket.gethostname()} cannot read {file}",
            hint="set TMPDIR to a folder that all machines share, or use Dask, which needs none",
        )
    job = read_job(file)
    take_gpu(job, file.parent)
    return job


class _Kept:
    """The evaluators of the latest jobs: one for each thread, as it moves its model in place."""

    def __init__(self) -> None:
        self._jobs: dict[str, dict[int, Evaluator]] = {}
        self._lock = threading.Lock()

    def get(self, name: str) -> Evaluator | None:
        with self._lock:
            return self._jobs.get(name, {}).get(threading.get_ident())

    def put(self, name: str, evaluator: Evaluator) -> None:
        with self._lock:
            self._jobs.setdefault(name, {})[threading.get_ident()] = evaluator
            for old in list(self._jobs)[:-_JOBS_KEPT]:
                del self._jobs[old]

    def drop(self, name: str) -> bool:
        """Forget a job; tell whether it was the last one."""
        with self._lock:
            return self._jobs.pop(name, None) is not None and not self._jobs


_evaluators = _Kept()
_find_lock = threading.Lock()
