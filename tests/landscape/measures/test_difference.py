"""Where two surfaces differ, and where that is within its error, by closed forms."""

import numpy as np
import pytest

from landscape.errors import LandscapeError
from landscape.measures.difference import difference_map
from landscape.surface import Surface
from tests.landscape.measures.surfaces import bowl, make, replace

AXIS = np.linspace(-1, 1, 21)
RADIUS = np.hypot(*np.meshgrid(AXIS, AXIS))


def estimated(curvature, error, *, planes=1):
    """Make bowls of which only the center is measured, the rest known to a constant error."""
    whole = make(lambda a, b, p: 1 + curvature / 2 * (a**2 + b**2), steps=21, planes=planes)
    status = np.zeros(whole.status.shape, np.int8)
    status[:, 10, 10] = 1
    return Surface(
        alpha=whole.alpha,
        beta=whole.beta,
        values={
            "loss": np.where(status == 1, whole.loss, np.nan),
            "loss_estimate": whole.loss,
            "loss_estimate_error": np.full(status.shape, error),
        },
        status=status,
        gram=whole.gram,
        center=whole.center,
    )


def varied(factors):
    """Make bowls 1 + f r^2, one plane a factor."""
    return make(lambda a, b, p: 1 + factors[p] * (a**2 + b**2), steps=21, planes=len(factors))


def test_two_quadratics_differ_where_their_difference_exceeds_both_errors():
    """1 + 2 r^2 and 1 + r^2, each known to 0.08: r^2 exceeds the sum where r > 0.4."""
    a, b = estimated(4.0, 0.08), estimated(2.0, 0.08)
    for kind in ("difference", "absolute", "ratio"):
        found = difference_map(a, b, kind=kind)
        np.testing.assert_array_equal(found.within, RADIUS**2 <= 0.16 + 1e-5)
        flat = difference_map(b, a, kind=kind)
        np.testing.assert_allclose(flat.value, -found.value)
        assert flat.shares == (0.0, found.shares[0], found.shares[2])
    np.testing.assert_allclose(difference_map(a, b, kind="absolute").value, RADIUS**2, atol=1e-12)
    ratio = difference_map(a, b, kind="ratio")
    np.testing.assert_allclose(np.exp(ratio.value), (1 + 2 * RADIUS**2) / (1 + RADIUS**2))


def test_over_planes_a_difference_counts_where_the_interval_excludes_none():
    """Differences f r^2: t is the same at each point, so that either all differ or none."""
    base = varied([1.0] * 5)
    alike, unlike = [0.5, 0.7, 0.4, 0.6, 0.5], [0.5, -0.7, 0.4, -0.6, 0.3]
    for factors, differ in ((alike, True), (unlike, False)):
        found = difference_map(varied([1 + f for f in factors]), base, kind="difference")
        np.testing.assert_allclose(found.value, np.mean(factors) * RADIUS**2, atol=1e-12)
        np.testing.assert_array_equal(~found.within, differ & (RADIUS > 0))
        assert found.planes == 5
    t = 2.7764451051977987  # of 4 degrees of freedom, 97.5 %: all points but one are found
    sure = difference_map(varied([1 + f for f in alike]), base, kind="difference")
    half = t * np.std(alike, ddof=1) / np.sqrt(5) * RADIUS**2
    np.testing.assert_allclose(sure.half, half, rtol=1e-2, atol=1e-5)


def test_errors_of_estimates_come_on_top_of_the_interval():
    """Where all planes agree only the errors of estimates are left."""
    found = difference_map(estimated(4.0, 0.08, planes=3), estimated(2.0, 0.08, planes=3))
    np.testing.assert_array_equal(found.within, RADIUS**2 <= 0.16 + 1e-5)


def test_a_surface_does_not_differ_from_itself():
    surface = varied([1.0, 2.0, 3.0])
    noise = 1 + 1e-7 * np.random.default_rng(0).standard_normal(surface.loss.shape)
    for other in (surface, replace(surface, values={"loss": surface.loss * noise})):
        for plane in (None, 1):
            found = difference_map(surface, other, plane=plane)
            assert found.shares == (0.0, 0.0, 1.0)


def test_of_a_single_plane_all_that_was_measured_counts():
    found = difference_map(varied([1.0, 3.0]), varied([1.0, 1.0]), plane=1, kind="absolute")
    np.testing.assert_array_equal(~found.within, RADIUS > 0)
    assert (found.planes, found.plane) == (1, 1)
    line = difference_map(*(make(bowl(c), line=True, steps=21) for c in (4.0, 2.0)))
    assert line.value.shape == (1, 21)
    assert line.shares[0] == pytest.approx(20 / 21)
    shown = "DifferenceMap(loss, 21 x 1 points, a above b on 95%, below on 0%, within error on 5%)"
    assert repr(line) == shown


@pytest.mark.parametrize("planes", [3, 5, 10])
def test_where_nothing_differs_the_whole_map_is_within_its_error(planes):
    """Random cubic surfaces, alike on average: 5 % of the maps or fewer have a point outside."""
    rng, a = np.random.default_rng(planes), np.linspace(-1, 1, 11)
    alpha, beta = np.meshgrid(a, a)
    terms = np.stack([alpha**i * beta**j for i in range(4) for j in range(4 - i) if i + j])
    outside, runs = 0, 600
    for _ in range(runs):
        one, other = (
            Surface(
                alpha=a,
                beta=a,
                values={"loss": 9 + np.einsum("pt,tba->pba", draws, terms)},
                status=np.ones((planes, 11, 11), np.int8),
                gram=np.broadcast_to(np.eye(2), (planes, 2, 2)),
                center={"loss": 9.0},
            )
            for draws in rng.standard_normal((2, planes, len(terms)))
        )
        outside += not difference_map(one, other, kind="difference").within.all()
    assert outside / runs <= 0.05 + 0.018  # two standard errors


def test_units_are_what_both_surfaces_have():
    positive, zero = make(bowl()), make(bowl(floor=0.0))
    assert difference_map(positive, positive).kind == "ratio"
    assert difference_map(positive, zero).kind == "difference"
    with pytest.raises(LandscapeError, match="expected a positive loss at both centers"):
        difference_map(positive, zero, kind="ratio")
    scores = {"values": {"loss": positive.loss, "accuracy": 1 / (1 + positive.loss)}}
    score = replace(positive, **scores, center={"loss": 0.5, "accuracy": 2 / 3})
    assert difference_map(score, score, metric="accuracy").kind == "absolute"


def test_what_is_unknown_or_not_finite_is_neither():
    whole = make(bowl(), steps=21)
    loss, status = whole.loss.copy(), whole.status.copy()
    loss[0, 0, 0], status[0, 5, 5] = np.inf, 0
    found = difference_map(replace(whole, values={"loss": loss}, status=status), whole)
    assert (~found.known).sum() == 2
    assert found.shares == (0.0, 0.0, 1.0)


def test_other_grids_are_refused():
    one = make(bowl(), planes=2)
    with pytest.raises(LandscapeError, match="a and b on one grid, got alpha 51 from -1 to 1"):
        difference_map(one, make(bowl(), planes=2, steps=21))
    with pytest.raises(LandscapeError, match="as many planes of new as of old, got 2 and 3"):
        difference_map(one, make(bowl(), planes=3), names=("new", "old"))
    with pytest.raises(ValueError, match="a confidence between 0 and 1 such as"):
        difference_map(one, one, confidence=2)
    with pytest.raises(LandscapeError, match="expected a plane from 0 to 1, got 2"):
        difference_map(one, one, plane=2)
