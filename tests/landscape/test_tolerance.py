"""Grids with a tolerance: against the full grid, interrupted, on workers, on the command line."""

from dataclasses import replace

import matplotlib.text
import numpy as np
import pytest
import torch
from torch import nn

from landscape import draw_contour, load, summarize
from landscape.errors import LandscapeError, SettingsMismatchError
from landscape.figures.levels import levels_for
from landscape.measures import accuracy, plane_values
from landscape.measures.accuracy import read_with_errors
from landscape.measures.plane import Reading
from landscape.problem import Problem
from landscape.sampling import compute
from landscape.surface import Status

GRID = {"planes": 2, "steps": 31, "radius": 0.7}


def smooth(poison: float = 0.0, calls: list[int] | None = None) -> Problem:
    """A small regression; raises above a loss, and counts its evaluations."""
    generator = torch.Generator().manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 12), nn.Tanh(), nn.Linear(12, 1))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    x = torch.randn(64, 3, generator=generator)
    target = model(x).detach() + 0.5 * torch.randn(64, 1, generator=generator)

    def loss(model, x):
        values = (model(x) - target.to(x)).square()[:, 0]
        if calls is not None:
            calls.append(1)
        if poison and values.mean() > poison:
            raise RuntimeError("poison")
        return {"loss": values, "size": values.sqrt()}

    return Problem(model, loss, [x])


@pytest.fixture(scope="module", autouse=True)
def _choosing_costs_nothing():
    """These points take less time than choosing them: all would be measured, and rightly so."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("landscape.points.refinement.round_cost", lambda *_: 0.0)
        yield


@pytest.fixture(scope="module")
def full():
    return compute(smooth(), workers=1, **GRID)


@pytest.fixture(scope="module")
def refined(tmp_path_factory):
    path = tmp_path_factory.mktemp("refined") / "run.h5"
    return compute(smooth(), path=path, workers=1, tolerance=0.01, **GRID)


def assert_same(surface, other):
    np.testing.assert_array_equal(surface.status, other.status)
    np.testing.assert_array_equal(surface.refined.error, other.refined.error)
    for name, values in other.values.items():
        np.testing.assert_array_equal(surface.values[name], values)


def test_few_points_are_measured_and_the_others_are_known(full, refined):
    assert refined.is_complete
    assert 0.02 < refined.measured.mean() < 0.25
    assert (refined.refined.error <= 0.01).all()
    here = refined.measured
    for name in ("loss", "loss_se", "loss_delta_se", "size"):
        np.testing.assert_array_equal(refined.values[name][here], full.values[name][here])
        assert np.isnan(refined.values[name][~here]).all()
    owed = full.loss <= 10 * full.center["loss"]
    size = np.maximum(full.loss, full.center["loss"])
    errors = (np.abs(refined.values["loss_estimate"] - full.loss) / size)[owed]
    assert errors.max() <= 0.015, "an estimate of the error: held to on most surfaces, not on all"
    assert (errors <= 0.01).mean() > 0.99
    assert np.isfinite(refined.values["size_estimate"]).all()


def test_statistics_agree_with_those_of_the_full_grid(full, refined):
    for key in ("radius_mean", "flat_area", "curvature_mean", "mean_excess"):
        expected, found = summarize(full)[key], summarize(refined)[key]
        assert found.value == pytest.approx(expected.value, rel=0.02), key
        assert found.low == pytest.approx(expected.low, rel=0.1), key
    assert any("interpolated, not measured" in note for note in summarize(refined).notes)


def stop_after(points):
    def stop(done, total, info):
        if done >= points:
            raise KeyboardInterrupt

    return stop


def test_an_interrupted_run_is_usable_and_goes_on_as_if_nothing_had_been(tmp_path, refined):
    path = tmp_path / "run.h5"
    with pytest.raises(KeyboardInterrupt):
        compute(smooth(), path=path, workers=1, tolerance=0.01, progress=stop_after(75), **GRID)
    surface = load(path)
    assert not surface.is_complete
    assert np.isfinite(surface.values["loss_estimate"]).all(), "the last round's estimates"
    assert summarize(surface)["radius_mean"].value > 0
    assert "0 of 2 planes have reached the tolerance 0.01" in accuracy(surface)
    assert_same(compute(smooth(), path=path, workers=1, tolerance=0.01, **GRID), refined)


def test_an_evaluation_budget_is_kept_and_can_be_raised(tmp_path, refined):
    path = tmp_path / "run.h5"
    for done in (60, 90):
        surface = compute(
            smooth(),
            path=path,
            workers=1,
            tolerance=0.01,
            max_evaluations=done - (done == 90) * 60,
            **GRID,
        )
        assert surface.measured.sum() == done
    assert not surface.is_complete
    assert_same(compute(smooth(), path=path, workers=1, tolerance=0.01, **GRID), refined)


def test_a_budget_without_a_tolerance_fills_a_part_of_the_grid(tmp_path):
    path = tmp_path / "run.h5"
    part = compute(smooth(), path=path, workers=1, max_evaluations=100, **GRID)
    assert part.measured.sum() == 100
    assert compute(smooth(), path=path, workers=1, **GRID).measured.all()


def test_workers_do_not_change_the_points_or_the_values(tmp_path, refined):
    path = tmp_path / "run.h5"
    assert_same(compute(smooth(), path=path, workers=2, tolerance=0.01, **GRID), refined)


def test_a_finished_file_is_read_and_other_tolerances_are_refused(refined):
    path = refined.metadata["path"]
    calls: list[int] = []
    assert_same(compute(smooth(calls=calls), path=path, tolerance=0.01, **GRID), refined)
    assert len(calls) < 12, "the center and the choice of the tuning"
    with pytest.raises(SettingsMismatchError, match=r"tolerance = 0.01, not 0.02"):
        compute(smooth(), path=path, tolerance=0.02, **GRID)
    with pytest.raises(SettingsMismatchError, match=r"clip = 10.0, not 5.0"):
        compute(smooth(), path=path, tolerance=0.01, clip=5, **GRID)
    with pytest.raises(SettingsMismatchError, match=r"tolerance = 0.01, not none"):
        compute(smooth(), path=path, **GRID)


def test_points_that_raise_are_failed_and_the_rest_is_refined(caplog):
    surface = compute(smooth(poison=8.0), workers=1, tolerance=0.02, **GRID)
    assert surface.is_complete
    failed = surface.status == Status.FAILED
    assert 0 < failed.sum() < 0.3 * failed.size
    assert np.isnan(surface.values["loss_estimate_error"][failed]).all()
    assert "poison" in caplog.text


def test_lines():
    settings = {"planes": 2, "steps": 81, "radius": 0.7, "line": True, "workers": 1}
    whole = compute(smooth(), **settings)
    few = compute(smooth(), tolerance=0.01, **settings)
    assert few.measured.sum() < 0.6 * whole.status.size
    owed = whole.loss <= 10 * whole.center["loss"]
    size = np.maximum(whole.loss, whole.center["loss"])
    assert (np.abs(few.values["loss_estimate"] - whole.loss) / size)[owed].max() <= 0.01


def test_a_metric_that_there_is_not_is_named():
    with pytest.raises(LandscapeError, match="tolerance_metrics among loss, size, got 'acuracy'"):
        compute(smooth(), workers=1, tolerance=0.01, tolerance_metrics=["loss", "acuracy"], **GRID)


def test_the_accuracy_is_said_in_words(full, refined):
    text = accuracy(refined)
    assert text.startswith("estimated error at most 0.0")
    assert "(tolerance 0.01 up to 10 times the center), largest at plane " in text
    with pytest.raises(ValueError, match="expected a surface with a tolerance"):
        accuracy(full)


def test_figures_draw_no_level_above_the_one_that_is_owed(refined):
    path = refined.metadata["path"]
    assert max(levels_for(load(path)).values) <= 10
    drawing = draw_contour(refined)
    assert "measured, rest interpolated" in " ".join(
        text.get_text() for text in drawing.figure.findobj(matplotlib.text.Text)
    )


def test_readings_that_hang_on_bad_estimates_are_given_up(refined):
    plane = plane_values(refined, "loss")[0]
    assert (plane.error[refined.measured[0]] == 0).all()
    assert (plane.error[~refined.measured[0]] > 0).all()
    below = np.where(plane.values <= plane.level, plane.error, 0)
    places = {
        "below": np.unravel_index(below.argmax(), below.shape),
        "above": np.unravel_index(plane.error.argmax(), plane.error.shape),
    }
    assert plane.values[places["above"]] > plane.level

    def measure(one):
        share = {
            name: (one.values[at] - plane.values[at]) / plane.error[at]
            for name, at in places.items()
        }
        return {
            "sure": Reading(2.0),
            "rough": Reading(1 + 0.2 * share["below"]),
            "bad": Reading(1 + 0.6 * share["below"]),
            "beyond": Reading(1 + 0.6 * share["above"]),
            "exact": Reading(share["below"]),
        }

    readings = read_with_errors(plane, measure, exact=("exact",))
    assert readings["sure"] == Reading(2.0)
    assert readings["rough"].value == 1
    assert readings["rough"].note == "errors within the tolerance may change this by over 10%"
    assert np.isnan(readings["bad"].value)
    assert readings["bad"].note == "errors within the tolerance may change this by over 50%"
    assert "interpolated values above the level of the tolerance" in readings["beyond"].note
    assert readings["exact"] == Reading(0.0)


def test_errors_that_alternate_are_not_taken_to_cancel(refined):
    """All errors up, or all down, change no difference of opposite points; the odd pattern does."""
    plane = plane_values(refined, "loss")[0]
    even = {name: getattr(plane, name) for name in ("values", "error")}
    even = {name: (one + one[::-1, ::-1]) / 2 for name, one in even.items()}
    plane = replace(plane, **even, level=np.inf)

    def measure(one):
        opposite = np.linalg.norm(one.values - one.values[::-1, ::-1])
        return {"oddness": Reading(float(1 + opposite / np.linalg.norm(plane.error)))}

    for sign in (1, -1):
        assert measure(replace(plane, values=plane.values + sign * plane.error)) == measure(plane)
    found = read_with_errors(plane, measure)["oddness"]
    assert np.isnan(found.value)
    assert found.note == "errors of interpolated values may change this by over 50%"
