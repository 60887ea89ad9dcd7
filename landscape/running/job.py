"""What is evaluated, as it travels to other processes: model, loss, data and settings."""

import contextlib
import io
import os
import pickle
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import cloudpickle
import psutil
import torch
from torch import Tensor

from landscape.errors import LandscapeError, ProblemError
from landscape.objective.data import ResidentBatches, map_tensors
from landscape.objective.evaluate import Objective
from landscape.objective.tuning import Tuning
from landscape.planes.plane import Plane
from landscape.problem import Problem, describe
from landscape.settings import GridSettings
from landscape.surface.data import Array

_FOLDER = "landscape-job"


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

    def objective(self) -> Objective:
        """Make the objective resident in this process."""
        return Objective(
            self.problem,
            self.data,
            device=self.device,
            batchnorm=self.grid.batchnorm,
            tuning=self.tuning,
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


def job_bytes(job: Job) -> int:
    """Estimate the size of `pack_job(job)` by the tensors of its data and model.

    Args:
        job: The job.

    Returns:
        Number of bytes.
    """
    total = sum(p.nbytes for p in (*job.problem.model.parameters(), *job.problem.model.buffers()))

    def add(tensor: Tensor) -> Tensor:
        nonlocal total
        total += tensor.numel() * tensor.element_size()
        return tensor

    for batch in job.data.batches:
        map_tensors(add, batch)
    return total


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
            hint="use workers=1, or keep locks, open files and generators out of model and loss",
        ) from error


@contextlib.contextmanager
def job_folder() -> Iterator[Path]:
    """Make a folder for a job, and remove those that killed processes have left.

    Yields:
        The folder, which is removed at the end.
    """
    for old in Path(tempfile.gettempdir()).glob(f"{_FOLDER}-*-*"):
        owner = old.name.split("-")[2]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            shutil.rmtree(old, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f"{_FOLDER}-{os.getpid()}-") as folder:
        yield Path(folder)
