"""Comparisons of two surfaces."""

import json
import math
import re

import numpy as np
import pytest

from landscape.errors import LandscapeError
from landscape.measures import compare, holm, summarize
from tests.landscape.measures.surfaces import bowl, make, noisy, replace


def tilted(curvature):
    """Make three planes whose curvature varies by what both models share."""
    return make(
        lambda a, b, plane: 0.5 + curvature * (1 + 0.2 * plane) * (a**2 + b**2),
        planes=3,
        steps=21,
        metadata={"seed": 1, "normalize": "filter"},
    )


def test_the_sharper_model_is_found():
    found = compare(summarize(tilted(4.0), rise=0.5), summarize(tilted(2.0), rise=0.5))
    curvature = found["curvature_max"]
    mean = np.prod([1, 1.2, 1.4]) ** (1 / 3)
    assert curvature.interval.is_ratio
    assert curvature.interval.value == pytest.approx(2)
    assert curvature.interval.low == pytest.approx(2)
    assert (curvature.a, curvature.b) == pytest.approx((8 * mean, 4 * mean))
    assert found["radius_mean"].interval.value == pytest.approx(np.sqrt(0.5), rel=1e-3)
    assert found["radius_mean"].interval.high < 1
    assert found["radius_mean"].differs
    assert found["radius_mean"].scale_free
    data = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert data["differences"][0]["key"] == "epsilon_sharpness"
    assert data["differences"][0]["ratio"] == pytest.approx(2)
    lines = found.table(everything=True).splitlines()
    line = next(line for line in lines if line.startswith("largest curvature / f0"))
    assert "×2" in line
    assert line.endswith("*")
    assert len(repr(found)) < 400
    with pytest.raises(KeyError, match="no statistic 'x'"):
        found["x"]


def test_a_constant_factor_is_no_difference_in_scale_free_numbers():
    surface = tilted(4.0)
    scaled = replace(surface, values={"loss": 7 * surface.loss}, center={"loss": 3.5})
    found = compare(scaled, surface)
    for one in found.differences:
        if one.scale_free and not np.isnan(one.interval.value):
            assert one.interval.value == pytest.approx(float(one.interval.is_ratio), abs=1e-6)
            assert not one.differs
    assert found["curvature_max"].differs
    assert found["curvature_max"].interval.value == pytest.approx(7)


def test_what_is_read_first_does_not_depend_on_the_length_of_the_weights():
    """A network of BatchNorm with weights three times as long is the same function."""
    surface = tilted(4.0)
    found = compare(replace(surface, gram=9 * surface.gram), surface)
    for one in found.headline:
        assert one.interval.value == pytest.approx(float(one.interval.is_ratio))
        assert not one.differs
    assert found["curvature_mean"].interval.value == pytest.approx(1 / 9)
    assert "mean curvature per filter norm" in str(found)


def test_comparisons_are_counted_and_adjusted():
    surface = tilted(4.0)
    noise = 1 + 0.01 * np.random.default_rng(0).standard_normal(surface.loss.shape)
    found = compare(surface, replace(surface, values={"loss": 1.1 * surface.loss * noise}))
    tested = [one for one in found.differences if not math.isnan(one.interval.p)]
    for family in (found.headline, tested):
        p_values = [one.interval.p for one in family]
        for one, adjusted in zip(family, holm(p_values), strict=True):
            if family is not found.headline and one in found.headline:
                continue
            np.testing.assert_equal(one.adjusted, adjusted)
            assert one.differs == (adjusted < 0.05)
    first = sum(not math.isnan(one.interval.p) for one in found.headline)
    assert f"adjusted (Holm) for {first} headline comparisons" in str(found)
    assert f"for all {len(tested)}" in found.table(everything=True)


def parabola(radius, planes=4):
    """Make a surface that doubles at a radius, on a grid of radius 0.2."""
    return make(lambda a, b, p: 1 + (a**2 + b**2) / radius**2, radius=0.2, planes=planes, steps=21)


def test_bounds_have_no_interval():
    far, farther, near = (summarize(parabola(r), rise=0.01) for r in (0.5, 50.0, 0.1))
    both = compare(far, farther)["radius_mean"]
    assert far["radius_mean"].is_bound
    assert both.bound == "?"
    assert np.isnan([both.interval.value, both.interval.low, both.interval.p]).all()
    assert str(both) == "-"
    one = compare(near, far)["radius_mean"]
    assert (one.bound, one.is_bound, one.differs) == ("<", True, False)
    assert one.interval.value == pytest.approx(0.1 / far["radius_mean"].value, rel=1e-3)
    assert math.isnan(one.interval.low)
    assert str(one).startswith("< ×0.4")
    assert compare(far, near)["radius_mean"].bound == ">"
    assert not compare(near, far)["curvature_mean"].is_bound
    line = next(
        line for line in compare(near, far).table().splitlines() if "radius to 2 f0" in line
    )
    assert re.search(rf"{near['radius_mean'].value:.4g} +≥ {far['radius_mean'].value:.4g}", line)
    assert "≥" not in str(compare(near, near))


def test_surfaces_share_one_rise():
    sharp, flat = parabola(0.1), parabola(0.2)
    found = compare(sharp, flat)["radius_mean_rise"]
    assert found.name == "radius to f0 + 0.2, mean"  # the flat one has 0.25 at half its radius
    assert found.interval.value == pytest.approx(0.5, rel=1e-2)
    assert compare(sharp, flat, rise=0.5)["radius_mean_rise"].name == "radius to f0 + 0.5, mean"
    separate = compare(summarize(sharp), summarize(flat))
    assert "radius_mean_rise" not in {one.key for one in separate.differences}
    assert "radii to 0.2 and 1 above the center are not compared" in str(separate)
    with pytest.raises(ValueError, match="expected surfaces where metric, rise or confidence"):
        compare(summarize(sharp), summarize(flat), rise=0.1)
    with pytest.raises(ValueError, match="two surfaces or two summaries, got Surface and Summary"):
        compare(sharp, summarize(flat))


def test_centers_that_differ_are_told():
    """The same bowl on a higher floor: farther to twice the center, as far to a rise."""
    low, high = (make(bowl(floor=floor), planes=3) for floor in (0.2, 0.4))
    found = compare(low, high)
    assert "centers differ, 0.2 and 0.4: a radius to a multiple of the center re-tells it" in str(
        found
    )
    assert found["radius_mean"].interval.value == pytest.approx(np.sqrt(0.5), rel=1e-2)
    assert found["radius_mean_rise"].interval.value == pytest.approx(1, rel=1e-3)
    assert "centers" not in str(compare(low, low))
    zero = make(bowl(floor=0.0), planes=3)
    assert "multiples of the center are not compared (b: needs a positive" in str(
        compare(low, zero)
    )


def test_one_plane_gives_a_difference_without_interval():
    found = compare(summarize(make(bowl(4.0))), summarize(make(bowl(2.0))))["curvature_max"]
    assert found.interval.value == pytest.approx(2)
    assert math.isnan(found.interval.low)
    assert not found.differs
    assert found.note == "one plane: no interval"


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("seed", {"metadata": {"seed": 2, "normalize": "filter"}}),
        ("normalize", {"metadata": {"seed": 1, "normalize": "layer"}}),
        ("batchnorm", {"metadata": {"seed": 1, "config": {"batchnorm": "batch"}}}),
        ("max_samples", {"metadata": {"seed": 1, "config": {"max_samples": 10}}}),
    ],
)
def test_other_directions_are_refused(name, other):
    recorded = {"batchnorm": "frozen", "max_samples": None}
    known = {"seed": 1, "normalize": "filter", "config": recorded}
    one = summarize(replace(tilted(2.0), metadata=known))
    with pytest.raises(LandscapeError, match=f"expected two surfaces with the same {name},"):
        compare(one, summarize(replace(tilted(2.0), **other)))


def test_other_extents_planes_and_settings_are_refused():
    one = summarize(make(bowl(), planes=2))
    for name, other in {
        "alpha": summarize(make(bowl(), planes=2, radius=0.5)),
        "planes": summarize(make(bowl(), planes=3)),
        "level": summarize(make(bowl(), planes=2), level=3.0),
        "steps": summarize(make(bowl(), planes=2, line=True)),
    }.items():
        with pytest.raises(LandscapeError, match=f"with the same {name}"):
            compare(one, other)
    with pytest.raises(LandscapeError, match=r"one confidence, got 0\.95 and 0\.9"):
        compare(one, summarize(make(bowl(), planes=2), confidence=0.9))


@pytest.mark.parametrize(
    ("first", "second", "got", "todo"),
    [
        ({}, {"radius": 0.5}, "alpha, got -1 to 1 and -0.5 to 0.5", "radius=1 (--radius 1)"),
        ({}, {"planes": 3}, "planes, got 2 and 3", "same seed and planes=3 (--planes 3)"),
        ({}, {"line": True}, "steps, got [21, 21] and [1, 21]", "line=True (--line)"),
        ({}, {"steps": 31}, "steps, got [21, 21] and [31, 31]", "steps=31 (--steps 31)"),
        (
            {"metadata": {"normalize": "filter"}},
            {"metadata": {"normalize": "unit"}},
            "normalize, got filter and unit",
            "normalize='filter' (--normalize filter)",
        ),
        (
            {"metadata": {"config": {"max_samples": None}}},
            {"metadata": {"config": {"max_samples": 10}}},
            "max_samples, got None and 10",
            "max_samples=10 (--max-samples 10)",
        ),
    ],
)
def test_it_is_said_how_to_make_surfaces_comparable(first, second, got, todo):
    pair = [summarize(make(bowl(), **{"planes": 2, "steps": 21, **one})) for one in (first, second)]
    with pytest.raises(LandscapeError, match=re.escape(f"with the same {got}")) as refused:
        compare(*pair)
    assert refused.value.hint.endswith(todo)


def test_surfaces_that_record_less_can_be_compared():
    known, unknown = tilted(2.0), replace(tilted(2.0), metadata={})
    found = compare(known, unknown)
    assert found["mean_excess"].interval.value == 1
    assert "no seed" not in str(found)
    assert "no seed is recorded: planes are paired by their number" in str(
        compare(unknown, unknown)
    )


def test_planes_left_out_of_one_are_left_out_of_both():
    surface = tilted(2.0)
    status = surface.status.copy()
    status[1] = 0
    partial = replace(surface, status=status)
    found = compare(summarize(surface), summarize(partial))["curvature_max"]
    assert found.interval.n == 2
    assert found.a == found.b == pytest.approx(4 * np.sqrt(1.4))
    with pytest.raises(ValueError, match="complete in both surfaces, there are none"):
        compare(summarize(surface), summarize(replace(surface, status=status * 0)))


@pytest.mark.parametrize(
    ("first", "second", "note"),
    [
        ({"draws": "these"}, {"draws": "others"}, "names or shapes of what moves differ"),
        ({"data": "1"}, {"data": "2"}, "the data differ"),
        ({"tolerance": None}, {"tolerance": 0.01}, r"tolerances differ \(a: None; b: 0\.01\)"),
        ({}, {"only": ["head.*"]}, r"other parameters move \(a: all; b: only head\.\*\)"),
        (
            {"problem": "x.py:build n=1"},
            {"problem": "y.py:build"},
            r"the problems differ \(a: x\.py:build; b: y\.py:build\): if their losses are of",
        ),
    ],
)
def test_what_else_differs_is_told(first, second, note):
    one, other = (
        noisy([1, 2, 3, 4, 5, 6], config={"steps": 21, **extra}) for extra in (first, second)
    )
    found = compare(one, other)
    assert re.search(note, str(found))
    assert found["curvature_mean"].interval.value == 1
    assert len(found.notes) == 1
    assert not compare(one, one).notes


def test_settings_that_a_file_names_only_where_chosen_are_compared():
    usual = noisy([1, 2, 3, 4, 5, 6], config={"steps": 21})
    for name, value in (("along", "gradient"), ("vectors", "random"), ("orthogonal", True)):
        other = noisy([1, 2, 3, 4, 5, 6], config={"steps": 21, name: value})
        with pytest.raises(
            LandscapeError, match=f"expected two surfaces with the same {name}, got"
        ):
            compare(usual, other)


def test_planes_that_are_not_random_have_no_radii_to_compare():
    axes = [{"name": name, "unit": "", "random": False} for name in ("gradient", "worst")]
    found = compare(*(noisy([1, 2, 3, 4, 5, 6], axes=axes) for _ in range(2)))
    assert "radius_mean_rise" not in {one.key for one in found.differences}
    assert found["curvature_max"].interval.value == 1


def test_scores_in_other_units_are_refused():
    shares = noisy([1] * 6)
    scores = {"loss": shares.loss, "accuracy": 1 / (1 + shares.loss)}
    center = {"loss": 0.5, "accuracy": 2 / 3}
    percent = {"accuracy": {"higher_is_better": True, "low": 0, "high": 100}}
    one = replace(shares, values=scores, center=center)
    other = replace(one, metadata={**one.metadata, "metric_kinds": percent})
    with pytest.raises(LandscapeError, match=r"accuracy to be of one kind .* 0 to 1 and 0 to 100"):
        compare(one, other, metric="accuracy")
