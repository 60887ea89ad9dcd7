"""Problems whose values depend on more than the point are refused, and constant ones are not."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from landscape.checks import evaluate_witness
from landscape.errors import LandscapeError, ProblemError, SettingsMismatchError
from landscape.planes import Plane, parameters_of
from landscape.problem import Problem
from landscape.sampling import compute
from landscape.surface.kinds import MetricKind
from tests.landscape.problems import regression
from tests.landscape.quadratics import SMALL

X = torch.randn(60, 2, generator=torch.Generator().manual_seed(1))
X = X[X[:, 0].abs() > 0.2]
Y = (X[:, 0] > 0).long()


def classifier(scale=1.0):
    """Separate the data surely: a satisfied hinge, and for a large scale a cross-entropy of 0."""
    model = nn.Linear(2, 2, bias=False)
    with torch.no_grad():
        model.weight.copy_(scale * torch.tensor([[-10.0, 0.0], [10.0, 0.0]]))
    return model


PLATEAUS = {
    "0-1 error": (1, lambda m, b: (m(b[0]).argmax(1) != b[1]).float()),
    "hinge": (1, lambda m, b: functional.multi_margin_loss(m(b[0]), b[1], reduction="none")),
    "cross-entropy": (100, lambda m, b: functional.cross_entropy(m(b[0]), b[1], reduction="none")),
}


@pytest.mark.parametrize(("scale", "loss"), PLATEAUS.values(), ids=PLATEAUS)
def test_a_plateau_at_the_center_is_no_fault(scale, loss):
    surface = compute(Problem(classifier(scale), loss, [(X, Y)]), radius=2, **SMALL)
    assert surface.center["loss"] == 0
    assert surface.loss.max() > 0


def test_a_bfloat16_model_moves_by_less_than_its_rounding():
    problem = regression()
    model = problem.model.bfloat16()
    batches = [batch.bfloat16() for batch in problem.batches]
    surface = compute(Problem(model, problem.loss, batches), radius=0.02, **SMALL)
    assert surface.measured.all()


@pytest.mark.parametrize("where", ["at the center", "away from the center"])
def test_random_values_are_refused(where):
    problem = regression()
    start = problem.model[0].weight.detach().clone()

    def loss(model, x):
        moved = not torch.equal(model[0].weight.cpu(), start)
        noise = torch.rand(()) if moved or where == "at the center" else 0.0
        return problem.loss(model, x) * (1 + 1e-6 * noise)

    with pytest.raises(ProblemError, match=f"loss {where} differs between two evaluations"):
        compute(Problem(problem.model, loss, problem.batches), **SMALL)


def test_state_that_evaluation_changes_is_noticed():
    problem = regression()
    calls = []

    def loss(model, x):
        calls.append(0)
        return problem.loss(model, x) * (1 + 0.1 * (len(calls) > 60))

    with pytest.raises(ProblemError, match=r"at the center was .* as a point of plane|at the end"):
        compute(Problem(problem.model, loss, problem.batches), **SMALL)


def test_a_far_point_that_changes_is_noticed():
    problem = regression()
    start = problem.model[0].weight.detach().clone()
    calls = []

    def loss(model, x):
        far = float((model[0].weight.cpu() - start).norm()) > 1
        calls.append(far)
        return problem.loss(model, x) * (1 + 0.01 * sum(calls) * far)

    with pytest.raises(SettingsMismatchError, match="when it is measured again") as caught:
        compute(Problem(problem.model, loss, problem.batches), **SMALL)
    assert "state or data that evaluation changes" in caught.value.hint


def test_where_the_loss_fails_there_is_no_witness():
    class Fails:
        def enter(self, plane): ...
        def leave(self): ...
        def at(self, alpha, beta):
            raise ProblemError("too far")

    assert evaluate_witness(Fails(), {}, None, ((-1.0, 1.0), (-1.0, 1.0))) == {}


def test_a_direction_of_zeros_is_refused():
    problem = regression()
    zeros = {name: torch.zeros_like(p) for name, p in problem.model.named_parameters()}
    center = {name: p.detach() for name, p in problem.model.named_parameters()}
    ones = {name: torch.ones_like(p) for name, p in zeros.items()}
    with pytest.raises(LandscapeError, match="direction is zero"):
        compute(problem, planes=[Plane(center, (ones, zeros))], steps=3, workers=1)
    with torch.no_grad():
        for parameter in problem.model.parameters():
            parameter.zero_()
    with pytest.raises(LandscapeError, match="direction is zero") as caught:
        compute(problem, **SMALL)
    assert "--normalize unit" in caught.value.hint


def test_planes_of_ones_own():
    """A line to another checkpoint: the loss there is that of the checkpoint."""
    problem, other = regression(), regression()
    with torch.no_grad():
        for parameter in other.model.parameters():
            parameter.mul_(1.3)
    center, end = (dict(p.model.state_dict()) for p in (problem, other))
    step = {name: end[name] - center[name] for name in center}
    surface = compute(problem, planes=[Plane(center, (step,))], steps=5, workers=2)
    assert surface.is_line
    assert surface.normalize == "given"
    with torch.no_grad():
        expected = torch.cat([other.loss(other.model, x) for x in other.batches]).mean()
    assert surface.loss[0, 0, -1] == pytest.approx(float(expected), rel=1e-6)
    assert np.isclose(surface.loss[0, 0, 2], surface.center["loss"])


@pytest.mark.parametrize("device", ["cuda:99", "tpu", "meta"])
def test_devices_that_are_not_there(device):
    with pytest.raises(LandscapeError, match="device"):
        compute(regression(), device=device, **SMALL)


def test_what_is_not_finite_at_the_center_is_found():
    x = torch.ones(5, 2)
    x[3, 0] = torch.nan
    problem = Problem(nn.Linear(2, 1), lambda model, x: model(x)[:, 0], x.split(2))
    with pytest.raises(ProblemError, match=r"loss at the center is nan, first in batch 2, value 2"):
        compute(problem, planes=1, steps=3, workers=1)


def test_kinds_of_metrics_that_the_loss_does_not_return_are_refused():
    problem = regression()
    kinds = {"accuracy": MetricKind(higher_is_better=True)}
    problem = Problem(problem.model, problem.loss, problem.batches, metrics=kinds)
    with pytest.raises(LandscapeError, match="expected metrics among loss, got 'accuracy'"):
        compute(problem, **SMALL)


def test_means_of_batches_are_told_to_be_averaged_by_samples(caplog):
    problem = regression()
    for weight in ({}, {"weight": torch.tensor(3.0)}):
        means = Problem(
            problem.model,
            lambda model, x, w=weight: {"loss": problem.loss(model, x).mean(), **w},
            problem.batches,
        )
        caplog.clear()
        compute(means, **SMALL)
        assert ("one number for each of 3 batches" in caplog.text) == (not weight)


def test_planes_of_ones_own_warn_of_frozen_statistics(caplog):
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)).eval()
    problem = Problem(model, lambda m, x: m(x).square().mean(1), [torch.randn(8, 3)])
    line = Plane(parameters_of(model), ({n: v + 1 for n, v in parameters_of(model).items()},))
    compute(problem, planes=[line], steps=3, workers=1)
    assert "batchnorm='recalibrated' (--batchnorm recalibrated) takes them anew" in caplog.text
    caplog.clear()
    compute(problem, planes=[line], steps=3, workers=1, batchnorm="recalibrated")
    compute(problem, planes=1, steps=3, workers=1)
    assert "BatchNorm" not in caplog.text


@pytest.mark.parametrize(("settings", "told"), [({"steps": 6}, True), ({"steps": 5}, False)])
def test_a_grid_without_its_center_is_told(settings, told, caplog):
    compute(regression(), planes=1, line=True, workers=1, **settings)
    said = "an even number of steps (6) leaves the center between the points of the grid"
    assert (said in caplog.text) == told
    caplog.clear()
    compute(regression(), planes=1, line=True, workers=1, window=(-1, 2), steps=6)
    assert "an even number" not in caplog.text
