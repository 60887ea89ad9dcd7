"""One tuning for a surface: in its file, in every worker, and after an interruption."""

import importlib
import json
import os
from dataclasses import replace

import numpy as np
import psutil
import pytest
import torch
from torch import nn

from landscape import load
from landscape.errors import LandscapeError, SettingsMismatchError
from landscape.objective.data import read_batches
from landscape.objective.tuning import Tuning
from landscape.planes import ParameterSpace, RandomPlanes
from landscape.problem import Problem
from landscape.running.evaluator import Evaluator
from landscape.running.job import Job, read_job, write_job
from landscape.sampling import compute
from landscape.settings import GridSettings
from tests.landscape.problems import StopError, stop

SMALL = {"planes": 2, "steps": 5, "workers": 1}
FOUND = Tuning("channels_last", 7, fold=(("0", "1"),), deviation=(0.25, None))


def problem(seed: int = 0) -> Problem:
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.Tanh(), nn.Flatten())
    x = torch.randn(20, 1, 5, 5)
    model(x)
    return Problem(model, lambda model, x: model(x).square().mean(1), x.split(9))


def find(monkeypatch, tuning):
    module = importlib.import_module("landscape.request")
    monkeypatch.setattr(module, "tune", lambda *args, **kwargs: tuning)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_resumed_surface_keeps_its_tuning_bit_for_bit(tmp_path, monkeypatch, workers):
    path = tmp_path / "run.h5"
    find(monkeypatch, FOUND)
    whole = compute(problem(), **SMALL)
    with pytest.raises(StopError):
        compute(problem(), path=path, progress=stop, **SMALL)
    assert 0 < load(path).measured.sum() < whole.status.size
    find(monkeypatch, None)
    surface = compute(problem(), path=path, **{**SMALL, "workers": workers})
    for name, values in whole.values.items():
        np.testing.assert_array_equal(surface.values[name], values)
    assert Tuning.from_json(surface.metadata["tuning"]) == FOUND
    assert compute(problem(), path=path, **SMALL).measured.all(), "a finished file is read"


def test_another_machine_finds_another_tuning_and_goes_on_with_the_files(tmp_path, monkeypatch):
    path = tmp_path / "run.h5"
    find(monkeypatch, FOUND)
    with pytest.raises(StopError):
        compute(problem(), path=path, progress=stop, **SMALL)
    find(monkeypatch, Tuning())
    compute(problem(), path=path, **SMALL)
    surface = compute(problem(), path=path, overwrite=True, **SMALL)
    assert Tuning.from_json(surface.metadata["tuning"]) == Tuning()
    find(monkeypatch, FOUND)
    with pytest.raises(SettingsMismatchError, match="was computed with"):
        compute(problem(seed=1), path=path, **SMALL)


def test_precision_is_a_setting_and_its_deviation_is_stored(tmp_path):
    path = tmp_path / "run.h5"
    exact = compute(problem(), path=path, **SMALL)
    with pytest.raises(SettingsMismatchError, match='precision = "float32", not "bfloat16"'):
        compute(problem(), path=path, precision="bfloat16", **SMALL)
    rough = compute(problem(), precision="bfloat16", **SMALL)
    tuning = json.loads(rough.metadata["tuning"])
    assert tuning["precision"] == "bfloat16"
    deviation = abs(rough.center["loss"] - exact.center["loss"]) / exact.center["loss"]
    assert tuning["deviation"][0] == pytest.approx(deviation, rel=1e-3)
    assert 0 < deviation < 0.02
    np.testing.assert_allclose(rough.loss, exact.loss, rtol=0.05)
    if not torch.cuda.is_available():
        with pytest.raises(LandscapeError, match="on the CPU, got tf32"):
            compute(problem(), precision="tf32", **SMALL)


def job_of(task: Problem, tuning: Tuning) -> Job:
    data = read_batches(task.batches)
    axis = np.linspace(-1, 1, 5)
    job = Job(
        problem=task,
        data=data,
        device="cpu",
        grid=GridSettings(),
        planes=RandomPlanes(ParameterSpace(task.model), 2),
        tuning=tuning,
        alpha=axis,
        beta=axis,
        center={},
    )
    center = {name: sample.mean for name, sample in job.objective().evaluate().items()}
    return Job(**{**vars(job), "center": center})


def test_a_job_travels_with_its_tuning_and_without_what_its_batches_were_cut_from(tmp_path):
    linear = nn.Linear(1000, 1)
    x = torch.randn(64, 1000)
    task = Problem(linear, lambda model, x: model(x)[:, 0], x.split(2))
    tuning = replace(FOUND, fold=())
    job = job_of(task, tuning)
    write_job(tmp_path / "job", job)
    assert (tmp_path / "job").stat().st_size < 2 * x.nbytes
    found = read_job(tmp_path / "job")
    assert found.objective().tuning == tuning
    for index in range(2):
        one, other = job.plane(index), found.plane(index)
        for a, b in zip(
            (one.center, *one.directions), (other.center, *other.directions), strict=True
        ):
            assert all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.slow
def test_ten_thousand_points_take_no_more_memory_than_the_first_thousand():
    task = problem()
    job = job_of(task, Tuning("channels_last", None, fold=(("0", "1"),)))
    evaluator = Evaluator(job)
    process = psutil.Process(os.getpid())

    def run(count: int) -> int:
        for start in range(0, count, 100):
            plane = start // 500 % 2
            evaluator.run([(plane, index % 5, index // 5 % 5) for index in range(100)])
        return int(process.memory_info().rss)

    before = run(1000)
    assert run(10_000) - before < 4 * 2**20
