"""Forms of one objective beside each other: their values, and which is faster."""

import math
import statistics
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from landscape.errors import ProblemError
from landscape.objective.agreement import TwoPoints, agree
from landscape.objective.data import ResidentBatches
from landscape.objective.evaluate import Objective
from landscape.objective.tuning import Tuning
from landscape.planes.plane import Plane
from landscape.planes.sharing import own_parameters
from landscape.problem import Problem
from landscape.settings import BatchNormPolicy

_CLEARLY_FASTER = 0.95  # of the time of what is preferred; timings scatter by a few percent
_ROUNDS = 5


@dataclass(frozen=True)
class Bench:
    """Makes objectives of one problem that differ in their tuning."""

    problem: Problem
    device: str
    batchnorm: BatchNormPolicy
    line: Plane

    def objective(self, data: ResidentBatches, tuning: Tuning) -> Objective:
        """Make an objective."""
        return Objective(
            self.problem, data, device=self.device, batchnorm=self.batchnorm, tuning=tuning
        )

    def two_points(self, objective: Objective) -> TwoPoints:
        """Evaluate at both points and return to the center."""
        objective.enter(self.line)
        try:
            center = objective.at(0.0)
            try:
                away = objective.at(1.0)
            except ProblemError:  # a point that fails is a result
                away = None
        finally:
            objective.leave()
        return TwoPoints(center, away)

    def values(self, data: ResidentBatches, tuning: Tuning) -> TwoPoints | None:
        """Return the values under a tuning; None if the model or loss cannot do with it."""
        try:
            return self.two_points(self.objective(data, tuning))
        except (ProblemError, RuntimeError):  # for instance a .view() of contiguous memory
            return None


@dataclass(frozen=True)
class Race:
    """Compares tunings on some of the data, two at a time: more would take memory."""

    bench: Bench
    probe: ResidentBatches
    expected: TwoPoints
    tolerance: float

    def allowed(self, tuning: Tuning) -> bool:
        """Tell whether the values under a tuning are those expected."""
        found = self.bench.values(self.probe, tuning)
        return found is not None and agree(found, self.expected, self.tolerance)

    def faster(self, challenger: Tuning, champion: Tuning) -> Tuning:
        """Return the champion unless the challenger is clearly faster."""
        if not self.allowed(challenger):
            return champion
        # Only now, and at the center: two of them and directions would take too much memory.
        one, other = (self.bench.objective(self.probe, tuning) for tuning in (champion, challenger))
        for objective in (one, other):
            objective.evaluate()  # the first time is slower
        held: list[float] = []
        tried: list[float] = []
        for _ in range(_ROUNDS):
            held.append(seconds_of(one, self.bench.device))
            tried.append(seconds_of(other, self.bench.device))
            if min(tried) > min(held):
                return champion  # most are not faster: one or two rounds tell
        # Both, because a disturbance can spoil the smallest time, or half of the rounds.
        smallest = min(tried) / min(held)
        typical = statistics.median(mine / best for mine, best in zip(tried, held, strict=True))
        return challenger if max(smallest, typical) < _CLEARLY_FASTER else champion


def seconds_of(objective: Objective, device: str) -> float:
    """Time one point; on one thread by the processor's time, which other processes disturb less."""
    alone = torch.device(device).type == "cpu" and torch.get_num_threads() == 1
    clock = time.process_time if alone else time.perf_counter
    start = clock()
    objective.at(0.0)
    return clock() - start


def line_of(model: nn.Module) -> Plane:
    """Return a line along which every parameter moves, about as far as a surface goes.

    Args:
        model: Its parameters are the center.

    Returns:
        The line; its direction is drawn tensor by tensor, as it is as large as the model.
    """
    center = own_parameters(model)
    return Plane(center, (_Noise(center),))


@dataclass(frozen=True, eq=False)
class _Noise(Mapping[str, Tensor]):
    """A direction that moves vectors and zeros too, drawn when it is asked for."""

    center: Mapping[str, Tensor]

    def __getitem__(self, name: str) -> Tensor:
        value = self.center[name]
        if not value.is_floating_point():
            return torch.zeros_like(value)
        generator = torch.Generator().manual_seed(list(self.center).index(name))
        noise = torch.randn(value.shape, generator=generator, dtype=torch.float32)
        return noise.to(value).mul_(max(0.3 * _rms(value), 0.01))

    def __iter__(self) -> Iterator[str]:
        return iter(self.center)

    def __len__(self) -> int:
        return len(self.center)


def _rms(value: Tensor) -> float:
    """Return the root mean square of a tensor."""
    return float(torch.linalg.vector_norm(value.float())) / math.sqrt(max(value.numel(), 1))
