"""One process: which planes it keeps, errors of every kind, GPUs that give up, the center."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from landscape.errors import LandscapeError, ProblemError
from landscape.problem import Problem
from landscape.running.evaluator import Evaluator
from tests.landscape.problems import regression
from tests.landscape.running.jobs import make_job

ROUND = [(plane, 0, column) for plane in range(4) for column in range(3)]


def evaluator_of(loss, **settings) -> Evaluator:
    """Of a weight of 1 whose loss is 1 at the center; points differ by what `loss` does there."""
    model = nn.Linear(1, 1, bias=False)
    nn.init.ones_(model.weight)

    def whole(model, x):
        if float(model.weight.detach()) != 1:
            loss()
        return model(x)[:, 0].square()

    settings = {"planes": 1, "steps": 4, "line": True, **settings}
    return Evaluator(make_job(Problem(model, whole, [torch.ones(4, 1)]), **settings))


def draws_of(job, points) -> list[int]:
    drawn = []

    class Counting(type(job)):
        def plane(self, index):
            drawn.append(index)
            return super().plane(index)

    evaluator = Evaluator(Counting(**vars(job)))
    for _ in range(3):
        values = evaluator.run(points).values
    assert values == Evaluator(job).run(points).values
    return drawn


def test_with_a_tolerance_every_plane_is_drawn_once():
    job = make_job(regression(), planes=4, steps=3, tolerance=0.1)
    assert draws_of(job, ROUND) == [0, 1, 2, 3]


def test_without_one_a_single_plane_takes_memory():
    job = make_job(regression(), planes=4, steps=3)
    assert draws_of(job, ROUND) == [0, 1, 2, 3] * 3


def test_where_memory_is_short_as_many_planes_stay_as_fit(monkeypatch):
    size = 2 * 4 * 193  # two directions in float32, each parameter at a multiple of 64 entries
    free = iter([4 * size * 1.5, *[4 * size * 0.5] * 20])  # a quarter is for planes
    monkeypatch.setattr("landscape.running.evaluator.free_memory", lambda device: next(free))
    job = make_job(regression(), planes=4, steps=3, tolerance=0.1)
    drawn = draws_of(job, ROUND)
    assert drawn[:4] == [0, 1, 2, 3]
    assert drawn.count(0) == 1, "two planes fit: one stays, the others take turns"
    assert len(drawn) < 3 * 4


def test_drawing_is_not_evaluating(monkeypatch):
    job = make_job(regression(), planes=1, steps=3)
    clock = iter(range(100))
    monkeypatch.setattr("landscape.running.evaluator.time.perf_counter", lambda: next(clock))
    found = Evaluator(job).run([(0, 0, 0), (0, 1, 1)])
    assert (found.seconds, found.drawing) == (2, 1)


@pytest.mark.parametrize("error", [SystemExit(0), GeneratorExit("gone"), MemoryError("no room")])
def test_whatever_a_loss_raises_fails_its_point_alone(error):
    def loss():
        raise error

    (text,) = evaluator_of(loss).run([(0, 0, 0)]).values
    assert type(error).__name__ in text
    assert "test_evaluator.py, line" in text


def test_ctrl_c_is_no_error_of_a_point():
    def loss():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluator_of(loss).run([(0, 0, 0)])


def test_the_text_of_an_error_is_bounded_and_keeps_its_line():
    def loss():
        raise ValueError("a" + "b" * 50_000_000)

    (text,) = evaluator_of(loss).run([(0, 0, 0)]).values
    assert len(text) <= 400
    assert "ValueError: ab" in text
    assert "test_evaluator.py, line" in text


def test_a_gpu_that_only_fails_stops_the_run_and_a_single_error_does_not():
    errors = iter(["CUDA error: launch failed", "other", "CUDA error: a", "CUDA error: b"])

    def loss():
        raise RuntimeError(next(errors))

    evaluator = evaluator_of(loss)
    assert "launch failed" in evaluator.run([(0, 0, 0), (0, 0, 1)]).values[0]
    with pytest.raises(LandscapeError, match=r"not work any more: .*CUDA error: b") as info:
        evaluator.run([(0, 0, 0), (0, 0, 3)])
    assert "goes on where it stopped" in info.value.hint


@pytest.mark.parametrize("scale", [1.0, 1e-12])
def test_another_center_is_refused_however_small_it_is(scale):
    job = make_job(regression(), planes=1, steps=3)
    center = {"loss": job.center["loss"] * scale}
    loss = job.problem.loss
    problem = Problem(job.problem.model, lambda model, x: loss(model, x) * scale, [])
    job = replace(job, problem=problem, center=center)
    Evaluator(replace(job, center={"loss": center["loss"] * (1 + 5e-6)}))
    with pytest.raises(ProblemError, match="in a worker process but"):
        Evaluator(replace(job, center={"loss": center["loss"] * (1 + 5e-5)}))
