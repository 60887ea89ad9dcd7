"""What a worker does with the chunk of points it is given, in whichever process it runs."""

import contextlib
import importlib.metadata
import os
import platform
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import nn

from landscape.errors import LandscapeError
from landscape.files import locked
from landscape.objective.operations import storage_of
from landscape.running.allocator import give_memory_back, keep_freed_memory, trim_memory
from landscape.running.evaluator import Evaluated, Evaluator, one_thread
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
class JobAddress:
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
class JobMissing:
    """A worker's answer when it has not been given the job yet, with its address."""

    worker: str


@dataclass(frozen=True)
class WorkerDied:
    """A worker's answer when the one that had the chunk before has died of it, or with it."""


Answer = Evaluated | JobMissing | WorkerDied


def evaluate_chunk(address: JobAddress, chunk: Sequence[Point]) -> Evaluated:
    """Evaluate a chunk of a job that lies in a file which this process can read.

    Args:
        address: The job.
        chunk: Points.

    Returns:
        Values, and the time that they took.

    Raises:
        LandscapeError: If the file is not there, or this process is not like the parent.
    """
    found = evaluate(address, chunk, lambda: _read(Path(address.file)))
    assert found is not None
    return found


def evaluate(
    address: JobAddress, chunk: Sequence[Point], find: Callable[[], Job | None]
) -> Evaluated | None:
    """Evaluate a chunk, looking for the job unless this thread has it already.

    Args:
        address: The job.
        chunk: Points.
        find: Looks for the job.

    Returns:
        Values, and the times that they took; None if the job was not found.

    Raises:
        LandscapeError: If this process is not like the parent.
    """
    evaluator = _evaluators.get(address.name) or _start(address, find)
    if evaluator is None:
        return None
    with _like_parent(evaluator.job):
        return evaluator.run(chunk)


def _start(address: JobAddress, find: Callable[[], Job | None]) -> Evaluator | None:
    """Make the evaluator of a job; what it does not need of the job goes when this returns."""
    _check_versions(address)
    job = find()
    if job is None:
        return None
    keep_freed_memory()
    _own_memory(job.problem.model)
    with _like_parent(job):
        evaluator = Evaluator(job)
    trim_memory()  # of the copy whose memory the objective replaced
    _evaluators.put(address.name, evaluator)
    return evaluator


def _own_memory(model: nn.Module) -> None:
    """Move a model's tensors to memory, together where they share it.

    The job's file stays mapped, whole, as long as the smallest of them lies in it.
    """
    found: dict[int, torch.UntypedStorage] = {}
    for tensor in (*model.parameters(), *model.buffers()):
        place = storage_of(tensor)
        if place is None or tensor.device.type != "cpu":
            continue
        if place not in found:
            found[place] = tensor.untyped_storage().clone()  # type: ignore[no-untyped-call]
        like = torch.empty(0, dtype=tensor.dtype)
        tensor.data = like.set_(
            found[place], tensor.storage_offset(), tensor.size(), tensor.stride()
        )


@contextlib.contextmanager
def _like_parent(job: Job) -> Iterator[None]:
    """Work as the parent would: with one thread, and its default device."""
    # Entering a default device makes every call of torch slower: not where it is the CPU.
    cpu = job.torch_device == "cpu"
    with one_thread(), contextlib.nullcontext() if cpu else torch.device(job.torch_device):
        yield


def forget(name: str) -> None:
    """Free the memory that a job takes in this process.

    Args:
        name: Of the job.
    """
    if _evaluators.drop(name):
        give_memory_back()


def claim_gpu(folder: Path, count: int) -> int:
    """Take the first GPU that no other worker of this machine has taken.

    Args:
        folder: Where claims are locked files; all workers of the job see it. A lock ends with its
            process.
        count: Number of GPUs.

    Returns:
        Its number; where all are taken, one that is shared.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     claim_gpu(Path(folder), 2)
        0
    """
    _claim.held.close()  # that of an earlier job
    for number in range(count):
        with contextlib.suppress(OSError):
            _claim.held.enter_context(locked(folder / f"{socket.gethostname()}-gpu-{number}"))
            return number
    return os.getpid() % count


def _check_versions(address: JobAddress) -> None:
    """Refuse to work with other versions than the parent's."""
    for name, here in versions().items():
        if address.versions[name] != here:
            raise LandscapeError(
                f"expected workers with {name} {address.versions[name]}, as here, got {here} on "
                f"{socket.gethostname()}",
                hint="install the same versions on all machines",
            )


def _read(file: Path) -> Job:
    """Read a job, or tell why it is not there; take a GPU if the job leaves open which one."""
    if not file.is_file():
        raise LandscapeError(
            f"a worker on {socket.gethostname()} cannot read {file}",
            hint="set TMPDIR to a folder that all machines share, or use Dask, which needs none",
        )
    job = read_job(file)
    count = torch.cuda.device_count() if job.device == "cuda" else 0
    if count > 1:
        torch.cuda.set_device(claim_gpu(file.parent, count))
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


class _Claim(threading.local):
    """The GPU that a thread has taken."""

    def __init__(self) -> None:
        self.held = contextlib.ExitStack()


_evaluators = _Kept()
_claim = _Claim()
