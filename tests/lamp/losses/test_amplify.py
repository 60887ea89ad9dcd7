import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from torch import nn

from lamp.losses import LampLoss, amplify
from tests.lamp.losses.draws import errors

EPSILONS = [0.3, 0.1, 0.03, 0.01, 1e-3]


def slow(error, epsilon, scale, floor=1e-4):
    """Eq. 1 and 2 of the paper, element by element."""
    result = torch.empty_like(error)
    for n, sample in enumerate(error):
        largest = {"sample": sample.max(), "batch": error.max(), "none": 1.0}.get(scale, scale)
        largest = max(float(largest), floor) if scale in ("sample", "batch") else float(largest)
        for i, e in enumerate(sample.flatten()):
            x = float(e) / largest * (1 - epsilon)
            result[n].view(-1)[i] = -math.log(1 - x)
    return result


@pytest.mark.parametrize("epsilon", EPSILONS)
@pytest.mark.parametrize("scale", ["sample", "batch", "none", 2.0])
def test_values_match_the_formula(epsilon, scale):
    error = errors(3, 2, 4, 4)
    assert torch.allclose(amplify(error, epsilon=epsilon, scale=scale), slow(error, epsilon, scale))


@pytest.mark.parametrize("epsilon", EPSILONS)
def test_detached_gradient_matches_the_formula(epsilon):
    error = errors(3, 1, 4, 4).requires_grad_()
    amplify(error, epsilon=epsilon, detach=True).sum().backward()
    largest = error.detach().amax((1, 2, 3), keepdim=True)
    expected = (1 - epsilon) / (largest - (1 - epsilon) * error.detach())
    assert torch.allclose(error.grad, expected)
    assert math.isclose(expected.max() * largest[expected.argmax() // 16], (1 - epsilon) / epsilon)


@pytest.mark.parametrize("epsilon", EPSILONS)
@pytest.mark.parametrize("scale", ["sample", "batch"])
def test_gradient_through_the_maximum_matches_the_formula(epsilon, scale):
    error = errors(3, 1, 4, 4).requires_grad_()
    amplify(error, epsilon=epsilon, scale=scale).sum().backward()
    e = error.detach()
    dims = (1, 2, 3) if scale == "sample" else (0, 1, 2, 3)
    largest = e.amax(dims, keepdim=True)
    expected = (1 - epsilon) / (largest - (1 - epsilon) * e)
    drag = (expected * e).sum(dims, keepdim=True) / largest  # -dl/dM, falls on the worst element
    expected = torch.where(e == largest, expected - drag, expected)
    assert torch.allclose(error.grad, expected)


@pytest.mark.parametrize("detach", [False, True])
@pytest.mark.parametrize("scale", ["sample", "batch", "none", 0.4])
@pytest.mark.parametrize("base", ["l1", "l2"])
def test_gradcheck(detach, scale, base):
    a, b = errors(2, 1, 3, 3).requires_grad_(), errors(2, 1, 3, 3, seed=1)
    loss = LampLoss(base, scale=scale, detach=detach, reduction="sum")
    if detach and scale in ("sample", "batch"):  # a derivative of something else, by intent
        error = (a - b).abs() if base == "l1" else (a - b).square()
        dims = (1, 2, 3) if scale == "sample" else (0, 1, 2, 3)
        fixed = error.detach().amax(dims, keepdim=True)
        expected = (-torch.log(1 - 0.9 * error / fixed)).sum() / 2
        (reference,) = torch.autograd.grad(expected, a)
        (gradient,) = torch.autograd.grad(loss(a, b), a)
        assert torch.allclose(gradient, reference)
    else:
        assert torch.autograd.gradcheck(lambda x: loss(x, b), (a,))


def test_second_derivatives_exist():
    a, b = errors(2, 1, 3, 3).requires_grad_(), errors(2, 1, 3, 3, seed=1)
    assert torch.autograd.gradgradcheck(lambda x: LampLoss()(x, b), (a,))


@given(hnp.arrays("float32", (2, 8), elements=st.floats(0, 1, width=32)), st.floats(1e-7, 0.999))
@settings(max_examples=100, deadline=None)
def test_bounded_finite_and_ordered(array, epsilon):
    error = torch.tensor(array).requires_grad_()
    value = amplify(error, epsilon=epsilon)
    value.sum().backward()
    assert torch.isfinite(value).all()
    assert torch.isfinite(error.grad).all()
    assert (value >= 0).all()
    # float32 rounds 1 - epsilon to a multiple of 6e-8, a factor of two in epsilon at the least
    assert value.max() <= math.log(1 / epsilon) + 0.7
    order = error.detach().argsort(dim=1)
    assert (value.detach().gather(1, order).diff(dim=1) >= -1e-6).all()


def test_small_errors_keep_their_digits():
    error = torch.tensor([[1e-6, 1.0]])
    assert amplify(error, epsilon=0.5)[0, 0].item() == pytest.approx(0.5e-6, rel=1e-5)


@pytest.mark.parametrize("base", ["l1", "l2"])
@pytest.mark.parametrize("scale", ["sample", "batch", "none", 0.5])
@pytest.mark.parametrize("detach", [False, True])
def test_perfect_reconstruction_has_no_loss_and_no_gradient(base, scale, detach):
    image = torch.rand(2, 1, 4, 4)
    reconstruction = image.clone().requires_grad_()
    loss = LampLoss(base, scale=scale, detach=detach)(reconstruction, image)
    loss.backward()
    assert loss.item() == 0
    assert torch.equal(reconstruction.grad, torch.zeros_like(image))


def test_below_the_floor_gradient_flows_through_the_error_only():
    error = (errors(2, 5) * 1e-5).requires_grad_()
    gradients = [
        torch.autograd.grad(amplify(error, detach=detach).sum(), error)[0]
        for detach in (False, True)
    ]
    assert torch.equal(*gradients)
    assert torch.allclose(gradients[0], 0.9 / (1e-4 - 0.9 * error.detach()))


def test_ties_share_the_gradient_of_the_maximum():
    error = torch.tensor([[0.5, 0.5, 0.1]], dtype=torch.float64, requires_grad=True)
    amplify(error).sum().backward()
    assert error.grad[0, 0] == error.grad[0, 1]
    assert (error.grad * error.detach()).sum().item() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("epsilon", EPSILONS)
def test_beyond_a_constant_scale_the_loss_is_its_tangent(epsilon):
    knot = torch.tensor([0.7], dtype=torch.float64, requires_grad=True)
    value = amplify(knot, epsilon=epsilon, scale=0.7)
    (slope,) = torch.autograd.grad(value.sum(), knot)
    beyond = torch.tensor([2.7], dtype=torch.float64, requires_grad=True)
    far = amplify(beyond, epsilon=epsilon, scale=0.7)
    (far_slope,) = torch.autograd.grad(far.sum(), beyond)
    assert value.item() == pytest.approx(-math.log(epsilon))
    assert slope.item() == pytest.approx((1 - epsilon) / (0.7 * epsilon))
    assert far_slope.item() == pytest.approx(slope.item())
    assert far.item() == pytest.approx(value.item() + 2 * slope.item())


def test_negative_errors_stay_finite():
    assert torch.isfinite(amplify(torch.tensor([[-1.0, -0.5], [-1.0, 0.5]]))).all()


def test_nan_is_not_hidden():
    assert amplify(torch.tensor([[math.nan, 0.5]]), scale=1.0).isnan().any()
    assert amplify(torch.tensor([[math.nan, 0.5]])).isnan().any()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("epsilon", [0.1, 1e-3, 1e-7])
def test_half_precision_under_autocast(dtype, epsilon):
    model = nn.Linear(16, 16)
    image = torch.rand(4, 16)
    with torch.autocast("cpu", dtype=dtype):
        reconstruction = model(image)
        assert reconstruction.dtype == dtype
        loss = LampLoss(epsilon=epsilon)(reconstruction, image.to(dtype))
    loss.backward()
    assert loss.dtype == torch.float32
    assert torch.isfinite(loss)
    assert torch.isfinite(model.weight.grad).all()


@pytest.mark.parametrize("shape", [(5,), (5, 3), (5, 2, 3, 4), (5, 1, 2, 2, 2)])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_loss_is_the_mean_of_its_samples(shape, reduction):
    a, b = errors(*shape), errors(*shape, seed=1)
    loss = LampLoss("l2", reduction=reduction)
    alone = torch.stack([loss(x[None], y[None]) for x, y in zip(a, b, strict=True)])
    assert torch.allclose(loss.per_sample(a, b), alone)
    assert torch.allclose(loss(a, b), alone.mean())


def test_none_returns_the_map():
    a, b = errors(2, 1, 3, 3), errors(2, 1, 3, 3, seed=1)
    loss = LampLoss("l1", reduction="none")
    assert torch.equal(loss(a, b), amplify((a - b).abs()))


@pytest.mark.parametrize("epsilon", [0.0, 1e-8, -0.1, 1.0, 2.0, math.nan, "a"])
def test_epsilon_out_of_its_range_is_refused_with_the_reason(epsilon):
    message = (
        rf"in \[1e-07, 1\), got {epsilon!r}: nothing of the loss is left at 1; below, .*infinite"
    )
    with pytest.raises(ValueError, match=message):
        LampLoss(epsilon=epsilon)
    with pytest.raises(ValueError, match=message):
        amplify(torch.ones(1), epsilon=epsilon)


@pytest.mark.parametrize("scale", ["image", 0.0, -1.0, math.inf, math.nan, True, None])
def test_scale_is_checked(scale):
    with pytest.raises(ValueError, match="'sample', 'batch', 'none' or a positive number"):
        LampLoss(scale=scale)


def test_floor_and_emptiness_are_checked():
    with pytest.raises(ValueError, match="floor > 0, got 0"):
        amplify(torch.ones(1), floor=0)
    with pytest.raises(ValueError, match="floor > 0, got -1"):
        LampLoss(floor=-1)
    with pytest.raises(ValueError, match=r"at least one element.*\(0, 3\)"):
        amplify(torch.ones(0, 3))


def test_a_base_that_is_reduced_already_is_refused():
    with pytest.raises(ValueError, match=r"one error for each element, .* reduction='none'"):
        LampLoss(base=torch.nn.MSELoss())(torch.rand(2, 3), torch.rand(2, 3))
    elementwise = LampLoss(base=torch.nn.MSELoss(reduction="none"))
    image, reconstruction = torch.rand(2, 3), torch.rand(2, 3)
    assert torch.equal(elementwise(reconstruction, image), LampLoss()(reconstruction, image))
