"""What is evaluated, as it travels to other processes: model, loss, data and settings."""

import contextlib
import io
import pickle
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

import cloudpickle
import torch

from landscape.errors import LandscapeError, ProblemError, describe
from landscape.files import locked
from landscape.objective.data import ResidentBatches
from landscape.objective.evaluate import Objective
from landscape.objective.tuning import Tuning
from landscape.planes.plane import Plane
from landscape.problem import Problem
from landscape.settings import GridSettings
from landscape.surface.data import Array

_FOLDER, _OWNER = "landscape-job", "owner"
_AGE_SECONDS = 300.0  # a younger folder may not have been locked yet


@dataclass(frozen=True, kw_only=True)
class Job:
    """All that a process needs to evaluate points of a surface.

    Args:
        problem: Model and loss.
        data: The problem's batches, read.
        device: Where to evaluate.
        grid: The settings.
        planes: Where the points lie. Random ones travel as their seed, and are drawn when used.
        tuning: How to compute, as the parent process chose or the file to be continued says.
        alpha: Coordinates along the first direction.
        beta: Coordinates along the second.
        center: Value of each metric at the center, as the parent process found it.
        torch_device: torch's default device in the parent, on which a loss may depend.
    """

    problem: Problem
    data: ResidentBatches
    device: str
    grid: GridSettings
    planes: Sequence[Plane]
    tuning: Tuning
    alpha: Array
    beta: Array
    center: Mapping[str, float]
    torch_device: str = field(default_factory=lambda: torch.get_default_device().type)

    def objective(self) -> Objective:
        """Make the objective resident in this process."""
        return Objective(
            self.problem,
            self.data,
            device=self.device,
            batchnorm=self.grid.batchnorm,
            tuning=self.tuning,
            moves=frozenset(self.planes[0].center),
        )

    def plane(self, index: int) -> Plane:
        """Return a plane, the same in every process."""
        return self.planes[index]


def write_job(file: Path, job: Job) -> None:
    """Write a job for other processes to read.

    Args:
        file: A file to create.
        job: The job.

    Raises:
        ProblemError: If the problem cannot be sent to another process.
    """
    with file.open("wb") as stream:
        _save(job, stream)


def pack_job(job: Job) -> bytes:
    """Return what `write_job` writes.

    Args:
        job: The job.

    Returns:
        The content of a file for `read_job`.

    Raises:
        ProblemError: If the problem cannot be sent to another process.
    """
    stream = io.BytesIO()
    _save(job, stream)
    return stream.getvalue()


def read_job(file: Path) -> Job:
    """Read a job; its tensors stay in the file, whose pages all processes of a machine share.

    Args:
        file: As written by `write_job`.

    Returns:
        The job. Its tensors may be written to: a page that changes becomes private.

    Raises:
        LandscapeError: If the code of the problem cannot be imported here.
    """
    try:
        job: Job = torch.load(file, mmap=True, weights_only=False, map_location="cpu")
    except (ImportError, AttributeError) as error:
        raise LandscapeError(
            f"a worker cannot load the problem: {describe(error)}",
            hint="install the module on all workers, or name the problem file.py:build, "
            "which travels whole",
        ) from error
    return job


def _save(job: Job, stream: IO[bytes]) -> None:
    """Pickle a job, its tensors apart from the rest so that they can be mapped to memory."""
    # Batches are plain tensors in memory by now; the user's loader need not travel.
    problem = Problem(job.problem.model, job.problem.loss, [], job.problem.spec)
    sent = replace(job, problem=problem, data=job.data.compact())
    try:
        torch.save(sent, stream, cloudpickle, pickle.DEFAULT_PROTOCOL)
    except OSError:
        raise
    except Exception as error:
        raise ProblemError(
            f"cannot send the problem to worker processes: {type(error).__name__}: {error}",
            hint="use workers=1 (--workers 1), or keep locks, open files and generators out of "
            "model and loss",
        ) from error


@contextlib.contextmanager
def job_folder() -> Iterator[Path]:
    """Make a folder for a job, and remove those that killed processes have left.

    Whose folder it is tells a lock that the owner holds for its life. Its process number would
    not: folders for temporary files are shared by machines and containers.

    Yields:
        The folder, which is removed at the end.
    """
    for lock in Path(tempfile.gettempdir()).glob(f"{_FOLDER}-*/{_OWNER}.lock"):
        with contextlib.suppress(OSError):  # others' folders, or none any more
            if time.time() - lock.stat().st_mtime > _AGE_SECONDS:
                with locked(lock.with_suffix("")):
                    shutil.rmtree(lock.parent, ignore_errors=True)
    with (
        tempfile.TemporaryDirectory(prefix=f"{_FOLDER}-") as folder,
        contextlib.ExitStack() as held,
    ):
        with contextlib.suppress(OSError):  # where nobody can lock, nobody removes
            held.enter_context(locked(Path(folder) / _OWNER))
        yield Path(folder)
