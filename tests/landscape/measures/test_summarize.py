"""Statistics of surfaces, against closed forms."""

import json
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from landscape.measures import mean_interval, summarize
from landscape.points.grid import axis
from landscape.surface.axes import Axis
from tests.landscape.measures.surfaces import bowl, make, replace, with_loss

SCALE_FREE_OF_A_BOWL = {  # f = 0.5 + 2 r^2, over the default radii 0.5 and 0.25
    "epsilon_sharpness_relative": 100 * 4 * 0.5**2 * 2 / 2 / 0.5,
    "mean_excess_relative": 4 / 4 * 0.5**2 / 0.5,
    "quadratic_fit": 1.0,
    "curvature_max_relative": 8.0,
    "curvature_mean_relative": 8.0,
    "curvature_min_relative": 8.0,
    "slope_relative": 0.0,
    "minimum_offset": 0.0,
    "minimum_depth_relative": 0.0,
    "radius_mean": 0.5,
    "radius_min": 0.5,
    "radius_max": 0.5,
    "asymmetry": 0.0,
}


@pytest.mark.parametrize("key", SCALE_FREE_OF_A_BOWL)
def test_a_bowl_has_its_closed_form(key):
    found = summarize(make(bowl()))[key]
    assert found.value == pytest.approx(SCALE_FREE_OF_A_BOWL[key], rel=1e-4, abs=1e-9)
    assert found.scale_free


def test_raw_statistics_of_a_bowl():
    found = summarize(make(bowl(), gram=np.eye(2) * 9.0), rise=0.32)
    assert found["epsilon_sharpness"].value == pytest.approx(100 * 1.0 / 1.5)
    assert found["mean_excess"].value == pytest.approx(0.25)
    assert found["curvature_max"].value == pytest.approx(4 / 9)  # directions of norm 3
    assert found["curvature_max_relative"].value == pytest.approx(8)
    assert found["radius_mean_rise"].value == pytest.approx(0.4, rel=1e-4)
    assert found["flat_area_rise"].value == pytest.approx(np.pi * 0.16, rel=5e-3)
    assert not found["radius_mean_rise"].scale_free
    assert found["radius_mean_rise"].settings == {"rise": 0.32, "rays": 128}


@pytest.mark.parametrize("radius", [0.1, 0.2, 0.35, 0.5, 0.77])
def test_doubling_radius_and_area_of_bowls(radius):
    found = summarize(make(bowl(curvature=1 / radius**2)))
    for key in ("radius_min", "radius_mean", "radius_max"):
        assert found[key].value == pytest.approx(radius, rel=5e-3)
    assert found["flat_area"].value == pytest.approx(np.pi * radius**2, rel=5e-3)
    assert found["flat_area"].note == "one plane: no interval"


@given(
    first=st.floats(-5, 30),
    second=st.floats(-5, 30),
    angle=st.floats(0, np.pi),
    slope=st.tuples(st.floats(-1, 1), st.floats(-1, 1)),
)
@settings(max_examples=25, deadline=None)
def test_quadratics_have_their_curvatures_and_slope(first, second, angle, slope):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    hessian = turn @ np.diag([first, second]) @ turn.T
    assume(np.abs(hessian).max() > 0.1)

    def quadratic(a, b, _):
        z = np.stack([a, b])
        bend = np.einsum("i...,ij,j...->...", z, hessian, z)
        return 2 + np.einsum("i,i...->...", np.array(slope), z) + bend / 2

    found = summarize(make(quadratic, steps=21))
    low, high = sorted([first, second])
    assert found["curvature_max"].value == pytest.approx(high, abs=1e-3)
    assert found["curvature_min"].value == pytest.approx(low, abs=1e-3)
    assert found["slope"].value == pytest.approx(np.hypot(*slope), abs=1e-6)
    assert found["quadratic_fit"].value == pytest.approx(1, abs=1e-9)


@given(cosine=st.floats(-0.9, 0.9), ratio=st.floats(0.3, 3), angle=st.floats(0, 2 * np.pi))
@settings(max_examples=12, deadline=None)
def test_oblique_directions_do_not_matter(cosine, ratio, angle):
    """The same plane of the same loss through other directions: the Gram matrix undoes them."""
    directions = np.array([[1.0, 0.0], [ratio * cosine, ratio * np.sqrt(1 - cosine**2)]])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    directions = directions @ turn
    hessian = np.diag([3.0, 40.0])

    def loss(a, b, _):
        x = a[..., None] * directions[0] + b[..., None] * directions[1]
        return 1 + x @ np.array([0.2, 0.1]) + np.einsum("...i,ij,...j->...", x, hessian, x) / 2

    found = summarize(make(loss, gram=directions @ directions.T), fit_radius=0.5)
    straight = summarize(make(lambda a, b, p: _straight(a, b, hessian)))
    for key in ("curvature_max", "curvature_min", "slope"):
        assert found[key].value == pytest.approx(straight[key].value, rel=1e-6)
    length = np.sqrt((1 + ratio**2) / 2)
    if "lower bound" not in found["radius_min"].note:
        assert found["radius_min"].value * length == pytest.approx(
            straight["radius_min"].value, rel=2e-2
        )


def _straight(a, b, hessian):
    x = np.stack([a, b], axis=-1)
    return 1 + x @ np.array([0.2, 0.1]) + np.einsum("...i,ij,...j->...", x, hessian, x) / 2


def wavy(a, b, plane=0):
    """A surface without symmetries, different in each plane, least near the center."""
    return (
        0.2
        + 3 * a**2
        + 2 * b**2
        + 0.4 * a * b
        + 0.3 * a**3
        + 0.1 * plane * b**2
        + 0.05 * np.sin(7 * a + 3 * b + plane)
    )


@given(factor=st.floats(1e-6, 1e6))
@settings(max_examples=8, deadline=None)
def test_scale_free_statistics_do_not_see_a_constant_factor(factor):
    """The negative control c * L2 of a comparison."""
    one = summarize(SURFACE)
    other = summarize(
        replace(
            SURFACE,
            values={"loss": factor * SURFACE.loss},
            center={"loss": factor * SURFACE.center["loss"]},
        )
    )
    for a, b in zip(one.statistics, other.statistics, strict=True):
        if a.scale_free:
            np.testing.assert_allclose(b.per_plane, a.per_plane, rtol=1e-9, atol=1e-12)
            np.testing.assert_allclose([b.low, b.high], [a.low, a.high], rtol=1e-9, atol=1e-12)
            assert a.note == b.note


@pytest.mark.parametrize("angle", [0.3, 1.0, 2.2])
def test_rotating_the_plane_changes_little(angle):
    def turned(a, b, _):
        return wavy(np.cos(angle) * a - np.sin(angle) * b, np.sin(angle) * a + np.cos(angle) * b)

    one, other = summarize(make(wavy)), summarize(make(turned))
    # Means over disks and rays; boxes and single grid points do turn.
    for key in ("mean_excess", "radius_mean", "radius_min", "radius_max", "flat_area"):
        assert other[key].value == pytest.approx(one[key].value, rel=1e-2)
    for key in ("curvature_max", "curvature_min", "slope"):
        assert other[key].value == pytest.approx(one[key].value, rel=2e-2)


def test_every_value_is_the_average_over_planes_with_its_interval():
    found = summarize(SURFACE)
    for statistic in found.statistics:
        planes = [
            summarize(
                replace(
                    SURFACE,
                    values={"loss": SURFACE.loss[[plane]]},
                    status=SURFACE.status[[plane]],
                    gram=SURFACE.gram[[plane]],
                )
            )[statistic.key].value
            for plane in range(3)
        ]
        np.testing.assert_allclose(statistic.per_plane, planes)
        interval = mean_interval(planes, kind=statistic.kind)
        assert (statistic.value, statistic.low) == pytest.approx(
            (interval.value, interval.low), nan_ok=True
        )
        assert math.isfinite(statistic.value)


def test_one_plane_has_no_interval():
    found = summarize(make(bowl()))["mean_excess"]
    assert np.isnan([found.low, found.high]).all()
    assert found.note == "one plane: no interval"


def test_the_grid_minimum_off_the_center_is_found():
    found = summarize(make(bowl(shift=(0.2, -0.12))))
    assert found["minimum_offset"].value == pytest.approx(np.hypot(0.2, 0.12))
    assert found["minimum_depth"].value == pytest.approx(2 * (0.2**2 + 0.12**2))
    assert found["slope"].value == pytest.approx(4 * np.hypot(0.2, 0.12))


def test_a_line_has_no_area_and_one_curvature():
    found = summarize(make(lambda a, b, p: 0.5 + 2 * a**2 + 0.5 * a, line=True))
    keys = {statistic.key for statistic in found.statistics}
    missing = {s.key for s in summarize(make(bowl())).statistics} - keys
    ends = {f"curvature_{end}{kind}" for end in ("max", "min") for kind in ("", "_relative")}
    assert missing == {"flat_area", "flat_area_rise", *ends}
    assert found["curvature_mean"].value == pytest.approx(4)
    assert found["slope"].value == pytest.approx(0.5)
    assert found["epsilon_sharpness_relative"].value == pytest.approx(100 * 0.75 / 0.5)
    assert found["mean_excess"].value == pytest.approx(2 * 0.25 / 3)
    roots = [(-0.5 + np.sqrt(0.25 + 4)) / 4, (0.5 + np.sqrt(0.25 + 4)) / 4]
    assert found["radius_min"].value == pytest.approx(min(roots), rel=1e-3)
    assert found["radius_max"].value == pytest.approx(max(roots), rel=1e-3)
    assert found["asymmetry"].value > 0.1


def test_an_odd_surface_is_wholly_asymmetric():
    assert summarize(make(lambda a, b, p: 1 + a + b**3))["asymmetry"].value == pytest.approx(1)


def test_only_the_basin_of_the_center_counts():
    def two_basins(a, b, _):
        return 1 + 20 * np.minimum((a + 0.4) ** 2, (a - 0.4) ** 2) + 20 * b**2

    found = summarize(make(two_basins, alpha=axis(1, 51) - 0.4 + 0.4, center=1.0))
    # The center lies on the ridge, at 4.2 times the level of both basins.
    assert found["flat_area"].value == 0
    shifted = summarize(make(lambda a, b, p: two_basins(a - 0.4, b, p)))
    assert shifted["flat_area"].value == pytest.approx(np.pi / 20, rel=1.5e-2)
    assert shifted["radius_max"].value == pytest.approx(math.sqrt(1 / 20), rel=5e-3)


def test_a_plane_along_eigenvectors_says_where_its_curvatures_are_measured():
    """Of -b^2 / 50 + 4 b^4, whose second derivative is negative at the center alone."""
    names, values = ("λ max", "λ min"), (2.0, -0.04)
    axes = [
        Axis(name=name, random=False, eigenvalue=value).to_dict()
        for name, value in zip(names, values, strict=True)
    ]
    surface = make(
        lambda a, b, p: 1 + a**2 - b**2 / 50 + 4 * b**4, radius=2.0, metadata={"axes": axes}
    )
    summary = summarize(surface)
    assert summary["curvature_min"].value > 0
    text = str(summary)
    assert "curvatures and slope are those of a quadratic fit within 0.5 direction norms of" in text
    assert "eigenvalues (λ) are exact at the center alone: curvatures of the fit, over" in text
    plain = [{**axis, "eigenvalue": None} for axis in axes]
    assert "λ) are exact" not in str(summarize(replace(surface, metadata={"axes": plain})))


def test_other_metrics_and_units():
    surface = make(bowl())
    surface = replace(
        surface,
        values={"loss": surface.loss, "error": 2 * surface.loss, "error_se": surface.loss},
        center={"loss": 0.5, "error": 1.0},
        metadata={"normalize": "filter", "seed": 3},
    )
    found = summarize(surface, metric="error")
    assert found.metric == "error"
    assert found["curvature_max"].value == pytest.approx(8)
    assert found["radius_mean"].unit == "filter norm"
    assert found.identity["seed"] == 3
    with pytest.raises(ValueError, match="one of the metrics loss, error, got 'accuracy'"):
        summarize(surface, metric="accuracy")


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        ({"epsilon": 0.0}, "expected a positive epsilon, got 0.0"),
        ({"fit_radius": -1.0}, "expected a positive fit_radius, got -1.0"),
        ({"rise": 0.0}, "expected a positive rise"),
        ({"level": 1.0}, "expected a level above 1, .* got 1.0"),
        ({"confidence": 95}, "expected a confidence between 0 and 1 such as 0.95, got 95"),
    ],
)
def test_wrong_settings_are_refused(setting, text):
    with pytest.raises(ValueError, match=text):
        summarize(make(bowl()), **setting)


def test_a_summary_is_json_and_text():
    surface = with_loss(make(bowl()), lambda loss: loss.__setitem__((0, 26, 26), np.inf))
    found = summarize(surface)
    data = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    by_key = {entry["key"]: entry for entry in data["statistics"]}
    assert by_key["epsilon_sharpness"]["value"] == "inf"
    assert by_key["mean_excess"]["low"] is None
    assert by_key["radius_mean"]["settings"] == {"level": 2.0, "rays": 128.0}
    assert data["center"] == 0.5
    lines = str(found).splitlines()
    assert lines[0].startswith("loss at the center 0.5, 1 of 1 planes, 100.0% of the points")
    assert any("radius to 2 f0, mean" in line for line in lines)
    with pytest.raises(KeyError, match="no statistic 'radius'; there are epsilon_sharpness"):
        found["radius"]


SURFACE = make(wavy, planes=3, steps=25)
