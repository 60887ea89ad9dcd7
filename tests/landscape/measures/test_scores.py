"""Metrics of which more is better, and the choice of a rise."""

import math

import numpy as np
import pytest

from landscape.measures import HEADLINE, common_rise, compare, summarize
from landscape.measures.quantities import SCORE_HEADLINE
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
    assert found["flat_area_rise"].name == "area with accuracy ≥ f0 − 0.1"
    assert "drops by 0.1 at" in found.sentence
    assert found.no_multiples == ""


def test_a_score_has_no_multiples_of_its_center():
    keys = {s.key for s in summarize(score(hill), metric="accuracy").statistics}
    assert not keys & {"radius_mean", "flat_area", "epsilon_sharpness", "slope_relative"}


def test_what_remains_of_a_score_near_the_center():
    """Of 0.9 - c r² the mean over the disk of radius R is 0.9 - c R² / 2, the least 0.9 - c R²."""
    found = summarize(score(hill, planes=3), metric="accuracy", epsilon=0.6)
    c = 0.4 * (1 + 0.1 * np.arange(3))
    assert found["mean_within"].per_plane == pytest.approx(0.9 - c * 0.18, abs=1e-4)
    assert found["minimum_within"].per_plane == pytest.approx(0.9 - c * 0.36, abs=1e-3)
    assert found["mean_within"].name == "mean within 0.6"
    assert found["mean_within"].low < found["mean_within"].value < found["mean_within"].high < 1
    assert [s.key for s in found.headline] == list(SCORE_HEADLINE)


def test_a_share_of_samples_has_no_derivatives_but_a_smooth_score_has():
    share, smooth = (summarize(score(hill, name=name), metric=name) for name in ("auc", "psnr"))
    assert "curvature_mean" not in share
    assert "slope" not in share
    assert smooth["curvature_mean"].value == pytest.approx(0.8)
    assert "radius_mean_half" not in smooth  # nothing is the worst
    assert smooth["mean_within"].average == "mean"


def test_half_of_what_there_is_to_lose():
    """0.9 - 0.4 r² is 0.75 at sqrt(0.375), half way from 0.9 to 0.6; to 0 it is 0.45."""
    surface = score(hill)
    kind = {"higher_is_better": True, "low": 0.6, "high": 1.0}
    declared = replace(surface, metadata={"metric_kinds": {"accuracy": kind}})
    found = summarize(declared, metric="accuracy")
    assert found["radius_mean_half"].value == pytest.approx(0.375**0.5, rel=1e-3)
    assert found["radius_mean_half"].name == "radius to (f0 + 0.6) / 2, mean"
    assert "falls to 0.75, half way to the worst, at 0.612" in found.sentence
    assert summarize(surface, metric="accuracy")["radius_mean_half"].is_bound


def test_a_score_drops_by_ten_points_where_it_does_and_by_less_elsewhere():
    steep, flat = score(lambda a, b, p: 0.9 - 0.9 * (a**2 + b**2)), score(hill)
    assert common_rise(steep, metric="accuracy") == 0.1
    assert common_rise(flat, metric="accuracy") == 0.1
    slight = score(lambda a, b, p: 0.9 - 0.05 * (a**2 + b**2))
    assert common_rise(slight, metric="accuracy") == 0.1
    found = summarize(slight, metric="accuracy")
    assert found["radius_mean_rise"].is_bound
    assert "the accuracy of 0.9 drops by 0.1 on average not before 1.1" in found.sentence


def test_nothing_remains_beside_points_that_are_not_finite():
    surface = score(hill, steps=21)
    surface.values["accuracy"][0, 10, 12] = np.nan
    found = summarize(surface, metric="accuracy")
    for key in ("mean_within", "minimum_within"):
        assert math.isnan(found[key].value)
        assert found[key].note.startswith("the disk contains points that are not finite")


def test_the_center_has_its_error_over_samples():
    surface = score(hill, steps=21)
    surface = replace(surface, metadata={"center_accuracy_se": 0.02})
    found = summarize(surface, metric="accuracy")
    assert found.center_error == 0.02
    assert str(found).startswith("accuracy at the center 0.9 ± 0.039 (95% over samples), ")
    found = summarize(surface, metric="accuracy", confidence=0.68)
    assert "0.9 ± 0.02 (68% over samples), " in str(found)
    assert math.isnan(summarize(surface).center_error)
    alike = replace(surface, metadata={"center_accuracy_se": 0.0})  # 1 of all, say
    assert str(summarize(alike, metric="accuracy")).startswith("accuracy at the center 0.9, ")


def test_comparisons_of_scores_have_their_headline():
    one, other = score(hill, planes=3), score(lambda a, b, p: hill(a, b, p) - 0.1, planes=3)
    found = compare(one, other, metric="accuracy")
    assert [d.key for d in found.headline] == list(SCORE_HEADLINE)
    assert found["mean_within"].a > found["mean_within"].b
    assert any(
        note.startswith("centers differ, 0.9 and 0.8: mean and minimum within a radius, and the")
        for note in found.notes
    )
    near = score(lambda a, b, p: hill(a, b, p) - 0.04, planes=3)
    assert "centers" not in "".join(compare(one, near, metric="accuracy").notes)


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


@pytest.mark.parametrize(("error", "rise"), [(0.01, 0.5), (0.3, 1.0), (1.6, 5.0), (math.nan, 0.5)])
def test_the_default_rise_is_no_less_than_the_error_of_a_center(error, rise):
    """Half of the 95 % interval is 1.96 standard errors, rounded up."""
    surface, metadata = make(bowl(curvature=4.0)), {"center_loss_se": error}
    noisy = replace(surface, metadata=metadata)
    assert common_rise(noisy) == common_rise(surface, noisy) == rise
    assert summarize(noisy)["radius_mean_rise"].settings["rise"] == rise


def test_the_default_drop_of_an_accuracy_is_ten_points_or_its_error():
    surface = score(hill, steps=21)
    for error, drop in ((0.02, 0.1), (0.08, 0.2)):
        noisy = replace(surface, metadata={"center_accuracy_se": error})
        assert common_rise(noisy, metric="accuracy") == drop


def test_a_surface_that_does_not_rise_says_so():
    found = summarize(make(lambda a, b, p: 5 - a**2 - b**2, planes=2))
    assert math.isnan(common_rise(make(lambda a, b, p: 5 - a**2 - b**2)))
    note = "there is no rise that most rays reach inside the grid"
    assert found["radius_mean_rise"].note == note
    assert found["radius_mean_rise"].name == "radius to f0 + rise, mean"


def aside(a, b):
    """A sector of 15 % of all directions."""
    return a > 2 * np.abs(b)


def test_the_default_rise_of_a_surface_that_falls_first_is_reached_along_most_rays():
    """It falls to r = 0.4 and has risen by 0.18 at r = 0.9, but aside falls all the way."""
    surface = make(
        lambda a, b, p: 9 + 2 * (r := np.hypot(a, b)) * (r - 0.8) - 4 * r * aside(a, b), planes=2
    )
    assert common_rise(surface) == 0.1
    assert common_rise(surface, make(bowl(curvature=400.0))) == 0.1
    found = summarize(surface)["radius_mean_rise"]
    assert found.is_bound
    assert "of 128 rays leave the grid first" in found.note
    along_most = 0.4 + math.sqrt(0.16 + 0.05)
    assert along_most < found.value < 0.85 * along_most + 0.15 * math.sqrt(1.25)

    few = make(lambda a, b, p: 9 - a**2 - b**2 + 4 * a**2 * aside(a, b))
    assert math.isnan(common_rise(few))
    assert "that most rays reach" in summarize(few)["radius_mean_rise"].note


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
        "doubles on average not before 1.123 direction norms and rises by 0.01 at 0.447"
        in found.sentence
    )
