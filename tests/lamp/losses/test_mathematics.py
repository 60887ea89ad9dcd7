"""What follows from Eq. 1 and 2, whatever the implementation."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from torch import nn

from lamp.losses import BaseLoss, LampLoss, amplify
from tests.lamp.losses.draws import errors

EPSILONS = [0.3, 0.1, 0.03, 0.01, 1e-3]


def test_detaching_does_not_change_the_value():
    error = errors(4, 1, 5, 5)
    assert torch.equal(amplify(error, detach=True), amplify(error))


@pytest.mark.parametrize("scale", ["sample", "batch"])
def test_euler_homogeneous_of_degree_zero(scale):
    error = errors(4, 2, 5, 5).requires_grad_()
    amplify(error, scale=scale).sum().backward()
    products = (error.grad * error.detach()).flatten(1).sum(1)
    if scale == "batch":
        products = products.sum()
    assert torch.allclose(products, torch.zeros_like(products), atol=1e-10)


@given(
    hnp.arrays("float64", (2, 3, 3), elements=st.floats(0.01, 1)),
    st.floats(0.1, 10),
    st.sampled_from(EPSILONS),
)
@settings(max_examples=50, deadline=None)
def test_only_ratios_count_and_gradients_grow_inversely(array, factor, epsilon):
    small, large = torch.tensor(array), torch.tensor(array) * factor
    small.requires_grad_()
    large.requires_grad_()
    values = [amplify(e, epsilon=epsilon, detach=True) for e in (small, large)]
    assert torch.allclose(*values)
    for value in values:
        value.sum().backward()
    assert torch.allclose(small.grad, large.grad * factor)


def test_series_of_the_logarithm():
    x = torch.tensor([[0.1], [0.5]], dtype=torch.float64)
    excess = amplify(x, epsilon=1e-7, scale="none") / x - 1
    assert excess.flatten().tolist() == pytest.approx([0.0536, 0.3863], abs=1e-4)


@pytest.mark.parametrize("count", [10, 100])
def test_one_element_outweighs_all_others_once_epsilon_is_below_their_share(count):
    error = torch.full((1, count + 1), 1e-9, dtype=torch.float64)
    error[0, 0] = 0.5
    shares = []
    for epsilon in (2 / count, 0.5 / count):
        x = error.clone().requires_grad_()
        amplify(x, epsilon=epsilon, detach=True).sum().backward()
        assert x.grad[0, 1:].sum().item() == pytest.approx(count * (1 - epsilon) / 0.5)
        shares.append((x.grad[0, 0] / x.grad[0, 1:].sum()).item())
    assert shares == pytest.approx([0.5, 2.0])


def test_unscaled_small_errors_cost_less_than_in_the_base_loss():
    error = torch.tensor([[0.05, 0.2, 0.22, 0.5]])
    amplified = amplify(error, epsilon=0.1, scale="none")
    assert (amplified > error).tolist() == [[False, False, True, True]]


def test_unscaled_l1_is_binary_cross_entropy_on_binary_targets():
    target = (errors(4, 1, 6, 6, seed=2) > 0.5).double()
    reconstruction = (0.01 + 0.98 * errors(4, 1, 6, 6)).requires_grad_()
    loss = LampLoss("l1", scale="none", epsilon=1e-7)
    ours = loss(reconstruction, target)
    reference = nn.functional.binary_cross_entropy(reconstruction, target)
    assert ours.item() == pytest.approx(reference.item(), rel=1e-5)
    gradients = [torch.autograd.grad(value, reconstruction)[0] for value in (ours, reference)]
    assert torch.allclose(*gradients, rtol=1e-4)


def test_the_worst_error_is_pushed_up_when_the_maximum_is_differentiated():
    error = torch.tensor([[0.1, 0.3, 0.5]], requires_grad=True)
    amplify(error).sum().backward()
    assert (error.grad > 0).tolist() == [[True, True, False]]


def test_a_detached_tiny_amplification_is_the_base_loss_up_to_scale():
    """With x = (1 - epsilon) e / M small everywhere, -log(1 - x) is x."""
    a, b = errors(2, 1, 3, 3), errors(2, 1, 3, 3, seed=1)
    amplified = LampLoss("l2", scale=1e6, epsilon=0.1)(a, b)
    assert amplified.item() * 1e6 / 0.9 == pytest.approx(BaseLoss("l2")(a, b).item(), rel=1e-5)
