import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import average_precision_score

from lamp.detection import (
    aupr,
    auroc,
    auroc_difference,
    f1_score,
    image_intervals,
)
from lamp.detection.intervals import binomial_limits, proportion_limits
from lamp.detection.precision import precision_of
from lamp.detection.ranking import auroc_limits, placements

GRID = np.linspace(0.001, 0.999, 200)


def labelled(seed, normal, anomalous, shift=2.0):
    """Normal scores of both classes."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation([0] * normal + [1] * anomalous)
    return rng.normal(labels * shift, 1.0), labels


@pytest.mark.parametrize(("x", "n"), [(0, 5), (3, 7), (10, 10), (119, 160)])
def test_binomial_limits_are_where_mid_p_is_one_in_forty(x, n):
    low, high = (float(each[0]) for each in binomial_limits([x], [n]))
    pmf, sf, cdf = (getattr(stats.binom, each) for each in ("pmf", "sf", "cdf"))
    if x > 0:
        assert sf(x, n, low) + pmf(x, n, low) / 2 == pytest.approx(0.025)
    if x < n:
        assert cdf(x, n, high) - pmf(x, n, high) / 2 == pytest.approx(0.025)
    assert (low == 0) == (x == 0)
    assert (high == 1) == (x == n)


@pytest.mark.parametrize("x", [0, 1, 10, 19])
def test_limits_of_a_share_are_those_of_a_binomial(x):
    found = proportion_limits(x / 40, GRID, lambda a: a * (1 - a) / 40)
    low, high = binomial_limits([x], [40])
    assert found == pytest.approx((low[0], high[0]), abs=1e-4)


def test_the_upper_limit_of_nearly_all_may_miss_on_one_side_only():
    # Where 40 of 40 is not rejected, all of the 5 % is against too few.
    _, high = proportion_limits(39 / 40, GRID, lambda a: a * (1 - a) / 40)
    at_most = stats.binom.cdf(39, 40, high) - stats.binom.pmf(39, 40, high) / 2
    assert at_most == pytest.approx(0.05, abs=1e-3)


@given(st.integers(0, 1000), st.integers(2, 12), st.integers(2, 12))
@settings(max_examples=20, deadline=None)
def test_every_interval_holds_its_value_and_keeps_to_its_range(seed, normal, anomalous):
    rng = np.random.default_rng(seed)
    labels = rng.permutation([0] * normal + [1] * anomalous)
    scores = rng.integers(0, 6, len(labels)).astype(float)
    found = image_intervals(scores, labels, threshold=2.0)
    assert found["image_AUROC"].value == auroc(scores, labels)
    assert found["image_AUPR"].value == aupr(scores, labels)
    assert found["image_F1Score"].value == f1_score(scores, labels, 2.0)
    for each in found.values():
        assert 0 <= each.low <= each.value <= each.high <= 1
        assert each.low < each.high


def test_perfect_separation_is_not_certainty():
    widths = []
    for images in (2, 5, 20, 200, 1000):
        labels = np.repeat([0, 1], images)
        found = image_intervals(np.arange(2.0 * images), labels, threshold=images - 0.5)
        for each in found.values():
            assert (each.value, each.high) == (1.0, 1.0)
        widths.append([1 - each.low for each in found.values()])
    widths = np.array(widths)
    assert (np.diff(widths, axis=0) < 0).all()
    assert (widths[1] > 0.2).all()
    assert (widths[-1] < 0.05).all()


@pytest.mark.parametrize("labels", [[0, 1], [0, 1, 1, 1], [0, 0, 0, 1]])
def test_a_single_image_of_a_class_has_no_interval(labels):
    scores = np.arange(float(len(labels)))
    found = [*image_intervals(scores, labels, threshold=0.5).values()]
    found.append(auroc_difference(scores, -scores, labels))
    for each in found:
        assert math.isfinite(each.value)
        assert math.isnan(each.low)
        assert math.isnan(each.high)


def test_only_ranks_count_for_auroc_and_aupr():
    scores, labels = labelled(0, 30, 20)
    plain = image_intervals(scores, labels, threshold=1.0)
    assert image_intervals(np.exp(scores), labels, threshold=np.e) == plain


def test_turned_round_auroc_turns_round_with_its_interval():
    scores, labels = labelled(1, 30, 20, shift=0.7)
    found, turned = (
        image_intervals(sign * scores, labels, threshold=0.0)["image_AUROC"] for sign in (1, -1)
    )
    ends = (1 - turned.value, 1 - turned.high, 1 - turned.low)
    assert (found.value, found.low, found.high) == pytest.approx(ends)


def test_of_many_images_the_variance_is_delongs():
    scores, labels = labelled(2, 3000, 2000, shift=1.5)
    normal, anomalous = scores[labels == 0], scores[labels == 1]
    above = (anomalous > normal[:, None]).astype(float)
    delong = above.mean(axis=1).var(ddof=1) / 3000 + above.mean(axis=0).var(ddof=1) / 2000
    low, high = auroc_limits(placements(normal, anomalous))
    assert high - low == pytest.approx(2 * 1.96 * math.sqrt(delong), rel=0.01)


def test_variances_of_average_precision_are_derivatives_by_weights():
    scores, labels = labelled(3, 12, 9, shift=1.0)
    scores = scores.round(1)  # with ties
    found, step, value = precision_of(scores, labels), 1e-5, average_precision_score(labels, scores)
    influences = []
    for index, label in enumerate(labels):
        # A weight more for one image, the total of its class and the shares of both unchanged.
        weights = np.ones(len(labels))
        weights[index] += step
        weights[labels == label] /= weights[labels == label].mean()
        moved = average_precision_score(labels, scores, sample_weight=weights)
        influences.append((moved - value) / step * (labels == label).sum())
    for label in (0, 1):
        own = np.array(influences)[labels == label]
        expected = (own**2).sum() / (len(own) - 1)
        assert found.variances[label] == pytest.approx(expected, rel=1e-3)
    assert found.value == pytest.approx(value)


def test_the_bias_of_average_precision_is_that_of_small_samples():
    draws = [precision_of(*labelled(seed, 20, 20, shift=1.5)) for seed in range(1500)]
    many = precision_of(*labelled(0, 40_000, 40_000, shift=1.5)).value
    found = np.array([[each.value, each.bias] for each in draws])
    excess = found[:, 0].mean() - many
    assert excess > 0.01
    assert found[:, 1].mean() == pytest.approx(excess, abs=0.5 * excess)


def test_a_difference_narrows_with_images_and_is_paired():
    rng = np.random.default_rng(0)

    def width(images, together):
        labels = np.arange(images) % 2
        shared = rng.normal(labels, 1.0)
        other = shared + 0.01 * rng.normal(size=images) if together else rng.normal(labels, 1.0)
        found = auroc_difference(shared, other, labels)
        return found.high - found.low

    assert width(2000, together=False) < 0.5 * width(200, together=False)
    assert width(2000, together=True) < 0.1 * width(2000, together=False)


def test_two_perfect_models_may_still_differ():
    labels = np.repeat([0, 1], 5)
    found = auroc_difference(np.arange(10.0), np.arange(10.0) ** 2, labels)
    assert found.value == 0
    assert found.low == pytest.approx(-found.high)
    assert found.high > 0.2


def test_a_difference_turns_round_with_its_interval():
    (a, labels), (b, _) = labelled(4, 15, 25), labelled(5, 15, 25)
    forth, back = auroc_difference(a, b, labels), auroc_difference(b, a, labels)
    assert (forth.value, forth.low, forth.high) == pytest.approx(
        (-back.value, -back.high, -back.low)
    )
