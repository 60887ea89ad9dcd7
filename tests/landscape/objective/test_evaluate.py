"""Values of an objective against plain evaluation, and the caller's model against itself."""

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from landscape.errors import ProblemError
from landscape.objective.data import read_batches
from landscape.objective.evaluate import Objective
from landscape.objective.tune import tune
from landscape.objective.tuning import Tuning
from landscape.planes import ParameterSpace, RandomPlanes
from landscape.problem import Problem


def network() -> nn.Module:
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.ConvTranspose2d(4, 6, 2, groups=2),
        nn.Flatten(),
        nn.Linear(6 * 49, 3),
    )
    model(torch.randn(32, 1, 6, 6))  # running statistics away from their initial values
    return model.train()


def classify(model, batch):
    x, y = batch
    logits = model(x)
    return {
        "loss": cross_entropy(logits, y, reduction="none"),
        "accuracy": (logits.argmax(1) == y).float(),
    }


def problem() -> Problem:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(21, 1, 6, 6, generator=generator)
    y = torch.randint(3, (21,), generator=generator)
    return Problem(network(), classify, list(zip(x.split(8), y.split(8), strict=True)))


def objective(problem: Problem, **settings) -> Objective:
    return Objective(problem, read_batches(problem.batches), **settings)


def plane_of(model: nn.Module):
    return RandomPlanes(ParameterSpace(model), 1, seed=0)[0]


PAIR = (("0", "1"),)
TUNINGS = [
    Tuning(),
    Tuning(layout="channels_last"),
    Tuning(batch_size=5),
    Tuning(batch_size=16),
    Tuning(fold=PAIR),
    Tuning(layout="channels_last", batch_size=21, fold=PAIR),
]


@pytest.mark.parametrize("tuning", TUNINGS)
def test_values_equal_a_plain_evaluation_at_the_same_parameters(tuning):
    task = problem()
    plane = plane_of(task.model)
    resident = objective(task, tuning=tuning)
    resident.enter(plane)
    for alpha, beta in [(0.0, 0.0), (0.5, -1.0), (-0.25, 0.75), (0.5, -1.0)]:
        found = resident.at(alpha, beta)
        model = copy.deepcopy(task.model).eval()
        model.load_state_dict({**model.state_dict(), **plane.at(alpha, beta)})
        with torch.no_grad():
            plain = [classify(model, batch) for batch in task.batches]
        for name, sample in found.items():
            expected = torch.cat([metrics[name] for metrics in plain]).double().numpy()
            np.testing.assert_allclose(sample.values, expected, rtol=2e-5, atol=1e-6)
            assert sample.mean == pytest.approx(expected.mean(), rel=2e-5)
            assert sample.standard_error == pytest.approx(
                expected.std(ddof=1) / np.sqrt(21), rel=1e-4
            )


def test_the_delta_standard_error_is_that_of_paired_differences():
    task = problem()
    resident = objective(task)
    center = resident.evaluate()["loss"]
    resident.enter(plane_of(task.model))
    point = resident.at(0.3, 0.2)["loss"]
    difference = point.values - center.values
    expected = difference.std(ddof=1) / np.sqrt(difference.size)
    assert point.delta_standard_error(center) == pytest.approx(expected, rel=1e-9)
    assert center.delta_standard_error(center) == 0


def test_the_callers_model_is_unchanged():
    task = problem()
    task.model[0].weight.requires_grad_(False)
    before = copy.deepcopy(task.model)
    state = torch.get_rng_state()
    for policy in ("frozen", "batch", "recalibrated"):
        tuning = Tuning(layout="channels_last", fold=PAIR if policy == "frozen" else ())
        resident = objective(task, batchnorm=policy, tuning=tuning)
        resident.enter(plane_of(task.model))
        resident.at(1.0, 1.0)
    for (name, old), new in zip(
        before.state_dict().items(), task.model.state_dict().values(), strict=True
    ):
        assert torch.equal(old, new), name
        assert old.stride() == new.stride()
    assert all(module.training for module in task.model.modules())
    assert not task.model[0].weight.requires_grad
    assert task.model[1].weight.requires_grad
    assert torch.equal(state, torch.get_rng_state())


def test_batchnorm_policies_differ_as_they_should():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    model[1].running_mean.fill_(5.0)
    x = torch.randn(64, 2)
    task = Problem(model, lambda model, x: model(x).square().mean(1), [x])
    frozen, batch, recalibrated = (
        objective(task, batchnorm=policy).evaluate()["loss"].mean
        for policy in ("frozen", "batch", "recalibrated")
    )
    assert frozen > 10
    # One batch: its own statistics are the recalibrated ones, but for the variance's n - 1.
    assert batch == pytest.approx(1.0, rel=1e-3)
    assert recalibrated == pytest.approx(63 / 64, rel=1e-3)


def test_a_scalar_loss_is_averaged_by_batch_size_and_has_no_standard_error():
    x = torch.arange(5.0)[:, None]
    task = Problem(nn.Linear(1, 1), lambda model, x: x.mean() + 0 * model(x).sum(), x.split(2))
    sample = objective(task).evaluate()["loss"]
    assert sample.mean == pytest.approx(2.0)
    assert np.isnan(sample.standard_error)


def test_tied_parameters_move_together():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Linear(3, 3, bias=False)
            self.second = nn.Linear(3, 3, bias=False)
            self.second.weight = self.first.weight

        def forward(self, x):
            return self.second(self.first(x))

    model = Tied()
    x = torch.randn(4, 3)
    resident = objective(Problem(model, lambda model, x: model(x).square().mean(1), [x]))
    plane = plane_of(model)
    resident.enter(plane)
    weight = plane.at(0.5, 0.5)["first.weight"]
    expected = (x @ weight.T @ weight.T).square().mean(1).double().numpy()
    np.testing.assert_allclose(resident.at(0.5, 0.5)["loss"].values, expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (lambda model, x: model(x), r"expected 'loss' of shape \(4,\) .* got \(4, 1\)"),
        (lambda model, x: {"accuracy": x}, "expected a metric named 'loss'"),
        (lambda model, x: 3.0, "expected 'loss' to be a tensor, got float"),
        (lambda model, x: model(x)[:2, 0], r"got \(2,\)"),
        (lambda model, x: model(x, x), "raised TypeError"),
        (
            lambda model, x: {"loss": model(x)[:, 0], "a b": x},
            "expected a name for a metric",
        ),
        (lambda model, x: {"loss": model(x)[:, 0], "beta": x}, "for a metric, got 'beta'"),
        (lambda model, x: {"loss": model(x)[:, 0], "a_se": x}, "for a metric, got 'a_se'"),
        (lambda model, x: model(x)[:, 0] + 1j, "expected 'loss' to be real"),
    ],
)
def test_a_loss_that_returns_the_wrong_thing(loss, message):
    with pytest.raises(ProblemError, match=message):
        objective(Problem(nn.Linear(2, 1), loss, [torch.zeros(4, 2)])).evaluate()


def test_models_that_cannot_be_evaluated_are_named():
    def loss(model, x):
        return x

    x = [torch.zeros(4)]
    with pytest.raises(ProblemError, match="a model with parameters"):
        objective(Problem(nn.ReLU(), loss, x))
    with pytest.raises(ProblemError, match="has no shape yet"):
        objective(Problem(nn.LazyLinear(3), loss, x))
    stuck = nn.Linear(1, 1)
    stuck.handle = (i for i in range(3))
    with pytest.raises(ProblemError, match="cannot copy the model"):
        objective(Problem(stuck, loss, x))


def test_a_loss_may_take_its_batch_apart_and_work_in_place():
    x = torch.ones(4, 2)

    def loss(model, batch):
        return model(batch.pop("x").mul_(1.0)).square().mean(1)

    resident = objective(Problem(nn.Linear(2, 1), loss, [{"x": x}]))
    first = resident.evaluate()["loss"]
    assert resident.evaluate()["loss"].mean == first.mean
    version = x._version
    resident.evaluate()
    assert x._version == version, "the caller's tensor was changed in place"


def test_models_that_keep_activations_are_copied():
    class Keeping(nn.Linear):
        def forward(self, x):
            self.last = super().forward(x)
            return self.last

    model = Keeping(2, 1)
    model(torch.ones(3, 2))
    resident = objective(
        Problem(model, lambda model, x: model(x).square().mean(1), [torch.ones(4, 2)])
    )
    assert resident.evaluate()["loss"].values.shape == (4,)
    assert model.last.grad_fn is not None


def test_integer_parameters_stay_and_complex_ones_are_refused():
    model = nn.Linear(2, 1)
    model.steps = nn.Parameter(torch.tensor([3]), requires_grad=False)
    x = torch.ones(4, 2)
    task = Problem(model, lambda model, x: model(x)[:, 0] * model.steps, [x])
    resident = objective(task)
    resident.enter(plane_of(model))
    assert resident.at(1.0, 1.0)["loss"].mean != resident.at(0.0, 0.0)["loss"].mean
    model.phase = nn.Parameter(torch.ones(2, dtype=torch.complex64))
    with pytest.raises(ProblemError, match="parameter 'phase' is complex"):
        objective(task)


def test_gradients_by_the_inputs_work_and_the_hint_says_how():
    def physics(model, x):
        with torch.enable_grad():
            x = x.clone().requires_grad_()
            (slope,) = torch.autograd.grad(model(x).sum(), x)
        return slope.square().sum(1)

    model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    x = torch.ones(3, 2)
    assert objective(Problem(model, physics, [x])).evaluate()["loss"].mean > 0

    def without(model, x):
        return torch.autograd.grad(model(x).sum(), x.requires_grad_())[0].sum(1)

    with pytest.raises(ProblemError, match="does not require grad") as caught:
        objective(Problem(model, without, [x])).evaluate()
    assert "torch.enable_grad()" in caught.value.hint


def test_an_error_in_the_loss_names_its_line():
    def loss(model, x):
        return model(x) @ x

    with pytest.raises(ProblemError, match=r"raised RuntimeError: .*test_evaluate\.py, line \d+"):
        objective(Problem(nn.Linear(2, 1), loss, [torch.ones(4, 2)])).evaluate()


def test_the_default_dtype_of_the_parent_holds_in_every_process():
    def loss(model, x):
        return (model(x)[:, 0].to(torch.get_default_dtype()) * torch.tensor(0.1)).square()

    model = nn.Linear(2, 1)
    task = Problem(model, loss, [torch.randn(5, 2)])
    data = read_batches(task.batches)
    torch.set_default_dtype(torch.float64)
    try:
        tuning = tune(task, data)
        here = Objective(task, data, tuning=tuning).evaluate()["loss"].values
    finally:
        torch.set_default_dtype(torch.float32)
    assert tuning.default_dtype == "float64"
    worker = Objective(task, data, tuning=tuning).evaluate()["loss"].values
    np.testing.assert_array_equal(worker, here)
    assert torch.get_default_dtype() == torch.float32


def test_wrappers_change_nothing():
    task = problem()
    plain = objective(task).evaluate()["loss"].values
    compiled = torch.compile(task.model, backend="eager")
    for wrapped in (nn.DataParallel(task.model), compiled):
        found = objective(Problem(wrapped, classify, task.batches)).evaluate()["loss"].values
        np.testing.assert_array_equal(found, plain)
