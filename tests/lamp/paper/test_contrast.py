import math

import numpy as np
import pytest

from lamp.paper.contrast import RAW, SCALE_FREE, contrast, statistics_table, verdict
from landscape.measures import Interval, summarize
from landscape.surface import Surface

AXIS = np.linspace(-1, 1, 21)


def bowl(*, center=1.0, curvatures=(8.0, 9.0, 10.0)):
    """Planes center + curvature r^2 / 2, which double at sqrt(2 center / curvature)."""
    square = AXIS**2 + AXIS[:, None] ** 2
    values = center + np.array(curvatures)[:, None, None] * square / 2
    return summarize(
        Surface(
            alpha=AXIS,
            beta=AXIS,
            values={"loss": values},
            status=np.ones(values.shape, np.int8),
            gram=np.stack([np.eye(2)] * len(values)),
            center={"loss": center},
        )
    )


def test_a_constant_factor_is_seen_in_absolute_units_alone():
    plain, scaled = bowl(), bowl(center=3.0, curvatures=(24.0, 27.0, 30.0))
    one = contrast([[(scaled, plain)]])
    assert one.center.value == pytest.approx(math.log(3))
    assert one.curvature.value == pytest.approx(math.log(3))
    assert one.excess.value == pytest.approx(math.log(3))
    assert one.radius.value == pytest.approx(0, abs=1e-9)
    assert (one.why_no_radius, one.why_no_curvature) == ("", "")
    assert (one.pairs, one.rest) == (1, None)


def test_a_narrower_bowl_is_sharper_by_both_measures():
    narrow = bowl(curvatures=(16.0, 18.0, 20.0))
    one = contrast([[(narrow, bowl())]])
    assert one.radius.value == pytest.approx(-math.log(2) / 2, rel=0.02)
    assert (
        verdict("X", [one.radius], one.curvature) == "X sharpened the landscape, by both measures"
    )


def test_intervals_are_over_seeds_not_over_models_of_one_seed():
    first = (bowl(center=1.0), bowl(center=2.0))
    second = (bowl(center=3.0), bowl(center=2.0))
    one_seed = contrast([[first, second]])
    assert np.isnan(one_seed.center.low)
    assert np.isnan(one_seed.radius.low)
    two_seeds = contrast([[first], [second]])
    assert two_seeds.center.n == 2
    assert two_seeds.center.value == pytest.approx((math.log(1 / 2) + math.log(3 / 2)) / 2)
    assert one_seed.center.value == pytest.approx(two_seeds.center.value)


def test_what_has_no_ratio_keeps_its_own_reason():
    leaves, saddle = bowl(curvatures=(1.0, 9.0, 10.0)), bowl(curvatures=(8.0, -9.0, 10.0))
    one = contrast([[(bowl(), leaves)]])
    assert (one.why_no_radius, one.why_no_curvature) == (
        "lower bound: rays leave the grid first",
        "",
    )
    assert contrast([[(saddle, bowl())]]).why_no_curvature == "not positive on all planes"
    zero = contrast([[(bowl(), bowl(center=1e-9))]])
    assert zero.why_no_radius.startswith("needs a center that is not dwarfed by the surface")
    assert zero.why_no_curvature == ""
    assert zero.curvature.value == pytest.approx(0, abs=1e-6)  # needs no multiple of the center


def test_no_pair():
    with pytest.raises(ValueError, match="at least one pair"):
        contrast([])


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


def test_tables_hold_every_statistic_with_its_interval():
    models = {"plain": bowl(), "scaled": bowl(center=3.0, curvatures=(24.0, 27.0, 30.0))}
    for names, same in ((SCALE_FREE, True), (RAW, False)):
        table = statistics_table(models, names, "Caption.", center="loss")
        assert list(table.columns) == ["model", "loss", *names.values()]
        for a, b, key in zip(*(row[2:] for row in table.rows), names, strict=True):
            assert (a.value == pytest.approx(b.value)) == same, key
            assert a.low <= a.value <= a.high
