"""The gradient of the mean loss: that of one big batch, whatever the batches and weights are."""

import pytest
import torch
from torch import nn

from landscape.errors import ProblemError
from landscape.objective.data import read_batches
from landscape.objective.evaluate import Objective
from landscape.planes.parameters import parameters_of
from landscape.planes.plane import Plane
from landscape.problem import Problem

X = torch.randn(10, 3, generator=torch.Generator().manual_seed(1))


def network(dtype=torch.float64) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).to(dtype)


def slope(model, loss, sizes=(4, 4, 2), **options):
    x = X.to(next(model.parameters()).dtype)
    data = read_batches(list(x.split(list(sizes))))
    return Objective(Problem(model, loss, []), data, **options).slope()


def expected(model, mean):
    """Differentiate the mean over all samples at once."""
    value = mean(model, X.to(next(model.parameters()).dtype))
    names = dict(model.named_parameters())
    found = torch.autograd.grad(value, list(names.values()), allow_unused=True)
    return float(value.detach()), dict(zip(names, found, strict=True))


def each(model, x):
    return model(x)[:, 0].square()


LOSSES = {
    "values of samples": (each, lambda m, x: each(m, x).mean()),
    "means of batches": (lambda m, x: each(m, x).mean(), lambda m, x: each(m, x).mean()),
    "weights of samples": (
        lambda m, x: {"loss": each(m, x), "weight": x[:, 0].abs()},
        lambda m, x: (each(m, x) * x[:, 0].abs()).sum() / x[:, 0].abs().sum(),
    ),
    "a mean and its weight": (
        lambda m, x: {"loss": each(m, x)[x[:, 0] > 0].mean(), "weight": (x[:, 0] > 0).sum()},
        lambda m, x: each(m, x)[x[:, 0] > 0].mean(),
    ),
    "tokens": (
        lambda m, x: {"loss": each(m, x)[:, None] * x, "weight": (x > 0).double()},
        lambda m, x: (each(m, x)[:, None] * x)[x > 0].mean(),
    ),
}


@pytest.mark.parametrize("name", LOSSES)
def test_it_is_that_of_the_mean_over_all_samples(name):
    loss, mean = LOSSES[name]
    model = network()
    value, found = slope(model, loss)
    wanted, gradient = expected(model, mean)
    assert value == pytest.approx(wanted, rel=1e-12)
    assert list(found) == list(gradient)
    for key, one in found.items():
        torch.testing.assert_close(one, gradient[key], rtol=1e-10, atol=1e-14)
    assert all(p.grad is None and p.requires_grad for p in model.parameters())


def test_it_is_taken_where_the_model_has_moved_to():
    model, ones = network(), {n: torch.ones_like(p) for n, p in network().named_parameters()}
    data = read_batches([X.double()])
    objective = Objective(Problem(model, each, []), data)
    objective.enter(Plane(parameters_of(model), (ones,)))
    _, found = objective.slope(0.5)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.5
    _, gradient = expected(model, lambda m, x: each(m, x).mean())
    torch.testing.assert_close(found["0.weight"], gradient["0.weight"])


@pytest.mark.parametrize("view", [lambda w: w, lambda w: w.t(), lambda w: w[:2]])
def test_what_lies_in_one_memory_has_one_gradient(view):
    model = nn.ModuleList([nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False)]).double()
    model[1].weight = nn.Parameter(view(model[0].weight.detach()))

    def loss(model, x):
        return (torch.tanh(x @ model[0].weight.T) @ model[1].weight.T).square().sum(1)

    _, found = slope(model, loss)
    assert list(found) == ["0.weight"]
    free = model[0].weight.detach().clone().requires_grad_()
    x = X.double()
    value = (torch.tanh(x @ free.T) @ view(free).T).square().sum(1).mean()
    (gradient,) = torch.autograd.grad(value, [free])
    torch.testing.assert_close(found["0.weight"], gradient)


def test_half_precision_is_added_in_float32():
    model = network(torch.bfloat16)
    _, found = slope(model, each)
    assert found["0.weight"].dtype == torch.float32
    _, gradient = expected(network(), lambda m, x: each(m, x).mean())
    torch.testing.assert_close(
        found["2.weight"], gradient["2.weight"].float(), rtol=0.05, atol=0.02
    )


def test_a_loss_without_a_gradient_is_refused():
    for loss in (
        lambda m, x: each(m, x).detach(),
        lambda m, x: torch.zeros(len(x)),
    ):
        with pytest.raises(ProblemError, match="the loss cannot be differentiated") as error:
            slope(network(), loss)
        assert "without .item()" in error.value.hint
