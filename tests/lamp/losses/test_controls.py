import copy
import math

import pytest
import torch
from torch import nn

from lamp.losses import BaseLoss, LampLoss, NormMatched, Scaled, amplify, cross_entropy_error
from lamp.models import Autoencoder
from tests.lamp.losses.draws import errors


@pytest.mark.parametrize("loss", [BaseLoss("l2"), LampLoss(), LampLoss("l1", reduction="sum")])
def test_a_constant_multiplies_values_gradients_and_curvature(loss):
    a, b = errors(3, 4).requires_grad_(), errors(3, 4, seed=1)
    scaled = Scaled(loss, 3.0)
    assert torch.allclose(scaled.per_sample(a, b), 3 * loss.per_sample(a, b))
    hessians = [
        torch.autograd.functional.hessian(lambda x, f=f: f(x, b), a) for f in (loss, scaled)
    ]
    assert torch.allclose(3 * hessians[0], hessians[1])
    gradients = [torch.autograd.grad(f(a, b), a)[0] for f in (loss, scaled)]
    assert torch.allclose(3 * gradients[0], gradients[1])
    assert repr(scaled).startswith("Scaled(\n  factor=3.0\n  (loss): ")


@pytest.mark.parametrize("factor", [0.0, -1.0, math.inf, math.nan])
def test_factor_is_checked(factor):
    with pytest.raises(ValueError, match="positive, finite factor, got"):
        Scaled(BaseLoss(), factor)


@pytest.mark.parametrize("order", [1, 2, 5, 30])
@pytest.mark.parametrize("scale", ["sample", "batch", "none", 0.9])
def test_series_is_the_sum_of_its_terms(order, scale):
    error = errors(3, 5)
    largest = {"sample": error.amax(1, keepdim=True), "batch": error.max(), "none": 1.0}
    x = 0.9 * error / largest.get(scale, scale)
    terms = torch.stack([x**k / k for k in range(1, order + 1)])
    assert torch.allclose(amplify(error, scale=scale, order=order), terms.sum(0))


def test_series_converges_to_the_logarithm_from_below():
    error = errors(3, 5)
    whole = amplify(error, epsilon=0.1)
    gaps = [
        float((whole - amplify(error, epsilon=0.1, order=k)).max()) for k in (1, 4, 16, 64, 256)
    ]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[0] > 1
    assert 0 <= gaps[-1] < 1e-12
    assert all((whole >= amplify(error, epsilon=0.1, order=k) - 1e-12).all() for k in (1, 2, 3))


@pytest.mark.parametrize("order", [0, -1, 1.5, True, "2"])
def test_order_is_checked(order):
    for make in (lambda: LampLoss(order=order), lambda: amplify(torch.ones(1), order=order)):
        with pytest.raises(ValueError, match="number of terms, at least 1, or None, got"):
            make()


def test_cross_entropy_matches_torch_and_its_own_definition():
    p, y = 0.01 + 0.98 * errors(3, 4), errors(3, 4, seed=1)
    error = cross_entropy_error(p, y)
    assert torch.allclose(error, -y * p.log() - (1 - y) * (1 - p).log())
    assert torch.allclose(BaseLoss("bce")(p, y), nn.functional.binary_cross_entropy(p, y))
    ends = torch.tensor([[0.0, 1.0]], requires_grad=True)
    value = BaseLoss("bce")(ends, torch.tensor([[0.0, 0.0]]))
    value.backward()
    assert value.item() == 50
    assert torch.isfinite(ends.grad).all()


def matched_slowly(model, images, loss, like):
    """Two copies, two whole backward passes, one vector each."""
    vectors = []
    for each in (loss, like):
        other = copy.deepcopy(model)
        each(other(images), images).backward()
        vectors.append(torch.cat([p.grad.flatten() for p in other.parameters()]))
    return vectors[0] * vectors[1].norm() / vectors[0].norm(), vectors[1].norm() / vectors[0].norm()


@pytest.mark.parametrize("like", [LampLoss(), LampLoss(detach=True), Scaled(BaseLoss("l2"), 7.0)])
def test_matched_gradient_against_a_slow_reference(like):
    model = Autoencoder(16, width=3).double()
    images = errors(4, 1, 16, 16)
    expected, factor = matched_slowly(model, images, BaseLoss("l2"), like)
    loss = NormMatched(BaseLoss("l2"), like)
    value = loss.backward(model(images), images, model.parameters())
    found = torch.cat([p.grad.flatten() for p in model.parameters()])
    assert torch.allclose(found, expected)
    assert torch.allclose(value, BaseLoss("l2")(copy.deepcopy(model)(images), images))
    assert not value.requires_grad
    assert float(loss.mean_factor) == pytest.approx(float(factor))


def test_matched_gradients_add_up_and_factors_are_averaged():
    model = nn.Linear(3, 3).double()
    model.bias.requires_grad_(False)
    loss = NormMatched(BaseLoss("l2"), LampLoss())
    total, factors = torch.zeros(3, 3).double(), []
    for seed in range(3):
        x = errors(5, 3, seed=seed)
        gradients = [
            torch.autograd.grad(each(model(x), x), model.weight)[0]
            for each in (loss.loss, loss.like)
        ]
        factors.append(float(gradients[1].norm() / gradients[0].norm()))
        total += gradients[0] * factors[-1]
        loss.backward(model(x), x, model.parameters())
    assert torch.allclose(model.weight.grad, total)
    assert model.bias.grad is None
    assert float(loss.mean_factor) == pytest.approx(sum(factors) / 3)
    assert int(loss.steps) == 3


def test_where_there_is_no_gradient_none_is_added():
    model = nn.Linear(2, 2, bias=False)
    nn.init.eye_(model.weight)
    x = torch.rand(3, 2)
    loss = NormMatched(BaseLoss("l2"), LampLoss())
    assert float(loss.backward(model(x), x, model.parameters())) == 0
    assert torch.equal(model.weight.grad, torch.zeros(2, 2))


def test_called_it_is_the_loss_that_gives_the_direction():
    a, b = errors(3, 4), errors(3, 4, seed=1)
    loss = NormMatched(BaseLoss("l1"), LampLoss())
    assert torch.equal(loss(a, b), BaseLoss("l1")(a, b))
    assert torch.equal(loss.per_sample(a, b), BaseLoss("l1").per_sample(a, b))


def test_matching_needs_numbers():
    x = torch.rand(3, 2)
    loss = NormMatched(BaseLoss("l2"), LampLoss(reduction="none"))
    with pytest.raises(ValueError, match=r"one number, got shapes \(\) and \(3, 2\): use"):
        loss.backward(nn.Linear(2, 2)(x), x, [])
