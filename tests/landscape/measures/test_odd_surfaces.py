"""Statistics of surfaces that are incomplete, coarse or not finite."""

import json
import math

import numpy as np
import pytest

from landscape.measures import summarize
from landscape.points.grid import axis
from tests.landscape.measures.surfaces import bowl, make, replace, with_loss


def test_a_radius_that_the_grid_does_not_resolve_says_so():
    found = summarize(make(bowl(curvature=1 / 0.06**2), planes=2))
    for key in ("radius_mean", "flat_area"):
        assert found[key].note == "less than 2 grid spacings: take a grid of smaller radius"
    assert found["radius_mean"].value == pytest.approx(0.06, rel=5e-3)


def test_rays_that_leave_the_grid_are_counted():
    found = summarize(make(lambda a, b, p: 1 + a**2 / 0.25, steps=41))
    assert "of 128 rays leave the grid first" in found["radius_mean"].note
    assert found["radius_min"].value == pytest.approx(0.5, rel=5e-3)
    assert found["radius_min"].note == "one plane: no interval"
    assert "the area touches the border" in found["flat_area"].note
    assert found["flat_area"].value == pytest.approx(2, rel=2e-2)
    flat = summarize(make(bowl(curvature=0.1)))
    assert "128 of 128 rays" in flat["radius_min"].note
    assert flat["radius_min"].value == pytest.approx(1)


def test_a_constant_surface_is_flat():
    found = summarize(make(lambda a, b, p: 1.0 + 0 * a, planes=2))
    assert found["curvature_max"].value == found["slope"].value == found["mean_excess"].value == 0
    assert math.isnan(found["quadratic_fit"].value)
    assert math.isnan(found["asymmetry"].value)
    assert found["quadratic_fit"].note == "the surface is constant in the disk"


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_lie_above_every_level(bad):
    surface = with_loss(
        make(bowl(curvature=0.9)), lambda loss: loss.__setitem__((0, slice(40, None)), bad)
    )
    found = summarize(surface)
    assert found.finite == pytest.approx(40 / 51)
    assert "78.4% of the points finite" in str(found)
    assert found["radius_min"].value == pytest.approx(0.56, abs=0.04)  # beta[39]
    assert "leave the grid" in found["radius_mean"].note
    assert found["epsilon_sharpness"].value == pytest.approx(100 * 0.225 / 1.5)
    assert found["curvature_max"].value == pytest.approx(0.9)
    near = summarize(with_loss(make(bowl()), lambda loss: loss.__setitem__((0, 27), bad)))
    assert near["epsilon_sharpness"].value == np.inf
    assert near["mean_excess"].value == np.inf
    assert near["radius_min"].value == pytest.approx(0.04, abs=0.01)
    assert near["quadratic_fit"].value == pytest.approx(1)
    assert (
        near["asymmetry"].note.startswith("needs 90% finite points")
        or near["asymmetry"].value < 1e-9
    )


def test_a_fit_needs_finite_points():
    found = summarize(
        with_loss(make(bowl()), lambda loss: loss.__setitem__((0, slice(26, None)), np.nan))
    )
    for key in ("quadratic_fit", "curvature_max", "curvature_min_relative", "slope", "asymmetry"):
        assert math.isnan(found[key].value)
        assert "needs 90% finite points" in found[key].note
    assert found["minimum_offset"].value == 0


def test_a_center_at_or_below_zero_has_no_relative_numbers():
    for floor in (0.0, -0.3):
        found = summarize(make(bowl(floor=floor), planes=2), rise=0.5)
        for key in ("mean_excess_relative", "curvature_max_relative", "radius_mean", "flat_area"):
            assert math.isnan(found[key].value)
            assert "needs a positive value at the center" in found[key].note
        assert found["curvature_max"].value == pytest.approx(4)
        assert found["radius_mean_rise"].value == pytest.approx(0.5, rel=5e-3)
        assert found["asymmetry"].value == pytest.approx(0, abs=1e-9)


def test_missing_and_failed_points_are_told():
    surface = make(bowl(), planes=3)
    status = surface.status.copy()
    status[1, 20:] = 0
    status[2, 0, 0] = 2
    loss = np.where(status == 1, surface.loss, np.nan)
    found = summarize(replace(surface, status=status, values={"loss": loss}))
    assert found.used == (0, 2)
    assert found.notes == (
        "plane 1: 60.8% of the points missing or failed, left out",
        "plane 2: 0.0% of the points missing or failed, measured without them",
    )
    assert found.finite == 1
    statistic = found["mean_excess"]
    assert math.isnan(statistic.per_plane[1])
    assert statistic.value == pytest.approx(0.25)
    assert "plane 2: lower bound: points are unknown" in found["radius_mean"].note


def test_a_surface_without_points_says_so():
    surface = make(bowl(), planes=2)
    nothing = np.full(surface.loss.shape, np.nan)
    found = summarize(
        replace(surface, status=np.zeros(surface.status.shape, np.int8), values={"loss": nothing})
    )
    assert found.used == ()
    assert math.isnan(found.finite)
    assert all(math.isnan(s.value) and "no plane is complete" in s.note for s in found.statistics)
    str(found)
    json.dumps(found.to_dict(), allow_nan=False)


def test_estimates_stand_in_for_points_not_measured():
    surface = make(bowl())
    status = surface.status.copy()
    status[:, 1::2] = 0
    values = {
        "loss": np.where(status == 1, surface.loss, np.nan),
        "loss_estimate": surface.loss,
    }
    found = summarize(replace(surface, status=status, values=values))
    assert found["radius_mean"].value == pytest.approx(0.5, rel=1e-4)
    assert found.notes == ("49.0% of the points are interpolated, not measured",)


def test_even_grids_have_no_point_at_the_center():
    found = summarize(make(bowl(), steps=50))
    assert found["radius_mean"].value == pytest.approx(0.5, rel=5e-3)
    assert found["curvature_max"].value == pytest.approx(4)
    assert found["minimum_offset"].value == 0
    assert found["flat_area"].value == pytest.approx(np.pi / 4, rel=1.5e-2)


def test_a_grid_beside_the_center_is_measured_where_it_can_be():
    found = summarize(make(bowl(), alpha=np.linspace(0.5, 1.5, 21)), epsilon=1.0, fit_radius=1.0)
    assert found["radius_mean"].note.startswith("the center is not inside the grid")
    assert found["asymmetry"].note.startswith("needs a grid that is symmetric")
    assert found["mean_excess"].note.startswith("the disk leaves the grid")
    assert found["curvature_max"].value == pytest.approx(4)


def test_unequal_spacing_is_fine():
    alpha = np.sign(axis(1, 41)) * np.abs(axis(1, 41)) ** 1.3
    found = summarize(make(bowl(), alpha=alpha))
    assert found["radius_mean"].value == pytest.approx(0.5, rel=5e-3)
    assert found["flat_area"].value == pytest.approx(np.pi / 4, rel=2e-2)
    assert found["mean_excess"].value == pytest.approx(0.25)


@pytest.mark.parametrize("gram", [np.full((2, 2), np.nan), np.ones((2, 2)), np.zeros((2, 2))])
def test_without_a_gram_matrix_lengths_are_in_directions_only(gram):
    found = summarize(make(bowl(), gram=gram))
    assert math.isnan(found["curvature_max"].value)
    words = "directions are not known" if np.isnan(gram).all() else "Gram matrix of full rank"
    assert words in found["curvature_max"].note
    assert found["curvature_max_relative"].value == pytest.approx(8)
    assert found["radius_mean"].value == pytest.approx(0.5, rel=1e-4)


@pytest.mark.parametrize("steps", [3, 5, 11])
def test_coarse_grids_work(steps):
    found = summarize(make(bowl(curvature=2.0), steps=steps))
    assert found["curvature_max"].value == pytest.approx(2)
    assert found["radius_mean"].value == pytest.approx(np.sqrt(0.5), rel=2e-2)


def test_of_points_that_share_the_lowest_value_the_nearest_to_the_center_counts():
    """A plateau: zero error at the center, and over half of the grid."""
    plateau = summarize(make(lambda a, b, p: (a > 0.5).astype(float), planes=2))
    assert plateau["minimum_offset"].value == plateau["minimum_depth"].value == 0
    ring = summarize(make(lambda a, b, p: (a**2 + b**2 < 0.099).astype(float), steps=21))
    assert ring["minimum_offset"].value == pytest.approx(np.hypot(0.3, 0.1))
    assert ring["minimum_depth"].value == 1


def test_a_loss_of_both_signs_has_no_multiples():
    found = summarize(make(lambda a, b, p: 0.1 + a, planes=2))
    for key in ("radius_mean", "epsilon_sharpness_relative", "slope_relative"):
        assert math.isnan(found[key].value)
        assert found[key].note == "needs values of one sign: some are negative"
    assert found["slope"].value == pytest.approx(1)


def test_a_center_that_the_surface_dwarfs_has_no_multiples():
    found = summarize(make(bowl(floor=1e-8), planes=2))
    assert math.isnan(found["epsilon_sharpness_relative"].value)
    assert "not dwarfed by the surface" in found["epsilon_sharpness_relative"].note
    assert not math.isnan(found["radius_mean_rise"].value)
    assert found.sentence.startswith("On 2 planes the loss of 1e-08 rises by ")
    assert summarize(make(bowl(floor=1e-3), planes=2)).no_multiples == ""


def test_a_plane_without_a_value_is_left_out_and_counted():
    surface = make(lambda a, b, p: 0.5 + (2 + p) * (a**2 + b**2), planes=4)
    whole = summarize(replace(surface, **three_of(surface)))["curvature_mean"]
    broken = with_loss(surface, lambda loss: loss.__setitem__((3, slice(26, None)), np.nan))
    found = summarize(broken)
    curvature = found["curvature_mean"]
    assert (curvature.n, found["epsilon_sharpness"].n) == (3, 4)
    assert (curvature.value, curvature.low) == pytest.approx((whole.value, whole.low))
    assert "plane 3: needs 90% finite points" in curvature.note
    assert "over the 3 of 4 planes that have a value" in curvature.note


def three_of(surface):
    return {
        "values": {"loss": surface.loss[:3]},
        "status": surface.status[:3],
        "gram": surface.gram[:3],
    }


def test_curvature_that_is_not_positive_everywhere_keeps_its_sign():
    saddles = make(lambda a, b, p: 9 + (p - 1) * a**2 + b**2, planes=3)
    found = summarize(saddles)["curvature_min"]
    assert found.average == "mean of powers"
    assert found.value == pytest.approx(0, abs=1e-12)  # of -2, 0 and 2
    assert found.low < 0 < found.high
    assert "not positive on all planes: mean of |x|^0.6 with the sign of x" in found.note


@pytest.mark.parametrize("seed", range(5))
def test_no_interval_leaves_the_range_of_its_quantity(seed):
    rng = np.random.default_rng(seed)
    waves = rng.normal(0, 3, (3, 4))

    def bumpy(a, b, p):
        one, other, slope, size = waves[p]
        return 1 + size**2 * (a**2 + b**2) + np.abs(slope) * np.sin(one * a + other * b) ** 2

    found = summarize(make(bumpy, planes=3, steps=21))
    for statistic in found.statistics:
        if statistic.key != "curvature_min" and not math.isnan(statistic.low):
            either_sign = statistic.average == "mean of powers"
            assert either_sign or statistic.low >= 0 or "quadratic" in statistic.key
    assert found["quadratic_fit"].high <= 1
    assert 0 <= found["asymmetry"].low <= found["asymmetry"].high <= 1
