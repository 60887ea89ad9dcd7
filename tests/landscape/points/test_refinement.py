"""Refinement by replay on surfaces that are known everywhere."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landscape.points.refinement import RESOLUTION, Refinement
from landscape.points.scale import SHARE_BELOW

AXIS = np.linspace(-1, 1, 51)
A, B = AXIS[None, :], AXIS[:, None]
COARSE = np.linspace(-1, 1, 31)  # for what takes many points, and so much time
C, D = COARSE[None, :], COARSE[:, None]


def replay(truth, *, tolerance=0.01, clip=10.0, controlled=("loss",), seconds=np.inf):
    """Refine metrics that are known everywhere; return the final state."""
    truths = truth if isinstance(truth, dict) else {"loss": truth}
    axis = np.linspace(-1, 1, truths["loss"].shape[1])
    middle = truths["loss"].size // 2
    state = Refinement(
        axis,
        np.zeros(1) if len(truths["loss"]) == 1 else axis,
        center={name: float(values.flat[middle]) for name, values in truths.items()},
        tolerance=tolerance,
        clip=clip,
        controlled=controlled,
        seconds=seconds,
    )
    while state.wanted:
        state.learn(
            {i: {name: float(v.flat[i]) for name, v in truths.items()} for i in state.wanted}
        )
    return state


def true_error(state, truth, metric="loss"):
    """Return the largest relative error where the estimate or the truth is below the level."""
    estimate, _ = state.estimates()[metric]
    scale = state.scale(metric)
    truth = np.where(np.isfinite(truth), truth, np.inf)
    counted = np.minimum(truth, estimate) <= scale.level
    missed = np.abs(estimate[counted] - truth[counted])
    return (missed / np.maximum(np.abs(np.fmin(truth, 1e300)[counted]), scale.unit)).max()


SMOOTH = {
    "bowl": 1 + 10 * (A**2 + B**2),
    "tilted": 2 + A + 0.5 * B + A * B,
    "negative": -2 + A**2 + B**2,
    "center zero": 3 * A**2 + 2 * B**2 + A * B,
    "five decades": np.exp(6 * np.hypot(A, 0.7 * B) ** 1.5),
    "rosenbrock": 0.05 + (0.2 - A) ** 2 + 5 * (B - A**2) ** 2,
    "two wells": 1.3
    - np.exp(-(A**2 + B**2) / 0.1)
    - 0.8 * np.exp(-((A - 0.6) ** 2 + (B - 0.5) ** 2) / 0.05),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_smooth_surfaces_take_few_points(name):
    state = replay(SMOOTH[name])
    assert true_error(state, SMOOTH[name]) <= 0.01
    assert state.measured < 0.1 * 51**2
    assert 0 < state.estimated_error <= 0.01


@pytest.mark.parametrize(
    "truth",
    [
        1 + C**2 + D**2 + 3 * np.maximum(0, C + D - 0.7),
        1 + C**2 + D**2 + 3.0 * (C + 0.5 * D > 0.43),
        (1 + C**2 + D**2) * np.where(C - D > 0.81, 1e3, 1.0),
    ],
    ids=["kink", "cliff", "high cliff"],
)
def test_kinks_and_cliffs_take_more_points_and_keep_the_promise(truth):
    state = replay(truth)
    assert true_error(state, truth) <= 0.01
    assert state.measured > 0.15 * truth.size


def test_noise_falls_back_to_the_full_grid_by_itself():
    noise = np.random.default_rng(0).standard_normal((31, 31))
    truth = (1 + C**2 + D**2) * (1 + 0.1 * noise)
    state = replay(truth)
    assert state.measured > 0.95 * truth.size
    assert true_error(state, truth) <= 0.01


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_a_region_that_is_not_finite_is_found_to_the_last_point(value):
    truth = np.where(A + 0.3 * B > 0.45, value, 1 + A**2 + B**2)
    state = replay(truth)
    estimate, error = state.estimates()["loss"]
    np.testing.assert_array_equal(np.isfinite(estimate), np.isfinite(truth))
    assert np.isinf(error[~np.isfinite(truth) & (error != 0)]).all()
    assert true_error(state, truth) <= 0.01
    assert state.measured < 0.4 * 51**2


def test_what_grows_beyond_the_level_before_it_is_infinite_needs_no_boundary():
    truth = np.where(np.hypot(A, B) < 0.9, np.exp(8 * (A**2 + B**2)), np.inf)
    state = replay(truth)
    assert true_error(state, truth) <= 0.01
    assert state.measured < 0.12 * 51**2


def test_every_controlled_metric_keeps_the_promise():
    accuracy = 1 / (1 + np.exp(8 * (np.hypot(A, B) - 0.6)))
    truths = {"loss": SMOOTH["bowl"], "accuracy": np.broadcast_to(accuracy, (51, 51))}
    both = replay(truths, controlled=("loss", "accuracy"))
    one = replay(truths)
    assert true_error(both, truths["accuracy"], "accuracy") <= 0.01
    assert true_error(both, truths["loss"]) <= 0.01
    assert true_error(one, truths["loss"]) <= 0.01
    assert one.measured < both.measured
    # What is not controlled is estimated all the same, and knows how badly.
    estimate, error = one.estimates()["accuracy"]
    assert (np.abs(estimate - accuracy) <= np.maximum(error, 1e-12)).mean() > 0.9


def test_lines_are_refined_too():
    truth = 0.1 + np.sin(4 * AXIS) ** 2 + AXIS**2
    state = replay(truth[None])
    assert true_error(state, truth[None]) <= 0.01
    assert state.measured < 40


def test_a_smaller_tolerance_takes_more_points():
    counts = [replay(SMOOTH["rosenbrock"], tolerance=t).measured for t in (0.05, 0.01, 0.002)]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1] / 2


def test_a_higher_level_takes_more_points():
    low, high = (replay(SMOOTH["rosenbrock"], clip=clip) for clip in (3.0, 100.0))
    assert low.measured < high.measured
    assert true_error(high, SMOOTH["rosenbrock"]) <= 0.01


def test_failed_points_are_left_out_and_cost_nothing_else():
    truth = SMOOTH["bowl"]
    state = Refinement(
        AXIS, AXIS, center={"loss": 1.0}, tolerance=0.01, clip=10.0, controlled=["loss"]
    )
    poison = {25 * 51 + 26, 12 * 51 + 25, 0}
    while state.wanted:
        state.learn(
            {i: None if i in poison else {"loss": float(truth.flat[i])} for i in state.wanted}
        )
    estimate, error = state.estimates()["loss"]
    tried = np.isnan(error)
    assert set(np.flatnonzero(tried)) <= poison
    assert 0 in np.flatnonzero(tried)
    assert (np.abs(estimate / truth - 1)[~tried & (truth <= 10)]).max() <= 0.01


def test_measured_values_are_never_changed():
    state = replay(SMOOTH["two wells"])
    estimate, error = state.estimates()["loss"]
    measured = error == 0
    assert measured.sum() == state.measured
    np.testing.assert_array_equal(estimate[measured], SMOOTH["two wells"][measured])


@settings(max_examples=8, deadline=None)
@given(factor=st.sampled_from([1e-6, 1e-2, 3.0, 1e8]), name=st.sampled_from(sorted(SMOOTH)))
def test_the_unit_of_the_loss_does_not_matter(factor, name):
    plain, scaled = replay(SMOOTH[name]), replay(factor * SMOOTH[name])
    assert plain.measured == pytest.approx(scaled.measured, rel=0.15)
    assert true_error(scaled, factor * SMOOTH[name]) <= 0.01


def test_even_and_tiny_grids_work():
    for steps in (3, 4, 6, 10):
        axis = np.linspace(-1, 1, steps)
        truth = 1 + axis[None] ** 2 + axis[:, None] ** 2
        assert np.abs(replay(truth).estimates()["loss"][0] / truth - 1).max() <= 0.01


def test_the_level_follows_a_surface_that_lies_far_above_its_center():
    truth = 3e-4 * np.exp(12 * np.hypot(A, B) / (0.4 + np.hypot(A, B)))
    state = replay(truth)
    assert (truth <= 10 * truth.min()).mean() < 0.03
    assert (truth <= state.scale("loss").level).mean() == pytest.approx(SHARE_BELOW, abs=0.03)
    assert true_error(state, truth) <= 0.01


ALIASED = np.sin(4 * np.pi * C) ** 2 * np.ones_like(D)  # constant on the nested 5 x 5 grid


@pytest.mark.parametrize(
    "truth",
    [1 + 0.5 * ALIASED, 1 + 0.5 * ALIASED * ALIASED.T, 1 + C**2 + D**2 + 0.5 * ALIASED],
    ids=["stripes", "bumps", "stripes on a bowl"],
)
def test_ripples_that_the_first_points_cannot_see_do_not_end_it_early(truth):
    state = replay(truth)
    assert true_error(state, truth) <= 0.01


@pytest.mark.parametrize("seed", range(4))
def test_walls_wider_than_the_resolution_are_seen_from_both_sides(seed):
    at = np.random.default_rng(seed).uniform(-0.6, 0.6, 2)
    inside = np.hypot(C - at[0], D - at[1]) < RESOLUTION + 0.02
    truth = (1 + 5 * (C**2 + D**2)) * np.where(inside, 1e3, 1.0)
    assert true_error(replay(truth), truth) <= 0.01


def test_no_point_below_the_level_is_farther_from_a_measured_one_than_the_resolution():
    state = replay(1 + 0.1 * A + 0.1 * B)
    _, error = state.estimates()["loss"]
    row, column = np.nonzero(error == 0)
    distance = np.hypot(
        A[..., None] - AXIS[column][None, None], B[..., None] - AXIS[row][None, None]
    ).min(-1)
    assert distance.max() <= RESOLUTION
    assert state.measured < 0.045 * 51**2


def test_a_staircase_is_measured_completely():
    smooth = 1 + 4 * (C**2 + 0.7 * D**2 + 0.3 * C * D)
    truth = np.floor(4 * smooth) / 4
    state = replay(truth)
    assert true_error(state, truth) <= 1e-12
    assert state.measured == truth.size


def test_a_surface_with_hardly_any_finite_value_is_measured_completely():
    truth = np.where(np.hypot(C, D) < 0.3, 1 + C**2 + D**2, np.nan)
    state = replay(truth)
    assert state.measured == truth.size
    assert state.estimated_error == 0


@pytest.mark.parametrize("name", ["two wells", "rosenbrock"])
def test_a_fine_grid_takes_no_more_points_than_a_coarse_one(name):
    fine = np.linspace(-1, 1, 151)
    a, b = fine[None, :], fine[:, None]
    truth = {
        "two wells": 1.3
        - np.exp(-(a**2 + b**2) / 0.1)
        - 0.8 * np.exp(-((a - 0.6) ** 2 + (b - 0.5) ** 2) / 0.05),
        "rosenbrock": 0.05 + (0.2 - a) ** 2 + 5 * (b - a**2) ** 2,
    }[name]
    state = replay(truth)
    assert true_error(state, truth) <= 0.01
    assert state.measured < 1.5 * replay(SMOOTH[name]).measured


def test_between_the_candidates_of_a_fine_grid_a_boundary_is_measured():
    fine = np.linspace(-1, 1, 101)
    a, b = fine[None, :], fine[:, None]
    truth = np.where(a + 0.3 * b > 0.45, np.nan, 1 + a**2 + b**2)
    state = replay(truth)
    estimate, _ = state.estimates()["loss"]
    np.testing.assert_array_equal(np.isfinite(estimate), np.isfinite(truth))
    assert state.measured < 0.3 * truth.size


def smooth_surface(seed, waves):
    """Return the exponential of a few random waves, of at most `waves` periods over the grid."""
    generator = np.random.default_rng(seed)
    total = np.zeros((31, 31))
    for _ in range(6):
        a, b = generator.uniform(-np.pi * waves, np.pi * waves, 2)
        total += generator.normal() * np.sin(a * C + b * D + generator.uniform(0, 2 * np.pi)) / 3
    return np.exp(total)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), waves=st.floats(0.1, 1.0))
def test_errors_of_smooth_surfaces_are_small_on_both_sides(seed, waves):
    truth = smooth_surface(seed, waves)
    state = replay(truth)
    assert true_error(state, truth) <= 0.02  # the estimate of an error is no bound
    assert len(set(measured_points(state))) == state.measured <= truth.size


def measured_points(state):
    _, error = state.estimates()["loss"]
    return [int(i) for i in np.flatnonzero(error == 0)]


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10**6), seconds=st.sampled_from([1e-4, 1e-3, 1e-2, np.inf]))
def test_the_same_values_lead_to_the_same_points(seed, seconds):
    truth = smooth_surface(seed, 1.5)
    one, other = (replay(truth, seconds=seconds) for _ in range(2))
    assert measured_points(one) == measured_points(other)
    np.testing.assert_array_equal(one.estimates()["loss"][0], other.estimates()["loss"][0])


def test_points_that_cost_next_to_nothing_are_all_measured():
    assert replay(SMOOTH["rosenbrock"], seconds=1e-6).measured == 51**2
    assert replay(SMOOTH["rosenbrock"], seconds=1.0).measured < 0.15 * 51**2
