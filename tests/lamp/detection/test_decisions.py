import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamp.detection import drift, normal_threshold, p_values

SCORES = st.lists(st.integers(0, 20).map(float), min_size=1, max_size=40)


@given(SCORES, SCORES)
def test_p_values_count_held_out_images_at_least_as_high(scores, held_out):
    expected = [(1 + sum(h >= s for h in held_out)) / (len(held_out) + 1) for s in scores]
    assert p_values(scores, held_out).tolist() == pytest.approx(expected)


@given(SCORES, SCORES, st.floats(0.01, 0.99))
def test_a_p_value_decides_as_the_threshold_does(scores, held_out, rate):
    threshold = normal_threshold(held_out, rate)
    below = p_values(scores, held_out) <= threshold.false_alarms + 1e-12
    assert below.tolist() == [score > threshold.value for score in scores]


@given(st.integers(1, 300), st.floats(0.01, 0.99))
def test_the_promise_is_kept_or_more_is_said(n, rate):
    threshold = normal_threshold(np.arange(float(n)), rate)
    assert threshold.held_out == n
    if threshold.false_alarms > rate + 1e-9:
        assert threshold.value == n - 1  # too few images: the largest
        assert threshold.false_alarms == pytest.approx(1 / (n + 1))
        assert 1 / (n + 1) > rate
    else:  # and the next lower score would break it
        assert threshold.false_alarms + 1 / (n + 1) > rate - 1e-9


def test_false_alarms_on_new_normal_images():
    rng = np.random.default_rng(0)
    rates = []
    for _ in range(2000):
        scores = rng.lognormal(size=40)
        rates.append(np.mean(scores[39:] > normal_threshold(scores[:39], 0.1).value))
    # 4 of 40 ranks are above the 36th of 39: exactly a tenth, within three standard errors.
    assert np.mean(rates) == pytest.approx(0.1, abs=3 * np.sqrt(0.09 / 2000))


@pytest.mark.parametrize(("n", "k"), [(19, 19), (39, 38), (99, 95), (100, 96)])
def test_ranks_for_one_in_twenty(n, k):
    assert normal_threshold(np.arange(1.0, n + 1), 0.05).value == k


@pytest.mark.parametrize("rate", [0, 1, -0.1, 2])
def test_rates_out_of_range(rate):
    with pytest.raises(ValueError, match=f"between 0 and 1, got {rate}"):
        normal_threshold([1.0], rate)


@pytest.mark.parametrize("held_out", [[], [np.nan], [1.0, np.inf], [[1.0]]])
def test_held_out_scores_that_are_none(held_out):
    with pytest.raises(ValueError, match="at least one held-out normal image"):
        normal_threshold(held_out)
    with pytest.raises(ValueError, match="at least one held-out normal image"):
        p_values([1.0], held_out)


def test_scores_that_are_not_finite():
    with pytest.raises(ValueError, match="NaN or infinite"):
        p_values([np.nan], [1.0])


def test_drift_is_rarely_seen_where_there_is_none():
    rng = np.random.default_rng(0)
    found = [drift(rng.lognormal(size=30), rng.lognormal(size=20)) < 0.05 for _ in range(1000)]
    assert np.mean(found) == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / 1000))


def test_drift_is_seen_both_ways():
    rng = np.random.default_rng(0)
    held_out = rng.lognormal(size=30)
    assert drift(3 * rng.lognormal(size=30), held_out) < 0.01
    assert drift(rng.lognormal(size=30) / 3, held_out) < 0.01
    with pytest.raises(ValueError, match="at least one held-out normal image"):
        drift([1.0], [])
