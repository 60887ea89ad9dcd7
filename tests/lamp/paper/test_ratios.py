import math

import numpy as np
import pytest

from lamp.paper.ratios import (
    RAW,
    SCALE_FREE,
    ratios_of,
    sharpness_text,
    statistics_row,
    statistics_table,
    verdict,
)
from landscape.measures import Interval, summarize


@pytest.fixture
def bowl(make_bowl):
    """Summarize planes center + curvature r^2 / 2, which double at sqrt(2 center / curvature)."""
    return lambda **parts: summarize(make_bowl(**parts))


def test_a_constant_factor_is_seen_in_absolute_units_alone(bowl):
    plain, scaled = bowl(), bowl(center=3.0, curvatures=(24.0, 27.0, 30.0))
    one = ratios_of([[(scaled, plain)]])
    assert one.center.value == pytest.approx(math.log(3))
    assert one.curvature.value == pytest.approx(math.log(3))
    assert one.excess.value == pytest.approx(math.log(3))
    assert one.radius.value == pytest.approx(0, abs=1e-9)
    assert (one.why_no_radius, one.why_no_curvature) == ("", "")
    assert (one.pairs, one.rest) == (1, None)


def test_a_narrower_bowl_is_sharper_by_both_measures(bowl):
    narrow = bowl(curvatures=(16.0, 18.0, 20.0))
    one = ratios_of([[(narrow, bowl())]])
    assert one.radius.value == pytest.approx(-math.log(2) / 2, rel=0.02)
    assert (
        verdict("X", [one.radius], one.curvature) == "X sharpened the landscape, by both measures"
    )


def test_intervals_are_over_seeds_not_over_models_of_one_seed(bowl):
    first = (bowl(center=1.0), bowl(center=2.0))
    second = (bowl(center=3.0), bowl(center=2.0))
    one_seed = ratios_of([[first, second]])
    assert np.isnan(one_seed.center.low)
    assert np.isnan(one_seed.radius.low)
    two_seeds = ratios_of([[first], [second]])
    assert two_seeds.center.n == 2
    assert two_seeds.center.value == pytest.approx((math.log(1 / 2) + math.log(3 / 2)) / 2)
    assert one_seed.center.value == pytest.approx(two_seeds.center.value)


def test_what_has_no_ratio_keeps_its_own_reason(bowl):
    leaves, saddle = bowl(curvatures=(1.0, 9.0, 10.0)), bowl(curvatures=(8.0, -9.0, 10.0))
    one = ratios_of([[(bowl(), leaves)], [(bowl(), leaves)]])
    assert one.why_no_radius == "lower bound: rays leave the grid first"
    assert np.isnan([one.radius.value, one.radius.low, one.row()["radius_ratio_high"]]).all()
    assert one.why_no_curvature == ""
    row = one.row()
    assert row["curvature_ratio_low"] <= row["curvature_ratio"] <= row["curvature_ratio_high"]
    assert ratios_of([[(saddle, bowl())]]).why_no_curvature == "not positive on all planes"
    zero = ratios_of([[(bowl(), bowl(center=1e-9))]])
    assert zero.why_no_radius.startswith("needs a center that is not dwarfed by the surface")
    assert zero.why_no_curvature == ""
    assert zero.curvature.value == pytest.approx(0, abs=1e-6)  # needs no multiple of the center
    assert ratios_of([[(bowl(center=0.0), bowl())]]).row()["center_ratio"] == 0


def test_no_pair():
    with pytest.raises(ValueError, match="at least one pair"):
        ratios_of([])


UP, DOWN, NONE = Interval(0.2, 0.1, 0.3, 5), Interval(-0.2, -0.3, -0.1, 5), Interval(0, -1, 1, 5)


@pytest.mark.parametrize(
    ("radii", "curvature", "words"),
    [
        ([UP], DOWN, "flattened the landscape, by both"),
        ([DOWN], DOWN, "sharper, in absolute units gentler, so that neither"),
        ([UP], NONE, "flatter, in absolute units no difference"),
        ([NONE], UP, "in absolute units the landscape is steeper, relative"),
        ([DOWN, NONE], UP, "in absolute units the landscape is steeper, relative"),
        ([NONE], NONE, "no difference in sharpness"),
    ],
)
def test_nothing_is_claimed_beyond_the_intervals(radii, curvature, words):
    assert words in verdict("X", radii, curvature)


def test_tables_hold_every_statistic_with_its_interval(bowl):
    models = {"plain": bowl(), "scaled": bowl(center=3.0, curvatures=(24.0, 27.0, 30.0))}
    for names, same in ((SCALE_FREE, True), (RAW, False)):
        table = statistics_table(models, names, "Caption.", center="loss")
        assert list(table.columns) == ["model", "loss", *names.values()]
        for a, b, key in zip(*(row[2:] for row in table.rows), names, strict=True):
            assert (a.value == pytest.approx(b.value)) == same, key
            assert a.low <= a.value <= a.high
        within = "ε-sharpness and mean excess are taken within ε = 0.5 filter norms."
        assert table.caption.startswith(f"Caption. {within}")


def test_a_sentence_tells_all_measures_and_why_one_is_missing(bowl):
    narrow = ratios_of([[(bowl(curvatures=(16.0, 18.0, 20.0)), bowl())]])
    assert sharpness_text(narrow, "X", "L2") == (
        "X has 1.00 times the loss of L2 at the center and 2.00 times (2.00 to 2.00) its "
        "curvature, and its loss doubles at 0.71 times (0.71 to 0.71) the radius: X sharpened the "
        "landscape, by both measures"
    )
    leaves = ratios_of([[(bowl(), bowl(curvatures=(1.0, 9.0, 10.0)))]])
    assert "the radii where it doubles have no ratio: lower bound" in sharpness_text(
        leaves, "X", "Y"
    )
    saddle = ratios_of([[(bowl(curvatures=(8.0, -9.0, 10.0)), bowl())]])
    assert "its curvature has no ratio: not positive on all planes" in sharpness_text(
        saddle, "X", "Y"
    )
    one_seed = ratios_of([[(bowl(), bowl()), (bowl(), bowl())]])
    assert sharpness_text(one_seed, "X", "Y").endswith("over seeds nothing can be claimed")


def test_rows_of_files_hold_every_number_with_its_limits(bowl):
    row = ratios_of([[(bowl(center=3.0, curvatures=(24.0, 27.0, 30.0)), bowl())]]).row()
    assert row["center_ratio"] == pytest.approx(3)
    assert np.isnan(row["center_ratio_low"])  # a single pair has one center each
    assert row["radius_ratio_low"] == pytest.approx(1)
    assert (row["why_no_radius"], row["pairs"]) == ("", 1)
    one = statistics_row(bowl(curvatures=(1.0, 9.0, 10.0)), "l2_")
    assert one["l2_center"] == 1
    assert one["l2_radius_mean_bound"]
    assert np.isnan(one["l2_radius_mean_low"])
    assert one["l2_curvature_mean_low"] < one["l2_curvature_mean"] < one["l2_curvature_mean_high"]
    assert "l2_curvature_mean_bound" not in one
