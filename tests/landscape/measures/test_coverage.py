"""How often the intervals that are printed cover what they are about, by simulation.

The target of each is the average of the population itself: the geometric mean of positive numbers,
and so on, for 95 %. In the quick tests the population is all planes that are drawn, of a closed
form. In the slow ones it is the readings that `summarize` takes of many random planes of a model
with a known spectrum, from which samples of K planes are drawn with replacement.
"""

import math
from functools import partial

import numpy as np
import pytest

from landscape.measures import mean_interval, paired_interval, summarize
from tests.landscape.measures.spectra import random_planes, spectrum

DRAWS = 2000
QUICK, POWERS = (0.5, 2.5), (0.5, 1.0, 1.5, 2.0, 2.5)
LOW, HIGH = 0.93, 0.97
NOISE = 0.01  # two standard errors of a share of 2,000 draws


def covered(found, target):
    """Return the share of intervals that hold the target."""
    return np.mean([interval.low <= target <= interval.high for interval in found])


def curvatures(power, *, seed=0, factor=1.0):
    """Draw mean curvatures of planes, DRAWS samples of 10: weighted sums of squares."""
    eigenvalues = np.arange(1.0, 301) ** -power * factor
    draws = np.random.default_rng(seed).standard_normal((DRAWS * 20, eigenvalues.size)) ** 2
    return (draws @ eigenvalues).reshape(DRAWS, 10, 2).mean(axis=2)


@pytest.mark.parametrize("power", QUICK)
def test_geometric_means_of_curvatures_are_covered(power):
    planes = curvatures(power)
    target = np.exp(np.log(planes).mean())
    for k in (3, 5, 10):
        found = [mean_interval(row[:k], kind="positive") for row in planes]
        assert LOW <= covered(found, target) <= HIGH
        assert all(interval.low > 0 for interval in found)


def test_the_mean_of_skewed_curvatures_is_not_covered():
    """Why positive numbers have geometric means: what Student's interval does with them."""
    planes = curvatures(2.5)
    found = [mean_interval(row[:3]) for row in planes]
    assert covered(found, planes.mean()) < 0.91
    assert np.mean([interval.low < 0 for interval in found]) > 0.6


@pytest.mark.parametrize("power", QUICK)
def test_ratios_of_curvatures_over_the_same_planes_are_covered(power):
    """Two models whose eigenvalues differ by random factors around 2."""
    factor = 2 * np.exp(0.5 * np.random.default_rng(7).standard_normal(300))
    a, b = curvatures(power, factor=factor), curvatures(power)
    target = np.exp(np.mean(np.log(a / b)))
    for k in (3, 5, 10):
        pairs = zip(a[:, :k], b[:, :k], strict=True)
        found = [paired_interval(first, second, kind="positive") for first, second in pairs]
        assert LOW <= covered(found, target) <= HIGH + 0.02  # at three planes it may be wide


@pytest.mark.parametrize("k", [3, 5, 10])
def test_bounded_numbers_and_magnitudes_are_covered(k):
    rng = np.random.default_rng(k)
    fractions = rng.beta(3, 6, (DRAWS, k))
    shares = 1 - 0.05 * np.exp(rng.standard_normal((DRAWS, k)))
    lengths = np.hypot(*rng.standard_normal((2, DRAWS, k)))
    logits = np.log(fractions / (1 - fractions)).mean()
    for rows, kind, target in (
        (fractions, "fraction", 1 / (1 + np.exp(-logits))),
        (shares, "explained", 1 - np.exp(np.log(1 - shares).mean())),
        (lengths, "magnitude", (lengths**0.25).mean() ** 4),
    ):
        assert LOW <= covered([mean_interval(row, kind=kind) for row in rows], target) <= HIGH


@pytest.mark.parametrize("k", [3, 5, 10])
def test_signed_numbers_are_covered_unless_they_are_skewed(k):
    rng = np.random.default_rng(k)
    rows = rng.standard_normal((DRAWS, k)) - rng.standard_normal((DRAWS, k)) ** 3 / 6
    assert LOW <= covered([mean_interval(row) for row in rows], 0.0) <= HIGH + NOISE


@pytest.mark.parametrize("power", QUICK)
def test_curvatures_of_both_signs_are_covered(power):
    """Eigenvalues of alternating signs, of which few dominate: skewed, or symmetric about zero."""
    signs = np.where(np.arange(300) % 3 == 1, -1.0, 1.0)
    planes = curvatures(power, factor=signs)
    target = mean_interval(planes.ravel(), kind="positive").value
    for k in (3, 5, 10):
        found = [mean_interval(row[:k], kind="positive") for row in planes]
        assert LOW <= covered(found, target) <= HIGH


def test_medians_are_covered_with_and_without_zeros():
    rng = np.random.default_rng(0)
    rows = rng.exponential(size=(DRAWS, 10))
    found = [mean_interval(row, kind="nonnegative") for row in rows]
    assert LOW <= covered(found, math.log(2)) <= HIGH
    rows = np.where(rng.uniform(size=rows.shape) < 0.3, 0.0, rows)
    found = [mean_interval(row, kind="nonnegative") for row in rows]
    assert LOW <= covered(found, math.log(0.7 / 0.5)) <= HIGH
    rows = np.where(rng.uniform(size=rows.shape) < 0.5, 0.0, rows)
    found = [mean_interval(row, kind="nonnegative") for row in rows]
    assert covered(found, 0.0) >= LOW  # more than half are zero: then it is on the safe side


def population(power, *, signed, seed=None, planes=300):
    """Measure random planes through `summarize`: kinds, and values, NaN where there is no number.

    With a seed, eigenvalues are those of another model: times random factors around 1.4.
    """
    eigenvalues = spectrum(power, signed=signed)
    if seed is not None:
        factors = np.exp(0.5 * np.random.default_rng(seed).standard_normal(eigenvalues.size))
        eigenvalues = 1.4 * eigenvalues * factors / np.abs(eigenvalues * factors).sum()
    summary = summarize(random_planes(eigenvalues, planes, seed=1), rise=0.5)
    return {
        one.key: (one.kind, np.where(one.bounds, np.nan, one.per_plane))
        for one in summary.statistics
        if one.key.removesuffix("_relative") == one.key  # at a center of 1 these are the same
    }


def shares(interval, target, *values):
    """Draw planes with replacement, and return the share of intervals that hold the target by K."""
    found = {}
    for k in (3, 5, 10):
        rows = np.random.default_rng(k).integers(0, values[0].size, (DRAWS, k))
        intervals = [interval(*(one[row] for one in values)) for row in rows]
        if not math.isnan(intervals[0].low):
            found[k] = covered(intervals, target)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("power", POWERS)
def test_statistics_of_surfaces_are_covered(power, signed):
    """Medians of what is mostly zero are on the safe side.

    An area to a rise is the worst: the slope adds its square, which is skewed, to what hardly
    varies where eigenvalues are alike.
    """
    for key, (kind, values) in population(power, signed=signed).items():
        known = values[~np.isnan(values)]
        if known.size < 0.9 * values.size:
            continue
        target = mean_interval(known, kind=kind).value
        found = shares(partial(mean_interval, kind=kind), target, known)
        for k, share in found.items():
            least = LOW - 0.01 * (key == "flat_area_rise" and power == 0.5)
            assert share >= least - NOISE, (key, k, share)
            assert share <= HIGH + NOISE or kind == "nonnegative", (key, k, share)


@pytest.mark.slow
@pytest.mark.parametrize("power", POWERS)
def test_ratios_of_surfaces_are_covered_where_no_curvature_is_negative(power):
    """As `paired_interval` says, to within noise: 92-98 %."""
    one, other = (population(power, signed=False, seed=seed) for seed in (None, 7))
    for key, (kind, values) in one.items():
        both = np.stack([values, other[key][1]])
        first, second = both[:, ~np.isnan(both).any(axis=0)]
        if first.size < 0.9 * values.size or kind == "nonnegative":
            continue
        target = paired_interval(first, second, kind=kind).value
        found = shares(partial(paired_interval, kind=kind), target, first, second)
        for k, share in found.items():
            assert 0.92 - NOISE <= share <= 0.98 + NOISE, (key, k, share)


@pytest.mark.slow
@pytest.mark.parametrize("power", POWERS)
def test_differences_of_curvatures_are_covered(power):
    """What has no ratio, where some are negative."""
    one, other = (population(power, signed=True, seed=seed) for seed in (None, 7))
    for key in ("mean_excess", "curvature_max", "curvature_mean", "curvature_min"):
        changes = one[key][1] - other[key][1]
        target = mean_interval(changes, kind="skewed").value
        found = shares(partial(mean_interval, kind="skewed"), target, changes)
        for k, share in found.items():
            assert LOW - NOISE <= share <= HIGH + NOISE, (key, k, share)
