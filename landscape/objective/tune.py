"""Find out how to compute fast: time a few points, and keep what leaves the values as they are."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import nn

from landscape.objective.agreement import TwoPoints, agree, deviation, rounding
from landscape.objective.data import ResidentBatches
from landscape.objective.folding import find_pairs
from landscape.objective.functions import containers_as_found, hooks_of
from landscape.objective.outside import check_reads
from landscape.objective.placement import free_memory
from landscape.objective.precision import check_precision
from landscape.objective.private import check_values
from landscape.objective.race import Bench, Race, line_of, seconds_of
from landscape.objective.tuning import Tuning
from landscape.problem import Problem
from landscape.settings import BatchNormPolicy, Precision

_TINY_SECONDS = 0.02  # below, timings are noise and there is little to gain
_PROBE_SECONDS = 0.06  # of evaluation in one timing
_TRIALS = 40  # timings of the probe at most, about
_SHARE = 0.02  # of the time of the whole surface may go into timing
# A batch should take long enough to hide the cost of calls, and be small enough for the caches.
_BATCH_SECONDS = (0.012, 0.048)
_BATCH_SIZES = (16, 4096)
_LARGER = 4  # times, from one size that is tried on a GPU to the next

Sizes = Sequence[int | None]
"""Samples in each batch; None keeps the caller's."""


def tune(
    problem: Problem,
    data: ResidentBatches,
    *,
    device: str = "cpu",
    batchnorm: BatchNormPolicy = "frozen",
    precision: Precision = "float32",
    points: int = 0,
) -> Tuning:
    """Choose memory layout, batch size and folding of BatchNorm; settle what is evaluated.

    Folded BatchNorm is preferred, and on the CPU channels-last convolutions and the caller's
    batches. A GPU, whose convolutions are several times slower channels-last in float32 and which
    small batches leave idle, gets joined ones and a recorded pass. What is clearly faster than
    these in timings that take turns replaces them. Small problems are not timed, so that the same
    is chosen each time. Nothing is chosen under which a value changes by more than rounding, at the
    center or at a point away from it, or the loss fails. The user's hooks run only where values
    depend on them.

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
        ProblemError: If the loss fails at the center or returns the wrong thing, or reads the
            parameters of the caller's model instead of those that move.

    Example:
        >>> import torch
        >>> from landscape.objective.data import read_batches
        >>> problem = Problem(nn.Linear(2, 1), lambda model, x: model(x)[:, 0], [torch.eye(2)])
        >>> tune(problem, read_batches(problem.batches)) == Tuning()
        True
    """
    check_precision(precision, device)
    check_values(problem.model)
    bench = Bench(problem, device, batchnorm, line_of(problem.model))
    base = Tuning()
    base = replace(base, hooks=_runs_hooks(bench, data.head(1), base))
    pairs, expected, seconds = _as_given(bench, data, base)
    gpu = _is_gpu(device)
    last = _convolutional(problem.model) and not gpu
    changes: dict[str, Any] = {"layout": "channels_last"} if last else {}
    choice = replace(base, **changes)
    if batchnorm == "frozen":
        changes.update({"fold": pairs} if pairs else {})
        sizes = (_larger if gpu else _batch_sizes)(data, expected, seconds)
        race = _race(bench, data, expected, seconds, sizes)
        worth = _TRIALS * race.probe.samples / data.samples <= _SHARE * points
        choice = _prefer(race, base, changes)
        if gpu:
            choice = _join(race, choice, sizes, partial(free_memory, device))
            choice = _prefer(race, choice, {"recorded": True})
            sizes = [None] if choice.batch_size else []
        if seconds >= _TINY_SECONDS and worth:
            choice = _search(race, choice, sizes)
    tuning, found = base, expected
    slower = (replace(choice, recorded=False), replace(base, layout=choice.layout))
    for other in dict.fromkeys((choice, *slower)):
        values = None if other == base else bench.values(data, other)
        if values is not None and agree(values, expected, rounding(problem.model)):
            tuning, found = other, values
            break
    if precision != "float32":
        tuning = replace(tuning, precision=precision)
        return replace(tuning, deviation=deviation(bench.values(data, tuning), expected))
    return replace(tuning, deviation=deviation(found, expected))


def _as_given(
    bench: Bench, data: ResidentBatches, base: Tuning
) -> tuple[tuple[tuple[str, str], ...], TwoPoints, float]:
    """Evaluate as the caller's code says: what can be folded, values, and seconds for a point."""
    # An objective of its own, which ends here: at most two take memory at a time.
    plain = bench.objective(data, base)
    check_reads(plain, bench.problem)
    pairs: tuple[tuple[str, str], ...] = ()
    if bench.batchnorm == "frozen":
        pairs = find_pairs(plain.model, lambda: plain.evaluate(batches=1))
    return pairs, bench.two_points(plain), seconds_of(plain, bench.device)


def _runs_hooks(bench: Bench, data: ResidentBatches, base: Tuning) -> bool:
    """Tell whether the user's hooks must run: whether a bit of a value depends on them.

    Those that only look on would keep activations of every point, in the caller's own lists.
    """
    if not any(True for _ in hooks_of(bench.problem.model)):
        return True
    without = bench.values(data, replace(base, hooks=False))
    if without is None:
        return True
    with containers_as_found(bench.problem.model):
        return not agree(without, bench.two_points(bench.objective(data, base)), 0.0)


def _race(
    bench: Bench, data: ResidentBatches, expected: TwoPoints, seconds: float, sizes: Sizes
) -> Race:
    """Make a race on the first samples: enough for a timing, and for every batch size."""
    tried = (size for size in sizes if size)
    needed = max(*data.sizes, *tried, _PROBE_SECONDS / seconds * data.samples)
    return Race(bench, data.head(math.ceil(needed)), expected, rounding(bench.problem.model))


def _prefer(race: Race, base: Tuning, changes: Mapping[str, Any]) -> Tuning:
    """Take what should be fast, where it leaves the values as they are."""
    best = base
    for name, value in changes.items():
        changed = replace(best, **{name: value})
        best = changed if race.allowed(changed) else best
    return best


def _is_gpu(device: str) -> bool:
    """Tell whether a device waits for the calls of small batches."""
    return torch.device(device).type == "cuda"


def _join(race: Race, best: Tuning, sizes: Sizes, free: Callable[[], int]) -> Tuning:
    """Take batches as large as they can be in half of the memory that is free, in bytes."""
    before = free()
    for size in sizes:
        larger = replace(best, batch_size=size)
        if not race.allowed(larger):
            break
        best = larger
        if _LARGER * (before - free()) > before / 2:
            break
    return best


def _search(race: Race, best: Tuning, sizes: Sizes) -> Tuning:
    """Let alternatives race against what is preferred."""
    for size in sizes:
        best = race.faster(replace(best, batch_size=size), best)
    if best.fold:
        best = race.faster(replace(best, fold=()), best)
    if best.layout == "channels_last":
        best = race.faster(replace(best, layout="contiguous"), best)
    return best


def _larger(data: ResidentBatches, expected: TwoPoints, _: float) -> Sizes:
    """Return larger and larger batch sizes, up to all samples."""
    size, top = max(data.sizes), min(data.samples, _BATCH_SIZES[1])
    sizes: list[int | None] = []
    while size < top and _cuts(expected):
        sizes.append(size := min(_LARGER * size, top))
    return sizes


def _cuts(expected: TwoPoints) -> bool:
    """Tell whether batches may be cut anew: no value is one of a whole batch."""
    return all(sample.per_sample for sample in expected.center.values())


def _batch_sizes(data: ResidentBatches, expected: TwoPoints, seconds: float) -> Sizes:
    """Return batch sizes worth trying: half or twice the caller's, or further from it."""
    if not _cuts(expected):
        return []
    low, high = _BATCH_SIZES
    current = max(data.sizes)
    exact = (math.log2(target * data.samples / seconds) for target in _BATCH_SECONDS)
    sizes = [min(max(2 ** round(power), low), high) for power in exact]
    return sorted(
        {size for size in sizes if not current / 2 < size < 2 * current and size <= data.samples}
    )


def _convolutional(model: nn.Module) -> bool:
    """Tell whether a memory layout can matter."""
    return any(parameter.ndim == 4 for parameter in model.parameters())
