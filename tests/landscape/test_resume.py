"""A file is continued or believed only by the problem that it was computed for."""

import numpy as np
import pytest
import torch
from torch import nn

from landscape.errors import SettingsMismatchError
from landscape.planes import Plane
from landscape.planes import random as random_module
from landscape.problem import Problem
from landscape.sampling import compute
from landscape.surface import load
from tests.landscape.problems import regression

GRID = {"planes": 2, "steps": 9, "workers": 1}
PART = 80  # of 162 points


def network():
    problem = regression(samples=32)
    return problem.model, torch.cat(list(problem.batches))


MODEL, X = network()
EXACT = MODEL(X).detach()  # a loss of exactly 0 at the center
TARGET = EXACT + 0.5
START = {name: value.detach().clone() for name, value in MODEL.named_parameters()}


def distance(model):
    """How far the model is from the center, squared: 0 there."""
    return sum(
        (value - START[name].to(value)).square().sum() for name, value in model.named_parameters()
    )


def mse(model, x):
    return (model(x) - TARGET.to(x)).square().mean(1)


CHANGES = {
    "another loss, 0 at the center": (
        lambda model, x: (model(x) - EXACT.to(x)).square().mean(1),
        lambda model, x: 1000 * (model(x) - EXACT.to(x)).abs().mean(1),
    ),
    "clamped above the center": (mse, lambda model, x: mse(model, x).clamp(max=0.3)),
    "a tiny loss halved": (
        lambda model, x: 1e-10 * mse(model, x),
        lambda model, x: 0.5e-10 * mse(model, x),
    ),
    "mirrored targets, the same center": (
        mse,
        lambda model, x: (model(x) - (2 * EXACT - TARGET).to(x)).square().mean(1),
    ),
    "a regulariser that is 0 at the center": (
        mse,
        lambda model, x: mse(model, x) + distance(model),
    ),
    "five parts in a hundred thousand": (mse, lambda model, x: mse(model, x) * (1 + 5e-5)),
    "a constant used away from the center only": (
        mse,
        lambda model, x: mse(model, x) + 0.7 * (distance(model) > 1e-3),
    ),
}


@pytest.mark.parametrize("how", ["half", "complete", "refined"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_another_loss_is_refused(tmp_path, change, how):
    before, after = (Problem(MODEL, loss, [X]) for loss in change)
    settings = {**GRID, "path": tmp_path / "run.h5"}
    settings |= {"tolerance": 0.05} if how == "refined" else {}
    compute(before, **settings, max_evaluations=PART if how != "complete" else None)
    with pytest.raises(SettingsMismatchError, match=r"at (the center|a point|plane)"):
        compute(after, **settings)
    assert compute(before, **settings).is_complete, "the right problem goes on"


def test_other_directions_are_refused(tmp_path, monkeypatch):
    problem = Problem(MODEL, mse, [X])
    compute(problem, path=tmp_path / "run.h5", max_evaluations=PART, **GRID)
    draw = random_module._draw

    def other(out, stream):
        return draw(out, np.random.SeedSequence(7, spawn_key=stream.spawn_key))

    monkeypatch.setattr(random_module, "_draw", other)
    with pytest.raises(SettingsMismatchError, match="with other directions: directions = "):
        compute(problem, path=tmp_path / "run.h5", **GRID)


def test_a_wrapped_model_goes_on_in_the_file_of_the_bare_one(tmp_path):
    bare, wrapped = (Problem(m, mse, [X]) for m in (MODEL, nn.DataParallel(MODEL)))
    compute(bare, path=tmp_path / "run.h5", max_evaluations=PART, **GRID)
    surface = compute(wrapped, path=tmp_path / "run.h5", **GRID)
    np.testing.assert_array_equal(surface.loss, compute(bare, **GRID).loss)


@pytest.mark.parametrize("tolerance", [None, 0.05])
def test_a_finished_file_is_only_read(tmp_path, monkeypatch, tolerance):
    """It may lie in a folder that nobody may write, or be read by many at once."""
    problem, path = Problem(MODEL, mse, [X]), tmp_path / "run.h5"
    whole = compute(problem, path=path, tolerance=tolerance, **GRID)
    before = path.read_bytes(), path.stat().st_mtime_ns

    def refuse(*args, **kwargs):
        raise AssertionError("nothing is locked or written")

    monkeypatch.setattr("landscape.sampling.writing", refuse)
    monkeypatch.setattr("landscape.sampling.SurfaceWriter", refuse)
    again = compute(problem, path=path, tolerance=tolerance, **GRID)
    np.testing.assert_array_equal(again.loss, whole.loss)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_a_continued_refinement_does_not_fall_back_while_it_replays(tmp_path):
    problem, path = Problem(MODEL, mse, [X]), tmp_path / "run.h5"
    settings = {**GRID, "steps": 21, "tolerance": 0.02, "path": path}
    part = compute(problem, **settings, max_evaluations=90)

    def stop(done, total, info):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compute(problem, **settings, progress=stop)
    after = load(path)
    assert (after.refined.done >= part.refined.done).all()
    assert (after.refined.error <= part.refined.error).all()


def test_another_seed_is_no_other_plane_of_ones_own(tmp_path):
    problem, path = Problem(MODEL, mse, [X]), tmp_path / "run.h5"
    step = {name: torch.ones_like(value) for name, value in START.items()}
    given = {"planes": [Plane(START, (step,))], "steps": 5, "workers": 1, "path": path}
    compute(problem, seed=1, **given)
    surface = compute(problem, seed=2, **given)
    assert surface.seed is None
    assert surface.metadata["normalization_report"] == "[]"
