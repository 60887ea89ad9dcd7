"""Hessian-vector products: those of the whole Hessian of one big batch."""

import pytest
import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import scaled_dot_product_attention

from landscape.errors import ProblemError
from landscape.objective.data import read_batches
from landscape.objective.evaluate import Objective
from landscape.planes.parameters import parameters_of
from landscape.planes.plane import Plane
from landscape.problem import Problem
from tests.landscape.objective.test_gradient import LOSSES, X, each, network


def random_direction(params):
    generator = torch.Generator().manual_seed(2)
    return {n: torch.randn(p.shape, generator=generator).to(p.dtype) for n, p in params.items()}


def objective_of(model, loss, batches, **options):
    return Objective(Problem(model, loss, []), read_batches(batches), **options)


def expected(model, mean, direction):
    """Multiply by the whole Hessian of a function of the parameters."""
    names = list(direction)
    sizes = [direction[name].numel() for name in names]

    def value(flat):
        parts = flat.split(sizes)
        own = {n: p.view(direction[n].shape) for n, p in zip(names, parts, strict=True)}
        call = lambda x: torch.func.functional_call(model, own, (x,))  # noqa: E731
        return mean(call, X.to(flat.dtype))

    params = dict(model.named_parameters())
    flat = torch.cat([params[name].detach().reshape(-1) for name in names])
    with sdpa_kernel(SDPBackend.MATH):
        hessian = torch.autograd.functional.hessian(value, flat)
    found = hessian @ torch.cat([direction[name].reshape(-1) for name in names])
    parts = found.split(sizes)
    return {n: p.view(direction[n].shape) for n, p in zip(names, parts, strict=True)}


@pytest.mark.parametrize("name", LOSSES)
def test_it_is_that_with_the_hessian_of_the_mean_over_all_samples(name):
    loss, mean = LOSSES[name]
    model = network()
    direction = random_direction(parameters_of(model))
    objective = objective_of(model, loss, list(X.double().split([4, 4, 2])))
    found = objective.product(direction)
    for key, one in expected(model, mean, direction).items():
        torch.testing.assert_close(found[key], one, rtol=1e-10, atol=1e-12)
    assert all(p.grad is None and p.requires_grad for p in model.parameters())


def test_what_stays_has_no_part():
    model = network()
    moves = ["2.weight", "0.bias"]
    direction = random_direction({n: p for n, p in parameters_of(model).items() if n in moves})
    objective = objective_of(model, each, [X.double()], moves=moves)
    found = objective.product(direction)
    wanted = expected(model, lambda m, x: each(m, x).mean(), direction)
    for key in moves:
        torch.testing.assert_close(found[key], wanted[key])
    assert not found["0.weight"].any()


def test_it_is_taken_at_the_center_wherever_the_model_was():
    model = network()
    direction = random_direction(parameters_of(model))
    objective = objective_of(model, each, [X.double()])
    first = objective.product(direction)
    objective.enter(Plane(parameters_of(model), (direction,)))
    objective.at(2.0)
    torch.testing.assert_close(objective.product(direction), first, rtol=0, atol=0)


@pytest.mark.parametrize("moves", [None, ["0.weight"]])
@pytest.mark.parametrize("view", [lambda w: w, lambda w: w.t(), lambda w: w[:2]])
def test_what_lies_in_one_memory_counts_once(view, moves):
    layers = [nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False), nn.Linear(3, 3)]
    model = nn.ModuleList(layers).double()
    model[1].weight = nn.Parameter(view(model[0].weight.detach()))

    def value(first, second, x):
        return (torch.tanh(x @ first.T) @ second.T).square().sum(1)

    def loss(model, x):
        return value(model[0].weight, model[1].weight, x) + model[2](x)[:, 0]

    direction = random_direction(parameters_of(model))
    found = objective_of(model, loss, [X.double()], moves=moves).product(direction)
    free = model[0].weight.detach()
    hessian = torch.autograd.functional.hessian(
        lambda w: value(w, view(w), X.double()).mean(), free
    )
    wanted = torch.einsum("abcd,cd->ab", hessian, direction["0.weight"])
    torch.testing.assert_close(found["0.weight"], wanted)
    assert "1.weight" not in found
    assert not found["2.weight"].any()  # linear


class Attention(nn.Module):
    """One head of attention, whose fast forms are differentiated once only."""

    def __init__(self) -> None:
        super().__init__()
        self.queries = nn.Linear(3, 4)
        self.keys = nn.Linear(3, 4)

    def forward(self, x):
        queries, keys = self.queries(x)[None, None], self.keys(x)[None, None]
        return scaled_dot_product_attention(queries, keys, keys)[0, 0, :, :1]


class Recurrent(nn.Module):
    """An LSTM that reads the features one by one."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(1, 2, batch_first=True)

    def forward(self, x):
        return self.lstm(x[:, :, None])[0][:, -1]


class Words(nn.Module):
    """A table of which a batch has some rows."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(4, 3, sparse=True)

    def forward(self, x):
        return torch.tanh(self.table((x[:, 0] > 0).long())).sum(1, keepdim=True)


LAYERS = [
    Attention,
    Recurrent,
    Words,
    lambda: nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 1)),
    lambda: nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 1)),
]


@pytest.mark.parametrize("make", LAYERS)
def test_layers_that_are_seldom_differentiated_twice(make):
    torch.manual_seed(0)
    model = make().double().eval()
    direction = random_direction(parameters_of(model))
    found = objective_of(model, each, [X.double()]).product(direction)
    if isinstance(model, Words):
        model.table.sparse = False  # for the reference
    wanted = expected(model, lambda m, x: each(m, x).mean(), direction)
    for key, one in found.items():
        torch.testing.assert_close(one, wanted[key], rtol=1e-9, atol=1e-12)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("make", LAYERS)
def test_on_a_gpu_they_are_those_of_the_cpu(make):
    torch.manual_seed(0)
    model = make().eval()
    direction = random_direction(parameters_of(model))
    here, there = (objective_of(model, each, [X], device=name) for name in ("cpu", "cuda"))
    pairs = (here.product(direction), there.product(direction)), (here.slope()[1], there.slope()[1])
    for one, other in pairs:
        for name, value in one.items():
            torch.testing.assert_close(other[name], value, rtol=1e-4, atol=1e-5)


def test_batchnorm_by_the_batch_is_differentiated_with_its_statistics():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 1)).double()
    direction = random_direction(parameters_of(model))
    objective = objective_of(model, each, [X.double()], batchnorm="batch")
    model[1].track_running_stats = False
    wanted = expected(model.train(), lambda m, x: each(m, x).mean(), direction)
    for key, one in objective.product(direction).items():
        torch.testing.assert_close(one, wanted[key], rtol=1e-9, atol=1e-10)


class Once(torch.autograd.Function):
    """A square whose backward forgets how it was computed."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.square()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        return 2 * x * gradient


def test_what_cannot_be_differentiated_twice_is_refused_in_one_line():
    model = network()
    direction = random_direction(parameters_of(model))
    objective = objective_of(model, lambda m, x: Once.apply(m(x))[:, 0], [X.double()])
    with pytest.raises(ProblemError, match="the loss cannot be differentiated twice: ") as error:
        objective.product(direction)
    assert "\n" not in str(error.value)
    assert "--along worst" in error.value.hint
    objective = objective_of(model, lambda m, x: each(m, x).detach(), [X.double()])
    with pytest.raises(ProblemError, match=r"(?m)the loss cannot be differentiated$"):
        objective.product(direction)


def test_a_compiled_model_is_multiplied_as_it_was_written():
    model = network()
    direction = random_direction(parameters_of(model))
    plain = objective_of(model, each, [X.double()]).product(direction)
    compiled = torch.compile(model, backend="aot_eager")
    objective = objective_of(compiled, each, [X.double()])
    found = objective.product({f"_orig_mod.{name}": one for name, one in direction.items()})
    for name, one in plain.items():
        torch.testing.assert_close(found[f"_orig_mod.{name}"], one)


def test_parameters_of_the_loss_are_left_alone():
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.factor = nn.Parameter(torch.ones(1).double())

        def forward(self, model, x):
            return each(model, x) * self.factor

    model, loss = network(), Scaled()
    objective_of(model, loss, [X.double()]).product(random_direction(parameters_of(model)))
    assert loss.factor.grad is None


def test_a_loss_that_is_linear_in_what_moves_has_no_curvature():
    model = nn.Linear(3, 1).double()
    objective = objective_of(model, lambda m, x: m(x)[:, 0], [X.double()])
    found = objective.product(random_direction(parameters_of(model)))
    assert not any(one.any() for one in found.values())
