"""Find out how to compute fast: time a few points, and keep what leaves the values as they are."""

import math
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from landscape.errors import ProblemError
from landscape.objective.data import ResidentBatches
from landscape.objective.evaluate import Objective
from landscape.objective.precision import check_precision
from landscape.objective.tuning import Tuning
from landscape.objective.values import Sample
from landscape.planes.parameters import parameters_of
from landscape.planes.plane import Plane
from landscape.problem import Problem
from landscape.settings import BatchNormPolicy, Precision

Values = Mapping[str, Sample]

_TINY_SECONDS = 0.02  # below, timings are noise and there is little to gain
_CLEARLY_FASTER = 0.95  # of the time of what is preferred; timings scatter by a few percent
_ROUNDS = 5
_PROBE_SECONDS = 0.06  # of evaluation in one timing
_TRIALS = 40  # timings of the probe at most, about
_SHARE = 0.02  # of the time of the whole surface may go into timing
# A batch should take long enough to hide the cost of calls, and be small enough for the caches.
_BATCH_SECONDS = (0.012, 0.048)
_BATCH_SIZES = (16, 4096)


def tune(
    problem: Problem,
    data: ResidentBatches,
    *,
    device: str = "cpu",
    batchnorm: BatchNormPolicy = "frozen",
    precision: Precision = "float32",
    points: int = 0,
) -> Tuning:
    """Choose memory layout, batch size and folding of BatchNorm.

    Channels-last convolutions and folded BatchNorm are preferred, the caller's batches kept; what
    is clearly faster than these in timings that take turns replaces them. Small problems are not
    timed, so that the same is chosen each time. Nothing is chosen under which a value changes by
    more than rounding, at the center or at a point away from it, or the loss fails.

    Args:
        problem: Model and loss.
        data: The problem's batches, read.
        device: Where to evaluate.
        batchnorm: What BatchNorm does away from the center.
        precision: Arithmetic of products and convolutions; never chosen here.
        points: How many will be evaluated; few are not worth any timing.

    Returns:
        The choice, and how far its values are from those of the caller's form in float32.

    Raises:
        ProblemError: If the loss fails at the center or returns the wrong thing.

    Example:
        >>> from landscape.objective.data import read_batches
        >>> problem = Problem(nn.Linear(2, 1), lambda model, x: model(x)[:, 0], [torch.eye(2)])
        >>> tune(problem, read_batches(problem.batches)) == Tuning()
        True
    """
    check_precision(precision, device)
    # Before the line is made: it refuses models that cannot be evaluated, and says why.
    plain = Objective(problem, data, device=device, batchnorm=batchnorm)
    bench = _Bench(problem, device, batchnorm, _away(problem.model))
    expected = bench.two_points(plain)
    seconds = _seconds(plain, device)
    del plain  # at most two objectives take memory at a time
    choice = Tuning(layout="channels_last") if _convolutional(problem.model) else Tuning()
    if batchnorm == "frozen":
        choice = _search(bench, data, expected, seconds, points=points)
    for tuning in (choice, Tuning(layout=choice.layout), Tuning()):
        found = bench.values(data, tuning)
        if found is not None and _agree(found, expected, _tolerance(problem.model)):
            break
    if precision != "float32":
        tuning = replace(tuning, precision=precision)
        found = bench.values(data, tuning)
    return replace(tuning, deviation=_deviation(found, expected))


@dataclass(frozen=True)
class _TwoPoints:
    """Values at the center and away from it, where a loss may fail."""

    center: Values
    away: Values | None


@dataclass(frozen=True)
class _Bench:
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

    def two_points(self, objective: Objective) -> _TwoPoints:
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
        return _TwoPoints(center, away)

    def values(self, data: ResidentBatches, tuning: Tuning) -> _TwoPoints | None:
        """Return the values under a tuning; None if the model or loss cannot do with it."""
        try:
            return self.two_points(self.objective(data, tuning))
        except (ProblemError, RuntimeError):  # for instance a .view() of contiguous memory
            return None


def _search(
    bench: _Bench, data: ResidentBatches, expected: _TwoPoints, seconds: float, *, points: int
) -> Tuning:
    """Prefer what should be fast, then let alternatives race against it on the first samples."""
    sizes = _batch_sizes(data, expected, seconds)
    needed = max(*data.sizes, *sizes, _PROBE_SECONDS / seconds * data.samples)
    probe = data.head(math.ceil(needed))
    race = _Race(bench, probe, expected, _tolerance(bench.problem.model))
    best = Tuning()
    for change in ({"layout": "channels_last"}, {"fold": True}):
        if "fold" in change or _convolutional(bench.problem.model):
            best = race.allowed(replace(best, **change)) or best
    worth = _TRIALS * probe.samples / data.samples <= _SHARE * points
    if seconds < _TINY_SECONDS or not worth:
        return best
    for size in sizes:
        best = race.faster(replace(best, batch_size=size), best)
    if best.fold:
        best = race.faster(replace(best, fold=False), best)
    if best.layout == "channels_last":
        best = race.faster(replace(best, layout="contiguous"), best)
    return best


@dataclass(frozen=True)
class _Race:
    """Compares tunings on some of the data, two at a time: more would take memory."""

    bench: _Bench
    probe: ResidentBatches
    expected: _TwoPoints
    tolerance: float

    def entrant(self, tuning: Tuning) -> Objective | None:
        """Make an objective that is warm; None if its values are not those expected."""
        try:
            objective = self.bench.objective(self.probe, tuning)
            if tuning.fold and not objective.folded:
                return None
            found = self.bench.two_points(objective)
        except (ProblemError, RuntimeError):
            return None
        return objective if _agree(found, self.expected, self.tolerance) else None

    def allowed(self, tuning: Tuning) -> Tuning | None:
        """Return the tuning if its values are those expected."""
        return None if self.entrant(tuning) is None else tuning

    def faster(self, challenger: Tuning, champion: Tuning) -> Tuning:
        """Return the champion unless the challenger is clearly faster."""
        one, other = self.entrant(champion), self.entrant(challenger)
        if one is None or other is None:
            return champion
        held: list[float] = []
        tried: list[float] = []
        for _ in range(_ROUNDS):
            held.append(_seconds(one, self.bench.device))
            tried.append(_seconds(other, self.bench.device))
            if min(tried) > min(held):
                return champion  # most are not faster: one or two rounds tell
        # Both, because a disturbance can spoil the smallest time, or half of the rounds.
        smallest = min(tried) / min(held)
        typical = statistics.median(mine / best for mine, best in zip(tried, held, strict=True))
        return challenger if max(smallest, typical) < _CLEARLY_FASTER else champion


def _batch_sizes(data: ResidentBatches, expected: _TwoPoints, seconds: float) -> list[int]:
    """Return batch sizes worth trying: half or twice the caller's, or further from it."""
    if not all(sample.per_sample for sample in expected.center.values()):
        return []
    low, high = _BATCH_SIZES
    current = max(data.sizes)
    exact = (math.log2(target * data.samples / seconds) for target in _BATCH_SECONDS)
    sizes = [min(max(2 ** round(power), low), high) for power in exact]
    return sorted(
        {size for size in sizes if not current / 2 < size < 2 * current and size <= data.samples}
    )


def _seconds(objective: Objective, device: str) -> float:
    """Time one point; on one thread by the processor's time, which other processes disturb less."""
    alone = device == "cpu" and torch.get_num_threads() == 1
    clock = time.process_time if alone else time.perf_counter
    start = clock()
    objective.at(0.0)
    return clock() - start


def _away(model: nn.Module) -> Plane:
    """Return a line along which every parameter moves, about as far as a surface goes."""
    generator = torch.Generator().manual_seed(0)
    center = parameters_of(model)
    direction = {}
    for name, value in center.items():
        if value.is_floating_point():
            noise = torch.randn(value.shape, generator=generator).to(value)
            direction[name] = noise * max(0.3 * _rms(value), 0.01)
        else:
            direction[name] = torch.zeros_like(value)
    return Plane(center, (direction,))


def _rms(value: torch.Tensor) -> float:
    """Return the root mean square of a tensor."""
    return float(value.double().square().mean().sqrt()) if value.numel() else 0.0


def _agree(found: _TwoPoints, expected: _TwoPoints, tolerance: float) -> bool:
    """Tell whether values are those expected, or the first of them, up to rounding."""
    if found.away is None or expected.away is None:
        return found.away is expected.away and _close(found.center, expected.center, tolerance)
    return _close(found.center, expected.center, tolerance) and _close(
        found.away, expected.away, tolerance
    )


def _close(found: Values, expected: Values, tolerance: float) -> bool:
    """Compare all metrics at one point; where values are infinite or NaN, both have to be."""
    if list(found) != list(expected):
        return False
    for name, sample in found.items():
        wanted = expected[name].values[: sample.values.size]
        if wanted.shape != sample.values.shape:
            return False
        finite = np.abs(wanted[np.isfinite(wanted)])
        # A difference of large numbers carries their rounding: small losses beside large ones.
        floor = 1e-6 + tolerance / 100 * (float(finite.mean()) if finite.size else 0.0)
        if not np.allclose(sample.values, wanted, rtol=tolerance, atol=floor, equal_nan=True):
            return False
    return True


def _tolerance(model: nn.Module) -> float:
    """Return the relative difference that rounding may cause in a deep network."""
    dtypes = {value.dtype for value in model.parameters() if value.is_floating_point()}
    return min(1e4 * max((torch.finfo(dtype).eps for dtype in dtypes), default=0.0), 1e-2)


def _deviation(found: _TwoPoints | None, expected: _TwoPoints) -> tuple[float | None, float | None]:
    """Return the largest relative difference of a metric's mean at both points."""
    if found is None:
        return None, None
    return _difference(found.center, expected.center), _difference(found.away, expected.away)


def _difference(found: Values | None, expected: Values | None) -> float | None:
    """Return the largest relative difference of a metric's mean at one point."""
    if found is None or expected is None:
        return None
    worst = 0.0
    for name, sample in found.items():
        mine, wanted = sample.mean, expected[name].mean
        if mine != wanted:
            worst = max(worst, abs(mine - wanted) / abs(wanted) if wanted else math.inf)
    return worst if math.isfinite(worst) else None


def _convolutional(model: nn.Module) -> bool:
    """Tell whether a memory layout can matter."""
    return any(parameter.ndim == 4 for parameter in model.parameters())
