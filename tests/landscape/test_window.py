"""Grids with ends of their own: values, measures and figures where nothing is square."""

import numpy as np
import pytest

from landscape import compute, draw_contour, draw_interactive, draw_surface, load, summarize
from landscape.errors import SettingsMismatchError
from landscape.planes.space import ParameterSpace, RandomPlanes
from landscape.points.grid import span
from landscape.points.refinement import Refinement
from tests.landscape.quadratics import quadratic

WINDOW = {"planes": 2, "steps": 5, "workers": 1, "window": (-1, 1, -0.2, 0.6)}


def test_values_are_those_at_the_coordinates_of_the_window(tmp_path):
    problem = quadratic()
    surface = compute(problem, path=tmp_path / "run.h5", **WINDOW)
    np.testing.assert_allclose(surface.alpha, [-1, -0.5, 0, 0.5, 1])
    np.testing.assert_allclose(surface.beta, [-0.2, 0, 0.2, 0.4, 0.6], atol=1e-12)
    assert surface.beta[1] == 0
    planes = RandomPlanes(ParameterSpace(problem.model), 2)
    theta = planes[1].at(0.5, 0.6)["theta"].reshape(-1).double()
    expected = float(theta @ problem.model.matrix.double() @ theta / 2 + 1)
    assert surface.loss[1, 4, 3] == pytest.approx(expected, rel=1e-5)
    assert load(tmp_path / "run.h5").config["window"] == [-1, 1, -0.2, 0.6]
    assert "radius" not in surface.config
    with pytest.raises(SettingsMismatchError, match=r"window = \[-1.0, 1.0, -0.2, 0.6\], not "):
        compute(problem, path=tmp_path / "run.h5", **{**WINDOW, "window": (-1, 1)})


def test_two_numbers_are_for_both_sides_and_equal_a_radius():
    square = compute(quadratic(), **{**WINDOW, "window": "-2,2"})
    radius = compute(quadratic(), **{**WINDOW, "window": None}, radius=2.0)
    np.testing.assert_array_equal(square.loss, radius.loss)
    line = compute(quadratic(), **{**WINDOW, "window": (0.5, 1.5)}, line=True)
    np.testing.assert_allclose(line.alpha, [0.5, 0.75, 1, 1.25, 1.5])


def test_statistics_are_taken_where_the_window_reaches():
    wide = compute(quadratic(), **{**WINDOW, "steps": 41, "window": (-1, 1, -0.5, 1)})
    square = compute(quadratic(), **{**WINDOW, "steps": 41, "window": None})
    for key in ("curvature_max", "slope"):  # of a quadratic, wherever it is fitted
        assert summarize(wide)[key].value == pytest.approx(summarize(square)[key].value, rel=1e-3)
    outside = compute(quadratic(), **{**WINDOW, "window": (0.5, 1.5)})
    with pytest.raises(ValueError, match="expected the center inside the grid"):
        summarize(outside)


def test_figures_of_any_window_are_drawn_to_scale_where_that_is_not_extreme():
    for window, aspect in (((-1, 1, -0.5, 0.5), 1.0), ((-1, 1, -0.01, 0.01), 40.0)):
        surface = compute(quadratic(), **{**WINDOW, "window": window})
        axes = draw_contour(surface).axes
        assert axes.get_aspect() == pytest.approx(aspect)
        assert axes.get_ylim() == window[2:]
        assert draw_surface(surface).axes.get_ylim() == window[2:]
        assert draw_interactive(surface).layout.scene.yaxis.range == window[2:]


@pytest.mark.parametrize("window", [(0.3, 2.3, -0.02, 0.06), (-1.0, 1.0, -50.0, 50.0)])
def test_a_tolerance_holds_on_a_window_of_any_shape(window):
    alpha, beta = span(*window[:2], 31), span(*window[2:], 31)
    half = (window[3] - window[2]) / 2
    across, along = np.meshgrid(alpha, beta / half)  # as much changes along either side
    truth = (1 + across**2 + 3 * (along - 0.2) ** 2 + 0.3 * np.sin(5 * along)).ravel()
    plan = Refinement(
        alpha, beta, center={"loss": 1.5}, tolerance=0.01, clip=10, controlled=["loss"]
    )
    while plan.wanted:
        plan.learn({index: {"loss": truth[index]} for index in plan.wanted})
    estimate, _ = plan.estimates()["loss"]
    assert plan.measured < 0.4 * truth.size
    assert np.abs(estimate.ravel() - truth).max() < 0.01 * truth.max()
    assert (np.abs(estimate.ravel() - truth) < 0.01 * np.maximum(truth, 1.5)).all()
