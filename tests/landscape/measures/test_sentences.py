"""What comparisons say in sentences, of two surfaces and of several."""

import re

import numpy as np
import pytest

from landscape.measures import compare, holm
from landscape.measures.paired import holm_factors
from landscape.measures.power import pairs_needed
from tests.landscape.measures.surfaces import noisy


def test_a_sentence_says_whether_it_differs():
    flat, sharp = noisy([1, 2, 3, 4, 5, 6]), noisy([2.1, 3.8, 6.1, 7.9, 10.2, 11.8])
    found = compare(sharp, flat, names=("new", "old"))
    said = found["curvature_mean_scaled"].sentence
    assert re.fullmatch(
        r"mean curvature per filter norm differs: that of new is 2 \[1\.9\d*, 2\.0\d*\] times "
        r"that of old, adjusted p [\d.e-]+",
        said,
    )
    assert f"{said}." in str(found).splitlines()
    same = compare(flat, flat)
    assert same["curvature_mean_scaled"].sentence == (
        "mean curvature per filter norm does not differ: it is the same on all 6 planes"
    )
    alone = compare(noisy([1], planes=1), noisy([2], planes=1))["curvature_mean_scaled"].sentence
    assert (
        alone
        == "mean curvature per filter norm has no test on 1 plane: that of a is 0.5 times that of b"
    )


def test_a_sentence_says_how_many_planes_might_show_a_difference():
    one = noisy([1.0] * 6)
    other = noisy(list(np.exp([0.1, 0.5, -0.2, 0.3, -0.1, 0.2])))
    found = compare(other, one)
    curvature = found["curvature_mean_scaled"]
    assert not curvature.differs
    assert "norm: no difference shown at 6 planes: that of a is" in curvature.sentence
    assert "excludes" not in curvature.sentence
    tested = [d.interval.p for d in found.headline]
    factor = dict(zip([d.key for d in found.headline], range(len(tested)), strict=True))
    alpha = 0.05 / holm_factors(tested)[factor["curvature_mean_scaled"]]
    values = [list(side) for side in zip(*curvature.pairs, strict=True)]
    needed = pairs_needed(*values, kind="positive", alpha=alpha)
    assert curvature.needed == needed
    assert curvature.sentence.endswith(
        f"; if it is what was measured, about {needed - 6} more would show it"
    )
    assert found.to_dict()["differences"][0]["planes_needed"] == found.differences[0].needed
    tiny = noisy(list(np.exp([0.1, -0.1, 0.1, -0.1, 0.1, -0.0999])))
    assert compare(tiny, one)["curvature_mean_scaled"].sentence.endswith(
        "more than 1,000 planes would be needed to show it"
    )


def test_a_difference_that_only_adjustment_hides_is_told():
    other = noisy(list(np.exp([0.3, 0.05, 0.2, 0.12, -0.03, 0.25])))
    found = compare(other, noisy([1.0] * 6))["curvature_mean_scaled"]
    assert found.interval.excludes_zero
    assert not found.differs
    value, low, high = found.interval.value, found.interval.low, found.interval.high
    assert found.sentence.startswith(
        "mean curvature per filter norm: no difference shown at 6 planes: that of a is "
        f"{value:.3g} [{low:.3g}, {high:.3g}] times that of b, which excludes 1 only before "
        "adjustment for the number of comparisons; if"
    )


def test_several_are_compared_with_the_first_and_adjusted_together():
    a, b, c = (
        noisy(np.exp(shift + 0.1 * np.arange(6) ** k)) for shift, k in ((0, 1), (1, 2), (0, 2))
    )
    found = compare(a, b, c)
    assert found.names == ("a", "b", "c")
    assert found["curvature_mean", "c"].a == compare(a, c)["curvature_mean"].a
    assert found["curvature_mean"] is found["curvature_mean", "b"]
    p_values = [one.interval.p for one in found.headline]
    np.testing.assert_equal([one.adjusted for one in found.headline], holm(p_values))
    assert [one.names[1] for one in found.headline] == ["b"] * 5 + ["c"] * 5
    assert "a / c" in found.table()
    rows = found.rows()
    assert {(row["first"], row["second"]) for row in rows} == {("a", "b"), ("a", "c")}
    assert all(row.keys() == rows[0].keys() for row in rows)
    with pytest.raises(ValueError, match="expected 3 different names, got x, x, y"):
        compare(a, b, c, names=["x", "x", "y"])
    with pytest.raises(KeyError, match="no statistic 'slope' of 'd'"):
        found["slope", "d"]
