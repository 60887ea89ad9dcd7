"""Files, errors and surroundings that peers pass over in silence."""

import matplotlib.image as mpimg
import numpy as np
import pytest
import torch

import landscape as ls
from tests.conformance.models import SMALL, Point, over, plane


def test_a_file_of_something_else_is_not_taken_for_the_result(tmp_path):
    """tomgoldstein/loss-landscape 64ef4d5: a file with coordinates is reused, whatever it is of."""
    path = tmp_path / "run.h5"
    ls.compute(over(lambda a, b: a * b), **SMALL, path=path)
    kept = path.read_bytes()
    with pytest.raises(ls.SettingsMismatchError, match="radius"):
        ls.compute(over(lambda a, b: a * b), **SMALL, radius=2.0, path=path)
    with pytest.raises(ls.SettingsMismatchError, match="parameters"):
        ls.compute(over(lambda a, b: a * b, Point(2.0)), **SMALL, path=path)
    assert path.read_bytes() == kept


def test_another_loss_is_not_taken_for_the_same(tmp_path):
    """tomgoldstein/loss-landscape 64ef4d5: the names of its files leave out which loss it is."""
    path = tmp_path / "run.h5"
    ls.compute(over(lambda a, b: a * b), **SMALL, path=path)
    with pytest.raises(ls.SettingsMismatchError):
        ls.compute(over(lambda a, b: a * b + (a - 1)), **SMALL, path=path)


def test_a_second_run_does_not_empty_a_file(tmp_path):
    """tomgoldstein/loss-landscape 64ef4d5: a directions file without `ydirection` is truncated."""
    model, path = Point(), tmp_path / "run.h5"
    line = ls.Plane(ls.parameters_of(model), ({"point": torch.ones(1, 2, dtype=torch.float64)},))
    settings = {"steps": 5, "workers": 1, "path": path}
    found = ls.compute(over(lambda a, b: a * b, model), planes=[line], **settings)
    with pytest.raises(ls.SettingsMismatchError):
        ls.compute(over(lambda a, b: a * b, model), planes=[plane(model)], **settings)
    np.testing.assert_array_equal(ls.load(path).loss, found.loss)


def test_an_error_is_not_swallowed():
    """oxford-loss-landscapes 77b05b5: an exception of eigenvalues becomes (None, None)."""

    def formula(a, b):
        raise ZeroDivisionError("no such thing")

    with pytest.raises(ls.LandscapeError, match="no such thing"):
        ls.compute(over(formula), **SMALL)


def test_an_error_at_one_point_is_told_and_costs_that_point_only():
    """loss-landscapes 3.0.6: where one point fails nothing of the grid is returned."""

    def formula(a, b):
        if a[0] > 1.9:
            raise ZeroDivisionError("no such thing")
        return a

    model = Point()
    surface = ls.compute(over(formula, model), planes=[plane(model)], steps=5, workers=1)
    assert not surface.measured[0, :, -1].any()
    assert np.isnan(surface.loss[0, :, -1]).all()
    assert surface.measured[0, :, :-1].all()


@pytest.mark.slow
def test_it_runs_with_what_is_installed(tmp_path):
    """tomgoldstein/loss-landscape 64ef4d5: np.float, interp2d, and Axes3D(fig), which stays blank.

    Here warnings are errors, so that what will be gone tomorrow fails today.
    """
    model = Point()
    problem = over(lambda a, b: a.square() + b.square() + 0.1, model)
    surface = ls.compute(problem, planes=[plane(model)], steps=9, workers=1)
    for name, draw in (("contour", ls.draw_contour), ("surface", ls.draw_surface)):
        ls.save_figure(draw(surface), tmp_path / f"{name}.png")
        pixels = mpimg.imread(tmp_path / f"{name}.png").reshape(-1, 4)
        assert len(np.unique(pixels, axis=0)) > 100  # colours: it is not blank
