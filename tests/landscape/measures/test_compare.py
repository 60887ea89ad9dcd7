"""Intervals and paired comparisons."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from landscape.measures import compare, mean_interval, paired_difference, summarize
from tests.landscape.measures.surfaces import bowl, make, replace


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=20), st.floats(0.5, 0.99))
def test_intervals_are_students(values, confidence):
    found = mean_interval(values, confidence=confidence)
    error = stats.sem(values)
    assert found.value == pytest.approx(np.mean(values), abs=1e-9)
    assert found.n == len(values)
    if error > 1e-9:
        low, high = stats.t.interval(confidence, len(values) - 1, np.mean(values), error)
        assert (found.low, found.high) == pytest.approx((low, high), abs=1e-6)


def test_intervals_cover_the_mean_as_often_as_they_say():
    samples = np.random.default_rng(0).normal(3, 2, (4000, 5))
    found = [mean_interval(sample) for sample in samples]
    assert np.mean([i.low <= 3 <= i.high for i in found]) == pytest.approx(0.95, abs=0.012)


def test_a_single_value_has_no_interval():
    found = mean_interval([2.0])
    assert (found.value, found.n) == (2.0, 1)
    assert math.isnan(found.low)
    assert not found.excludes_zero


@pytest.mark.parametrize(
    ("values", "mean"),
    [([1.0, np.nan], np.nan), ([1.0, np.inf], np.inf), ([np.inf, -np.inf], np.nan)],
)
def test_nothing_is_left_out_silently(values, mean):
    found = mean_interval(values)
    np.testing.assert_equal(found.value, mean)
    assert math.isnan(found.low)
    assert math.isnan(found.high)


def test_wrong_values_are_refused():
    with pytest.raises(ValueError, match=r"got an array of shape \(0,\)"):
        mean_interval([])
    with pytest.raises(ValueError, match="expected pairs, got 2 and 1 values"):
        paired_difference([1.0, 2.0], [1.0])


def test_pairing_removes_what_the_pairs_share():
    shared = np.random.default_rng(0).normal(0, 10, 6)
    noise = np.random.default_rng(1).normal(0, 0.1, 6)
    found = paired_difference(shared + 1 + noise, shared)
    assert found.excludes_zero
    assert found.high - found.low < 0.5
    assert paired_difference(shared, shared).value == 0
    assert not paired_difference(shared, shared).excludes_zero


def tilted(curvature):
    """Make three planes whose curvature varies by what both models share."""
    return make(
        lambda a, b, plane: 0.5 + curvature * (1 + 0.2 * plane) * (a**2 + b**2),
        planes=3,
        steps=21,
        metadata={"seed": 1, "normalize": "filter"},
    )


def test_the_sharper_model_is_found():
    found = compare(summarize(tilted(4.0)), summarize(tilted(2.0)))
    curvature = found["curvature_max"]
    assert curvature.interval.value == pytest.approx(4 * 1.2)
    assert curvature.interval.excludes_zero
    assert (curvature.a, curvature.b) == pytest.approx((9.6, 4.8))
    assert found["radius_mean"].interval.high < 0
    assert found["radius_mean"].scale_free
    data = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert data["differences"][0]["key"] == "epsilon_sharpness"
    line = next(
        line for line in str(found).splitlines() if line.startswith("largest curvature / f0")
    )
    assert line.endswith("*")
    with pytest.raises(KeyError, match="no statistic 'x'"):
        found["x"]


def test_a_constant_factor_is_no_difference_in_scale_free_numbers():
    surface = tilted(4.0)
    scaled = replace(surface, values={"loss": 7 * surface.loss}, center={"loss": 3.5})
    found = compare(summarize(scaled), summarize(surface))
    for one in found.differences:
        if one.scale_free:
            assert one.interval.value == pytest.approx(0, abs=1e-9)
    assert found["curvature_max"].interval.excludes_zero


def test_one_plane_gives_a_difference_without_interval():
    found = compare(summarize(make(bowl(4.0))), summarize(make(bowl(2.0))))["curvature_max"]
    assert found.interval.value == pytest.approx(2)
    assert math.isnan(found.interval.low)
    assert "a: one plane: no interval" in found.note


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("seed", {"metadata": {"seed": 2, "normalize": "filter"}}),
        ("normalize", {"metadata": {"seed": 1, "normalize": "layer"}}),
    ],
)
def test_other_directions_are_refused(name, other):
    one = summarize(tilted(2.0))
    with pytest.raises(ValueError, match=f"expected two surfaces with the same {name}, got"):
        compare(one, summarize(replace(tilted(2.0), **other)))


def test_other_extents_planes_and_settings_are_refused():
    one = summarize(make(bowl(), planes=2))
    for name, other in {
        "alpha": summarize(make(bowl(), planes=2, radius=0.5)),
        "planes": summarize(make(bowl(), planes=3)),
        "level": summarize(make(bowl(), planes=2), level=3.0),
        "beta": summarize(make(bowl(), planes=2, line=True)),
    }.items():
        with pytest.raises(ValueError, match=f"with the same {name}"):
            compare(one, other)
    with pytest.raises(ValueError, match=r"one confidence, got 0\.95 and 0\.9"):
        compare(one, summarize(make(bowl(), planes=2), confidence=0.9))


def test_surfaces_that_record_less_can_be_compared():
    known, unknown = tilted(2.0), replace(tilted(2.0), metadata={})
    assert compare(summarize(known), summarize(unknown))["slope"].interval.value == 0


def test_planes_left_out_of_one_are_left_out_of_both():
    surface = tilted(2.0)
    status = surface.status.copy()
    status[1] = 0
    partial = replace(surface, status=status)
    found = compare(summarize(surface), summarize(partial))["curvature_max"]
    assert found.interval.n == 2
    assert found.a == found.b == pytest.approx(4 * 1.2)
    with pytest.raises(ValueError, match="complete in both surfaces, there are none"):
        compare(summarize(surface), summarize(replace(surface, status=status * 0)))
