"""The line between two checkpoints: closed forms, exact ends, BatchNorm, resuming, refusals."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

import landscape as ls
from landscape.connect.ends import between
from landscape.connect.matching import shuffled
from landscape.errors import LandscapeError, ProblemError, SettingsMismatchError
from landscape.planes.checkpoints import as_checkpoint, fit_checkpoint
from tests.landscape.connect.networks import images, made


def point(value: float) -> nn.Module:
    model = nn.Linear(1, 1, bias=False).double()
    nn.init.constant_(model.weight, value)
    return model


def problem_of(function, model=None, x=None) -> ls.Problem:
    x = torch.linspace(0.5, 1.5, 8, dtype=torch.float64)[:, None] if x is None else x
    return ls.Problem(
        point(-1.0) if model is None else model, lambda m, x: function(m(x)[:, 0]), [x]
    )


def classifier(name: str = "residual", seed: int = 0) -> ls.Problem:
    labels = torch.arange(8) % 3

    def loss(model, batch):
        logits = model(batch[0])
        return {
            "loss": cross_entropy(logits, batch[1], reduction="none"),
            "accuracy": (logits.argmax(1) == batch[1]).float(),
        }

    return ls.Problem(made(name, seed), loss, [(images(), labels)])


def by_hand(problem: ls.Problem, model: nn.Module) -> float:
    with torch.no_grad():
        return float(problem.loss(model.eval(), problem.batches[0])["loss"].double().mean())


def test_two_quadratics_have_the_barrier_between_their_bowls():
    """min((w - 1)^2, (w + 1)^2) of w = 2t - 1 is 1 at w = 0; per sample x^2 of it."""
    problem = problem_of(
        lambda y: torch.minimum((y - 1) ** 2, (y + 1) ** 2), x=torch.ones(5, 1).double()
    )
    found = ls.barrier(problem, point(1.0)).find()
    assert (found.height, found.at) == (pytest.approx(1, abs=1e-12), 0.5)
    w = 2 * found.curve.t - 1
    np.testing.assert_allclose(
        found.curve.values, np.minimum((w - 1) ** 2, (w + 1) ** 2), atol=1e-12
    )


def test_a_quartic_has_its_barrier_and_its_error():
    """(w^2 - 1)^2 x: 1 in the middle for x = 1; the error is that of x alone."""
    x = torch.linspace(0.5, 1.5, 8, dtype=torch.float64)[:, None]
    problem = ls.Problem(
        point(-1), lambda m, x: x[:, 0] * (m(x)[:, 0] ** 2 / x[:, 0] ** 2 - 1) ** 2, [x]
    )
    found = ls.barrier(problem, point(1.0)).find()
    assert found.height == pytest.approx(1)
    error = float(x.std()) / np.sqrt(8)
    assert found.curve.standard_errors[12] == pytest.approx(error)
    assert (1 - found.low) / error == pytest.approx(2.365, rel=0.03)  # Student's t of 7
    assert found.rises


def test_each_split_has_a_barrier_of_its_own_by_the_same_policy(tmp_path):
    """Of losses x^2 (w^2 - 1)^2 the barrier is the mean of x^2: 1 of the batches, 4 of the test."""
    ones = torch.ones(6, 1).double()
    problem = ls.Problem(
        point(-1.0),
        lambda m, x: x[:, 0] ** 2 * ((m(x)[:, 0] / x[:, 0]) ** 2 - 1) ** 2,
        [ones],
        splits={"test": [2 * ones[:4], 2 * ones[:1]]},
    )
    file = tmp_path / "barrier.h5"
    for _ in range(2):  # measured, then read
        found = ls.barrier(problem, point(1.0), steps=5, path=file)
        heights = {one.curve.metric: one.height for one in found.barriers}
        assert heights == {"loss": pytest.approx(1), "test_loss": pytest.approx(4)}
        assert [one.curve.samples for one in found.barriers] == [6, 5]
    assert "loss, test_loss: not linearly mode connected: each is worse" in found.table()
    few = ls.barrier(problem, point(1.0), steps=3, max_samples=3)
    assert [one.curve.samples for one in few.barriers] == [3, 3]
    with pytest.raises(SettingsMismatchError, match="holds another result: data was"):
        ls.barrier(replace(problem, splits={}), point(1.0), steps=5, path=file)


def test_a_convex_loss_has_no_barrier():
    found = ls.barrier(problem_of(lambda y: (y - 0.3) ** 2), point(2.0)).find()
    assert abs(found.height) <= 1e-9
    assert found.high <= 1e-9
    assert found.rises is False


@pytest.mark.parametrize("name", ["residual", "perceptron"])
def test_both_ends_are_the_checkpoints_themselves(name):
    problem, other = classifier(name), made(name, 1)
    ends = by_hand(problem, problem.model), by_hand(problem, other)
    before = {name: value.clone() for name, value in problem.model.state_dict().items()}
    found = ls.barrier(problem, other.state_dict(), steps=3)
    assert all(torch.equal(v, before[n]) for n, v in problem.model.state_dict().items())
    assert [one.curve.batchnorm for one in found.barriers[:3]] == [
        "frozen",
        "batch",
        "recalibrated",
    ]
    frozen = found.find(batchnorm="frozen")
    assert frozen.curve.values[[0, 2]] == pytest.approx(ends, rel=1e-6)
    assert found.find("accuracy").curve.higher_is_better
    assert (found.find("accuracy").curve.low, found.find("accuracy").curve.high) == (0, 1)


def test_frozen_statistics_are_interpolated_and_others_are_not():
    """Between, frozen is the model whose buffers lie between; recalibrated of the data."""
    problem, other = classifier("perceptron"), made("perceptron", 1)
    found = ls.barrier(problem, other, steps=3)
    middle = made("perceptron", 2)
    state, a, b = middle.state_dict(), problem.model.state_dict(), other.state_dict()
    for name, value in state.items():
        if value.is_floating_point():
            value.copy_((a[name] + b[name]) / 2)
    assert found.find(batchnorm="frozen").curve.values[1] == pytest.approx(by_hand(problem, middle))
    batch, again = (found.find(batchnorm=p).curve.values[1] for p in ("batch", "recalibrated"))
    norm = next(m for m in middle.modules() if isinstance(m, nn.BatchNorm1d))
    norm.momentum = None
    norm.reset_running_stats()
    norm.train()
    middle(images())
    assert again == pytest.approx(by_hand(problem, middle), rel=1e-5)
    norm.train()
    with torch.no_grad():
        norm.running_var.fill_(9)  # has no part
        loss = problem.loss(middle, problem.batches[0])["loss"].double().mean()
    assert batch == pytest.approx(float(loss), rel=1e-5)


def test_points_between_keep_what_half_precision_would_lose():
    model = nn.Linear(2, 1)
    fitted = [
        fit_checkpoint(as_checkpoint({k: v.half() for k, v in m.state_dict().items()}, "h"), model)
        for m in (nn.Linear(2, 1), nn.Linear(2, 1))
    ]
    found = between(*fitted, 0.3).parameters["weight"]
    a, b = (f.parameters["weight"].float() for f in fitted)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, 0.7 * a + 0.3 * b, rtol=1e-6, atol=1e-7)


def test_aligned_a_network_in_another_order_has_no_barrier():
    model = made("residual", 0)
    target = model(images()).detach()

    def loss(model, batch):
        return (model(batch[0]) - batch[1]).square().mean(1)

    problem = ls.Problem(model, loss, [(images(), target)])
    a = fit_checkpoint(as_checkpoint(problem.model, "a"), problem.model)
    b = shuffled(problem.model, a, seed=3)
    other = {**b.parameters, **b.buffers}
    apart = ls.barrier(problem, other, steps=5, batchnorm="frozen")
    assert apart.find().height > 0.01
    found = ls.barrier(problem, other, steps=5, batchnorm="frozen", align=True)
    assert found.find().height < 1e-9
    assert found.find().rises is False
    assert "is the model in another order" in found.aligned


def test_alignment_is_refused_where_the_loss_depends_on_the_order():
    problem = classifier("perceptron")

    def loss(model, batch):
        return model[:2](batch[0]).flatten(1)[:, 0] ** 2

    problem = ls.Problem(problem.model, loss, problem.batches)
    with pytest.raises(LandscapeError, match="units that seem alike are not; in another order the"):
        ls.barrier(problem, made("perceptron", 1), align=True)


def test_an_interrupted_run_goes_on(tmp_path):
    problem, other, path = classifier("perceptron"), made("perceptron", 1), tmp_path / "run.h5"
    settings = {"steps": 5, "batchnorm": "frozen", "path": path}

    class StopHereError(Exception):
        pass

    def stop(done, total):
        assert total == 5
        if done == 3:
            raise StopHereError

    with pytest.raises(StopHereError):
        ls.barrier(problem, other, progress=stop, **settings)
    called = []

    def counted(model, batch):
        called.append(1)
        return classifier("perceptron").loss(model, batch)

    found = ls.barrier(ls.Problem(problem.model, counted, problem.batches), other, **settings)
    assert len(called) == 3  # one to know the problem again, two that were missing
    whole = ls.barrier(problem, other, steps=5, batchnorm="frozen")
    assert found.rows() == whole.rows()
    with pytest.raises(SettingsMismatchError, match="points was 5, is now 7"):
        ls.barrier(problem, other, **{**settings, "steps": 7})
    changed = ls.Problem(
        problem.model, lambda m, b: problem.loss(m, b) | {"loss": m(b[0])[:, 0]}, problem.batches
    )
    with pytest.raises(ProblemError, match="loss at the model differs between two evaluations"):
        ls.barrier(changed, other, **settings)
    assert ls.barrier(problem, other, **{**settings, "steps": 7}, overwrite=True)


def test_a_surface_file_is_not_taken_for_one_of_barriers(tmp_path):
    problem = problem_of(lambda y: y**2)
    ls.compute(problem, planes=1, steps=3, line=True, workers=1, path=tmp_path / "s.h5")
    with pytest.raises(LandscapeError, match=r"s\.h5 is no file of landscape barrier"):
        ls.barrier(problem, point(2.0), path=tmp_path / "s.h5")


def refused(tmp_path):
    torch.save(made("residual", 1).state_dict(), tmp_path / "other.pt")
    bare = {k: v for k, v in made("residual", 1).state_dict().items() if "running" not in k}
    residual, x = classifier(), torch.ones(4, 1).double()
    return [
        (residual, [residual.model], {}, "the model and end 1 hold the same parameters: nothing"),
        (residual, [], {}, "expected one or two checkpoints, got 0"),
        (
            classifier("perceptron"),
            [tmp_path / "other.pt"],
            {},
            r"other.pt is of another architect",
        ),
        (residual, [bare], {}, "end 1 has no running statistics of BatchNorm: 'norm.running_mean'"),
        (residual, [tmp_path / "none.pt"], {}, "expected a checkpoint, got no file"),
        (
            residual,
            [bare],
            {"batchnorm": "cold"},
            "expected batchnorm to be .frozen. or .batch. or",
        ),
        (
            residual,
            [bare],
            {"steps": 2},
            "expected steps to be 3 or more, up to 100,000,000, got 2",
        ),
        (residual, [bare], {"steps": 10**30}, "up to 100,000,000, got 1000"),
        (
            problem_of(lambda y: 0 * y + 1, x=x),
            [point(1.0)],
            {},
            "the loss is the same at both ends and everywhere between them",
        ),
        (
            problem_of(lambda y: y + torch.randn_like(y), x=x),
            [point(1.0)],
            {},
            "loss at the model differs between two evaluations",
        ),
        (
            problem_of(lambda y: torch.log(y), x=x),
            [point(1.0)],
            {},
            "expected a finite loss at both ends, got - and 0",
        ),
    ]


@pytest.mark.parametrize("case", range(10))
def test_what_has_no_barrier_is_refused_in_one_line(case, tmp_path):
    problem, ends, settings, message = refused(tmp_path)[case]
    with pytest.raises(LandscapeError, match=message):
        ls.barrier(problem, *ends, **settings)


def test_statistics_that_an_end_lacks_are_not_needed_where_they_are_taken_anew():
    problem = classifier()
    bare = {k: v for k, v in made("residual", 1).state_dict().items() if "running" not in k}
    assert ls.barrier(problem, bare, steps=3, batchnorm=["batch", "recalibrated"]).find()
