"""Metrics of which more is better, and the choice of a rise."""

import math

import numpy as np
import pytest

from landscape.measures import HEADLINE, common_rise, summarize
from tests.landscape.measures.surfaces import bowl, make, replace


def score(function, name="accuracy", **fields):
    """Make a surface with a score beside its loss."""
    surface = make(function, **fields)
    return replace(
        surface,
        values={"loss": np.ones(surface.loss.shape), name: surface.loss},
        center={"loss": 1.0, name: surface.center["loss"]},
    )


def hill(a, b, plane):
    return 0.9 - 0.4 * (1 + 0.1 * plane) * (a**2 + b**2)


def test_a_score_has_radii_to_a_drop_and_a_best_point():
    found = summarize(score(hill, planes=3), metric="accuracy", rise=0.1)
    assert found.center == 0.9
    radius = found["radius_mean_rise"]
    assert radius.per_plane[0] == pytest.approx(0.5, rel=1e-3)
    assert radius.name == "radius to f0 − 0.1, mean"
    assert found["minimum_offset"].name == "distance of the best point"
    assert found["minimum_offset"].value == 0
    assert found["mean_excess"].name == "mean drop"
    assert found["mean_excess"].per_plane[0] == pytest.approx(0.4 * 0.5**2 / 2)
    assert found["curvature_mean"].per_plane[0] == pytest.approx(0.8)
    assert found["curvature_mean"].unit == "accuracy / parameter²"
    assert found["flat_area_rise"].name == "area with accuracy ≥ f0 − 0.1"
    assert "drops by 0.1 at" in found.sentence
    assert found.no_multiples == ""


def test_a_score_has_no_multiples_of_its_center():
    keys = {s.key for s in summarize(score(hill), metric="accuracy").statistics}
    assert not keys & {"radius_mean", "flat_area", "epsilon_sharpness", "slope_relative"}


def test_the_best_point_of_a_score_is_its_largest():
    found = summarize(score(lambda a, b, p: 0.5 - 0.2 * ((a - 0.2) ** 2 + b**2)), metric="accuracy")
    assert found["minimum_offset"].value == pytest.approx(0.2)
    assert found["minimum_depth"].value == pytest.approx(0.2 * 0.04)
    assert found["minimum_depth"].name == "height of the best point"


def test_values_that_are_not_finite_are_the_worst_for_a_score_too():
    surface = score(hill, steps=21)
    surface.values["accuracy"][0, 15:] = np.nan
    found = summarize(surface, metric="accuracy", rise=0.3)
    assert found["radius_min_rise"].value == pytest.approx(0.4, abs=0.051)


def test_a_declared_kind_wins_over_the_name():
    surface = score(hill, name="margin")
    declared = replace(surface, metadata={"metric_kinds": {"margin": {"higher_is_better": True}}})
    assert not summarize(surface, metric="margin").more_is_better
    assert summarize(declared, metric="margin").more_is_better


@pytest.mark.parametrize(("curvature", "rise"), [(4.0, 0.5), (400.0, 50), (0.7, 0.05)])
def test_the_default_rise_is_round_and_inside_the_grid(curvature, rise):
    """At half the radius the bowl has risen by an eighth of its curvature."""
    surface = make(bowl(curvature=curvature), planes=2)
    assert common_rise(surface) == rise
    found = summarize(surface)["radius_mean_rise"]
    assert found.settings["rise"] == rise
    assert not found.is_bound


def test_the_default_rise_is_reached_by_all_surfaces_and_along_all_rays():
    flat, steep = make(bowl(curvature=0.5)), make(bowl(curvature=50.0))
    assert common_rise(steep, flat) == common_rise(flat, steep) == 0.05
    valley = make(lambda a, b, p: 1 + 4 * a**2 + 0.2 * b**2)
    assert common_rise(valley) == 0.1
    assert not summarize(valley)["radius_mean_rise"].is_bound


def test_a_surface_that_does_not_rise_says_so():
    found = summarize(make(lambda a, b, p: 5 - a**2 - b**2, planes=2))
    assert math.isnan(common_rise(make(lambda a, b, p: 5 - a**2 - b**2)))
    assert found["radius_mean_rise"].note == "the surface does not rise inside the grid"
    assert found["radius_mean_rise"].name == "radius to f0 + rise, mean"


def test_the_headline_comes_first_and_the_rest_on_request():
    found = summarize(make(lambda a, b, p: 0.5 + (2 + p) * (a**2 + b**2), planes=3))
    assert tuple(s.key for s in found.headline) == HEADLINE
    text = str(found)
    assert "On 3 planes the loss of 0.5 doubles at 0.4" in text
    assert "asymmetry" not in text
    assert "asymmetry" in found.table(everything=True)
    assert "geometric mean" in found.table()
    assert len(repr(found)) < 400


def test_the_sentence_tells_bounds():
    found = summarize(make(bowl(curvature=0.1), planes=2), rise=0.01)
    assert (
        "doubles no nearer than 1.123 direction norms and rises by 0.01 at 0.447" in found.sentence
    )
