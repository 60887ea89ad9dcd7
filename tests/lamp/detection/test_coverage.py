"""How often the intervals of metrics hold the truth, by simulation, for 95 %.

Nothing but ranks counts for AUROC and average precision, so that lognormal scores that are scaled
are the normal ones here, and each order of labels is worked out once.
"""

from functools import lru_cache

import numpy as np
import pytest
from scipy import stats

from lamp.detection import auroc_difference, find_regions, pixel_intervals
from lamp.detection.intervals import f1_interval
from lamp.detection.pixels import pixel_metrics
from lamp.detection.precision import precision_limits, precision_of
from lamp.detection.ranking import auroc_limits, placements
from tests.lamp.detection.populations import AUROCS, POPULATIONS, SIZES, draw_maps

DRAWS = 2000
NOISE = 0.01  # two standard errors of a share of 2,000 draws
LOW, HIGH = 0.93, 0.97


@lru_cache(maxsize=1_000_000)
def limits(order):
    """Return limits of AUROC and of average precision for an order of labels, highest first."""
    labels = np.frombuffer(order, np.int8).astype(int)
    scores = -np.arange(len(labels), dtype=float)
    ranked = placements(scores[labels == 0], scores[labels == 1])
    return *auroc_limits(ranked), *precision_limits(precision_of(scores, labels))


def covered(population, size, auroc):
    """Return the shares of draws whose interval of AUROC and of AUPR holds the truth."""
    orders = POPULATIONS[population].draw(auroc, *size, seed=1, draws=DRAWS)
    ends = np.array([limits(order.tobytes()) for order in orders])
    truths = np.array([auroc, POPULATIONS[population].average_precision(auroc, *size)])
    return ((ends[:, 0::2] <= truths) & (truths <= ends[:, 1::2])).mean(axis=0)


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("population", list(POPULATIONS))
def test_auroc_and_average_precision_are_covered(population, size):
    """At least 93 %, average precision of shifted scores, which have the heavier tails, 91 %.

    More than 97 % is where most draws of so few images have all in order, which is one outcome,
    and where other distributions, of which so few images cannot tell, would be covered less.
    """
    shares = np.array([covered(population, size, auroc) for auroc in AUROCS])
    assert shares[:, 0].min() >= LOW - NOISE
    assert shares[:, 1].min() >= (0.91 if "shifted" in population else LOW) - NOISE
    if size == (41, 119):
        assert shares[:2, 0].max() <= HIGH + NOISE


@pytest.mark.parametrize(
    "size",
    [(5, 5), (6, 30), *(pytest.param(s, marks=pytest.mark.slow) for s in ((20, 20), (41, 119)))],
)
def test_f1_is_covered_summed_over_all_outcomes(size):
    """No draws: the probability of each outcome is known."""
    normal, anomalous = size
    ends = np.array(
        [
            [f1_interval(hits, alarms, anomalous, normal) for alarms in range(normal + 1)]
            for hits in range(anomalous + 1)
        ],
        dtype=object,
    )
    low, high = (np.vectorize(lambda each, k=k: getattr(each, k))(ends) for k in ("low", "high"))
    shares = []
    for found in (0.3, 0.5, 0.7, 0.8, 0.9, 0.95):
        for false in (0.01, 0.03, 0.05, 0.1, 0.2):
            truth = 2 * found / (1 + found + normal / anomalous * false)
            chance = np.outer(
                stats.binom.pmf(range(anomalous + 1), anomalous, found),
                stats.binom.pmf(range(normal + 1), normal, false),
            )
            shares.append(chance[(low <= truth) & (truth <= high)].sum())
    assert min(shares) >= (0.915 if size == (5, 5) else LOW)
    assert 0.95 <= np.mean(shares) <= HIGH + 0.005


@pytest.mark.slow
@pytest.mark.parametrize("size", [(5, 5), (10, 10), (20, 20), (41, 119)])
@pytest.mark.parametrize("shared", [0.0, 0.5, 0.9])
def test_differences_of_auroc_on_the_same_images_are_covered(size, shared):
    """Two models of AUROC .9 and .95, and .97 and .97, whose scores share part of their variance.

    1,000 draws each: two standard errors are .014.
    """
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], size)
    for first, second in ((0.9, 0.95), (0.97, 0.97)):
        shifts = [stats.norm.ppf(each) * np.sqrt(2) * labels for each in (first, second)]
        inside = []
        for _ in range(1000):
            common = shared**0.5 * rng.standard_normal(labels.size)
            a, b = (
                shift + common + (1 - shared) ** 0.5 * rng.standard_normal(labels.size)
                for shift in shifts
            )
            found = auroc_difference(a, b, labels)
            inside.append(found.low <= first - second <= found.high)
        assert np.mean(inside) >= LOW - 0.014


@pytest.mark.slow
@pytest.mark.parametrize("strength", [1.5, 3.0])
@pytest.mark.parametrize("size", [(5, 5), (10, 10), (20, 20), (30, 6)])
def test_metrics_of_pixels_are_covered_over_images(size, strength):
    """400 draws of maps: two standard errors are .022 at 95 %."""
    rng = np.random.default_rng([*size, int(10 * strength)])
    many = [2400 * count // sum(size) for count in size]
    truth = pixel_metrics(find_regions(*draw_maps(rng, *many, strength)))
    labels = np.repeat([0, 1], size)
    inside = []
    for _ in range(400):
        found = pixel_intervals(find_regions(*draw_maps(rng, *size, strength)), labels)
        inside.append([found[name].low <= truth[name] <= found[name].high for name in truth])
    assert np.mean(inside, axis=0).min() >= LOW - 0.022
