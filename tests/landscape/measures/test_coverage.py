"""How often the intervals that are printed cover what they are about, by simulation.

A population is the readings, by `summarize`, of many random planes of one model. Samples of K
planes are drawn from it with replacement, so that the target of each average, its value over the
population, is known exactly.
"""

import math
from dataclasses import dataclass

import numpy as np

from landscape.measures import Statistic, mean_interval, paired_interval, summarize
from tests.landscape.measures.spectra import random_planes, spectrum

DRAWS = 2000


@dataclass(frozen=True)
class Coverage:
    """Shares of intervals that cover, and that lie above or below; `printed` of all draws."""

    share: float
    printed: float


def populations(power, *, signed=False, planes=600, seed=1):
    """Measure the same random planes of two models whose spectra differ by factors around 2."""
    first = spectrum(power, signed=signed)
    second = first * 2 * np.exp(0.5 * np.random.default_rng(7).standard_normal(first.size))
    return [
        summarize(random_planes(eigenvalues, planes, seed=seed), rise=0.5)
        for eigenvalues in (first, second)
    ]


def values_of(statistic: Statistic):
    """Return values that are exact, NaN where there is a bound: from these no interval is made."""
    return np.where(statistic.bounds, np.nan, statistic.per_plane)


def coverage(values, kind, k, *, seed=0, draws=DRAWS):
    """Draw K values at a time and count the intervals that cover, by their average."""
    population = values[~np.isnan(values)]
    rows = np.random.default_rng(seed).choice(population, (draws, k))
    targets: dict[tuple, float] = {}
    hits: dict[str, list[bool]] = {}
    for row in rows:
        found = mean_interval(row, kind=kind)
        if math.isnan(found.low):
            continue
        if found.average not in targets:
            whole = population[population > 0] if found.average == "geometric mean" else population
            target = mean_interval(whole, kind=kind if found.average != "mean" else "signed")
            targets[found.average] = target.value
        hits.setdefault(found.average, []).append(
            bool(found.low <= targets[found.average] <= found.high)
        )
    return {name: Coverage(float(np.mean(h)), len(h) / draws) for name, h in hits.items()}


def paired_coverage(a, b, kind, k, *, seed=0, draws=DRAWS):
    """Draw K pairs at a time and count the intervals that cover the population's difference."""
    known = ~(np.isnan(a) | np.isnan(b))
    a, b = a[known], b[known]
    target = paired_interval(a, b, kind=kind)
    rows = np.random.default_rng(seed).choice(a.size, (draws, k))
    hits = []
    for row in rows:
        found = paired_interval(a[row], b[row], kind=kind)
        if not math.isnan(found.low) and found.is_ratio == target.is_ratio:
            hits.append(bool(found.low <= target.value <= found.high))
    return Coverage(float(np.mean(hits)) if hits else math.nan, len(hits) / draws)
