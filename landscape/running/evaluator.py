"""Evaluate chunks of grid points: what one process does, whichever process it is."""

import contextlib
import random
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch

from landscape.errors import LandscapeError, ProblemError, describe
from landscape.objective.evaluate import Objective
from landscape.objective.moving import Vectors
from landscape.objective.placement import free_memory
from landscape.objective.values import Sample
from landscape.planes.plane import Plane
from landscape.running.allocator import trim_memory
from landscape.running.job import Job
from landscape.surface.identity import OTHER_PROCESSOR
from landscape.surface.writer import Point

PointValues = dict[str, float] | str
"""For one point the value of each array of the file, or the text of the error that it raised."""

_TEXT = 400  # characters of an error that are kept
_SHARE = 0.25  # of a core's free memory, for planes that come again


@dataclass(frozen=True)
class Evaluated:
    """The values of a chunk, and the seconds that they and the drawing of planes took."""

    values: list[PointValues]
    seconds: float
    drawing: float


class Evaluator:
    """Evaluates points of a job.

    Drawing a plane can take as long as many of its points. With a tolerance every plane comes
    again in every round: as many stay as memory allows. In a full grid each comes once.

    Args:
        job: What to evaluate.
        objective: The job's objective if this process has it already.

    Attributes:
        job: The job, without its data.

    Raises:
        ProblemError: If this process finds another value at the center than the parent did.
    """

    def __init__(self, job: Job, *, objective: Objective | None = None) -> None:
        self._objective = objective or job.objective()
        self._center: dict[str, Sample] = self._objective.evaluate()
        for name, sample in self._center.items():
            expected = job.center[name]
            if not np.isclose(sample.mean, expected, rtol=OTHER_PROCESSOR, atol=0, equal_nan=True):
                raise ProblemError(
                    f"{name} at the center is {sample.mean:.9g} in a worker process but "
                    f"{expected:.9g} in the parent",
                    hint="the loss depends on something outside the model and the batch",
                )
        # Without the data: the objective has a copy, the job's can be let go.
        self.job = replace(job, data=replace(job.data, batches=(), splits={}))
        self._held: dict[int, tuple[Plane, list[Vectors]]] = {}
        self._most = 1
        self._entered = -1
        self._cuda_errors = 0

    def run(self, points: Sequence[Point]) -> Evaluated:
        """Evaluate points one after the other; an error becomes its text.

        Args:
            points: Indices (plane, beta, alpha).

        Returns:
            For each point its values or the text of its error.

        Raises:
            LandscapeError: If the GPU does not work any more.
        """
        start, drawing = time.perf_counter(), 0.0
        results: list[PointValues] = []
        for plane, row, column in points:
            drawing += self._enter(plane)
            alpha, beta = float(self.job.alpha[column]), float(self.job.beta[row])
            try:
                results.append(self._flat(self._objective.at(alpha, beta)))
                self._cuda_errors = 0
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # sys.exit() in a loss is an error of the point, too
                text = str(error) if isinstance(error, LandscapeError) else describe(error)
                results.append(_short(text))
                self._check_gpu(text)
        return Evaluated(results, time.perf_counter() - start - drawing, drawing)

    def _enter(self, index: int) -> float:
        """Make a plane resident; return the seconds that it took."""
        if index == self._entered:
            return 0.0
        start = time.perf_counter()
        self._entered = -1  # should this fail
        if index not in self._held:
            if len(self._held) == self._most:
                # The latest: planes come in turns, and of all others the first one comes next.
                self._held.popitem()
            self._objective.leave()
            trim_memory()  # pieces of what is free are too small for the next directions
            plane = self.job.plane(index)
            self._held[index] = plane, self._objective.enter(plane)
            self._most = self._room(self._held[index][1])
        else:
            self._objective.enter(*self._held[index])
        self._entered = index
        return time.perf_counter() - start

    def _room(self, vectors: list[Vectors]) -> int:
        """Return how many planes may stay, which is at least as many as do."""
        if self.job.grid.tolerance is None:
            return 1
        size = sum(vector.nbytes for direction in vectors for vector in direction.values())
        more = int(_SHARE * free_memory(self.job.device) / max(1, size))
        return max(self._most, min(len(self.job.planes), len(self._held) + more))

    def _check_gpu(self, text: str) -> None:
        """Stop when errors come from a GPU that answers nothing but errors: they say nothing."""
        if "CUDA error" not in text:
            self._cuda_errors = 0
            return
        self._cuda_errors += 1
        if self._cuda_errors > 1 or not _answers(self.job.device):
            raise LandscapeError(
                f"the GPU does not work any more: {_short(text)}",
                hint="finished points are kept: the same call goes on where it stopped",
            )

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


def _answers(device: str) -> bool:
    """Tell whether a GPU still works: after some errors nothing does in the same process."""
    if not device.startswith("cuda"):
        return True
    try:
        torch.ones(1, device=device).item()
    except RuntimeError:
        return False
    return True


def _short(text: str) -> str:
    """Bound the length of an error's text; its end names the line that raised it."""
    return text if len(text) <= _TEXT else f"{text[: _TEXT - 105]} ... {text[-100:]}"


@contextlib.contextmanager
def undisturbed(device: str) -> Iterator[None]:
    """Run with one thread, and leave thread count and global random states as they were.

    Args:
        device: Where work is done. Only where it is a GPU is anything asked of CUDA.

    Yields:
        Nothing.
    """
    numpy_state = np.random.get_state()  # noqa: NPY002, the caller's global state is kept
    python_state = random.getstate()
    gpus = [torch.device(device)] if device.startswith("cuda") else []
    try:
        with one_thread(), torch.random.fork_rng(devices=gpus):
            yield
    finally:
        np.random.set_state(numpy_state)  # noqa: NPY002
        random.setstate(python_state)


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Let torch use one thread meanwhile, in a process that may be shared with others.

    One thread makes values independent of the number of workers, bit for bit; and two processes
    with two threads each on two cores slow one another down many times over.

    Yields:
        Nothing.
    """
    with _found.lock:
        if _found.users == 0:
            _found.threads = torch.get_num_threads()
        _found.users += 1
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(_found.threads)
        with _found.lock:
            _found.users -= 1


@dataclass
class _Found:
    """How many are inside `one_thread`, and what the first of them found; new threads inherit."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    users: int = 0
    threads: int = 0


_found = _Found()
