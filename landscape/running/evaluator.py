"""Evaluate chunks of grid points: what one process does, whichever process it is."""

import contextlib
import random
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from landscape.errors import ProblemError
from landscape.objective.evaluate import Objective
from landscape.objective.values import Sample
from landscape.running.job import Job
from landscape.surface.data import Array
from landscape.surface.writer import Point

PointValues = dict[str, float] | str
"""For one point the value of each array of the file, or the text of the error that it raised."""


class Evaluator:
    """Evaluates points of a job, holding one plane at a time.

    Args:
        job: What to evaluate.
        objective: The job's objective if this process has it already.

    Raises:
        ProblemError: If this process finds another value at the center than the parent did.
    """

    def __init__(self, job: Job, *, objective: Objective | None = None) -> None:
        # Not the job: its data, which the objective has a copy of, can be let go.
        self._alpha, self._beta = job.alpha, job.beta
        self._planes = job.planes
        self._plane = -1
        self._objective = objective or job.objective()
        self._center: dict[str, Sample] = self._objective.evaluate()
        for name, sample in self._center.items():
            if not np.isclose(sample.mean, job.center[name], rtol=1e-4, atol=1e-9):
                raise ProblemError(
                    f"{name} at the center is {sample.mean:.6g} in a worker process but "
                    f"{job.center[name]:.6g} in the parent",
                    hint="the loss depends on something outside the model and the batch",
                )

    def run(self, points: Sequence[Point]) -> list[PointValues]:
        """Evaluate points one after the other; an error becomes its text.

        Args:
            points: Indices (plane, beta, alpha).

        Returns:
            For each point its values or the text of its error.
        """
        results: list[PointValues] = []
        for plane, row, column in points:
            if plane != self._plane:
                self._objective.enter(self._planes[plane])
                self._plane = plane
            alpha, beta = float(self._alpha[column]), float(self._beta[row])
            try:
                results.append(self._flat(self._objective.at(alpha, beta)))
            except Exception as error:
                results.append(str(error))
        return results

    def _flat(self, samples: Mapping[str, Sample]) -> dict[str, float]:
        """Name the numbers of a point as the file's arrays are named."""
        shapes = {name: sample.values.shape for name, sample in samples.items()}
        expected = {name: sample.values.shape for name, sample in self._center.items()}
        if shapes != expected:
            raise ProblemError(f"expected values as at the center, {expected}, got {shapes}")
        values = {}
        for name, sample in samples.items():
            values[name] = sample.mean
            values[f"{name}_se"] = sample.standard_error
            values[f"{name}_delta_se"] = sample.delta_standard_error(self._center[name])
        return values


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Run with one thread, and leave thread count and global random states as they were."""
    numpy_state = np.random.get_state()  # noqa: NPY002, the caller's global state is kept
    python_state = random.getstate()
    try:
        with one_thread(), torch.random.fork_rng(devices=range(torch.cuda.device_count())):
            yield
    finally:
        np.random.set_state(numpy_state)  # noqa: NPY002
        random.setstate(python_state)


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Let torch use one thread meanwhile, in a process that may be shared with others.

    One thread makes values independent of the number of workers, bit for bit; and two processes
    with two threads each on two cores slow one another down many times over.
    """
    with _threads.lock:
        if _threads.users == 0:
            _threads.found = torch.get_num_threads()
        _threads.users += 1
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(_threads.found)
        with _threads.lock:
            _threads.users -= 1


@dataclass
class _Threads:
    """How many are inside `one_thread`, and what the first of them found; new threads inherit."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    users: int = 0
    found: int = 0


_threads = _Threads()


def same_values(first: Mapping[str, Sample], second: Mapping[str, Sample]) -> bool:
    """Tell whether two evaluations gave the same values, bit for bit."""
    return first.keys() == second.keys() and all(
        torch.equal(*(_bits(samples[name].values) for samples in (first, second))) for name in first
    )


def _bits(values: Array) -> Tensor:
    """View numbers as integers, so that NaN equals NaN."""
    return torch.from_numpy(np.ascontiguousarray(values).view(np.int64))
