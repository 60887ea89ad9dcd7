"""Points, workers, disks and processes that fail: nothing is lost, and it is told."""

import errno
import logging

import numpy as np
import pytest
import torch
from torch import nn

from landscape import load
from landscape.errors import (
    SurfaceFileError,
)
from landscape.problem import Problem
from landscape.sampling import compute
from landscape.surface import Status, load_directions
from landscape.surface.file import write_errors
from landscape.surface.writer import SurfaceWriter
from tests.landscape.problems import poisonous, regression
from tests.landscape.quadratics import SMALL


def test_nan_and_inf_are_measured_values():
    def loss(model, x):
        return model(x)[:, 0] / (model.weight[0, 0] > 0.5)

    model = nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        model.weight.fill_(1.0)
    surface = compute(Problem(model, loss, [torch.ones(4, 1)]), **SMALL)
    assert surface.measured.all()
    assert 0 < np.isfinite(surface.loss).sum() < surface.loss.size


def test_points_that_raise_are_failed_and_retried(tmp_path, caplog):
    def loss(model, x):
        if model.weight[0, 0] < 0.8 and not (tmp_path / "mended").exists():
            raise ArithmeticError("too small")
        return model(x)[:, 0].square()

    model = nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        model.weight.fill_(1.0)
    problem = Problem(model, loss, [torch.ones(4, 1)])
    path = tmp_path / "run.h5"
    with caplog.at_level(logging.WARNING, logger="landscape"):
        surface = compute(problem, path=path, **SMALL)
    failed = surface.status == Status.FAILED
    assert 0 < failed.sum() < failed.size
    assert np.isnan(surface.loss[failed]).all()
    assert f"{failed.sum()} of 50 points failed" in caplog.text
    assert "ArithmeticError: too small" in caplog.text
    (tmp_path / "mended").touch()
    assert compute(problem, path=path, **SMALL).measured.all()


def test_a_point_that_kills_its_worker_fails_alone(tmp_path):
    surface = compute(
        poisonous(limit=0.3),
        path=tmp_path / "run.h5",
        planes=1,
        steps=3,
        workers=2,
        line=True,
        seed=1,
        store_directions=True,
    )
    directions = load_directions(tmp_path / "run.h5")[0][0]["weight"][0, 0]
    poison = 1 + surface.alpha * directions < 0.3
    assert poison.sum() == 1
    np.testing.assert_array_equal(surface.status[0, 0] == Status.FAILED, poison)


def test_metrics_that_come_and_go_are_failed_points():
    def loss(model, x):
        values = {"loss": model(x)[:, 0].square()}
        return values if model.weight[0, 0] > 0.8 else values | {"extra": values["loss"]}

    model = nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        model.weight.fill_(1.0)
    surface = compute(Problem(model, loss, [torch.ones(4, 1)]), **SMALL)
    assert surface.metrics == ("loss",)
    assert {int(s) for s in np.unique(surface.status)} == {1, 2}


def test_a_radius_beyond_the_dtype_gives_values_that_are_not_finite():
    surface = compute(regression(), radius=1e39, **SMALL)
    assert surface.measured.all()
    assert np.isfinite(surface.loss[:, 2, 2]).all()
    assert not np.isfinite(surface.loss[:, 0, 0]).any()


@pytest.mark.slow
def test_a_region_of_poison_does_not_keep_the_rest_from_being_measured():
    surface = compute(poisonous(limit=0.7), planes=1, steps=11, workers=2, line=True, seed=1)
    failed = (surface.status == Status.FAILED).sum()
    assert failed == 4
    assert surface.measured.sum() == 11 - failed


def test_two_processes_on_one_file_never_lose_points(tmp_path):
    path = tmp_path / "run.h5"

    def intrude(done, total, info):
        with pytest.raises(SurfaceFileError, match="is being written by another process"):
            compute(regression(), path=path, overwrite=True, **SMALL)

    surface = compute(regression(), path=path, progress=intrude, **SMALL)
    assert surface.measured.all()


@pytest.mark.parametrize("extra", [{}, {"workers": 2}, {"steps": 15, "tolerance": 0.01}])
def test_a_full_disk_is_one_line_and_loses_nothing(tmp_path, monkeypatch, extra):
    settings = {**SMALL, **extra}
    path = tmp_path / "run.h5"
    stored = []
    whole = SurfaceWriter.write

    def full(self, points, values):
        if len(stored) >= 3:
            with write_errors(path, hint="make room"):
                raise OSError(errno.ENOSPC, "Can't synchronously write data\nerrno = 28")
        stored.extend(points)
        whole(self, points, values)

    monkeypatch.setattr(SurfaceWriter, "write", full)
    with pytest.raises(SurfaceFileError, match=r"cannot write .*run\.h5: No space left on device"):
        compute(regression(), path=path, **settings)
    monkeypatch.undo()
    assert load(path).measured.sum() == len(stored)
    assert compute(regression(), path=path, **settings | {"workers": 1}).is_complete
