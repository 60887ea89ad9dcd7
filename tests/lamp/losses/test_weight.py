import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lamp.losses import BaseLoss, LampLoss, amplify
from tests.lamp.losses.draws import errors

SHAPES = [(5,), (5, 3), (5, 2, 3, 4), (5, 1, 2, 2, 2)]
LOSSES = [BaseLoss("l2"), BaseLoss("l1", reduction="sum"), LampLoss(), LampLoss(scale="batch"),
          LampLoss("l1", scale=0.7, reduction="sum"), LampLoss(detach=True, order=2)]  # fmt: skip


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("shape", SHAPES)
def test_weights_of_one_change_nothing(loss, shape):
    a, b = errors(*shape), errors(*shape, seed=1)
    for weight in (torch.ones(shape), torch.ones(shape, dtype=torch.bool), torch.tensor(1)):
        assert torch.allclose(loss(a, b, weight), loss(a, b))
        assert torch.allclose(loss.per_sample(a, b, weight), loss.per_sample(a, b))


@pytest.mark.parametrize("scale", ["sample", "batch", "none", 1.2])
@pytest.mark.parametrize("shape", SHAPES)
def test_masked_elements_are_as_if_they_were_not_there(scale, shape):
    """Compare with a loop over the elements that are left."""
    a, b = errors(*shape), errors(*shape, seed=1)
    mask = errors(*shape, seed=2) > 0.4
    mask[0] = True
    error = (a - b).square()
    means, sums = [], []
    for n in range(5):
        left = error[n][mask[n]]
        largest = {"sample": max([1e-4, *left.tolist()]), "batch": error[mask].max(), "none": 1}
        amplified = -torch.log(1 - 0.9 * left / largest.get(scale, scale))
        sums.append(amplified.sum())
        means.append(amplified.mean() if left.numel() else torch.tensor(0.0))
    means, sums = torch.stack(means).double(), torch.stack(sums)
    mean, total = LampLoss(scale=scale), LampLoss(scale=scale, reduction="sum")
    assert torch.allclose(mean.per_sample(a, b, mask), means)
    assert torch.allclose(mean(a, b, weight=mask), means.mean())
    assert torch.allclose(total.per_sample(a, b, mask), sums)
    assert torch.allclose(total(a, b, mask), sums.mean())


def test_closed_form_of_weights():
    image = torch.zeros(1, 3)
    reconstruction = torch.tensor([[1.0, 0.5, 0.1]]).sqrt()
    weight = torch.tensor([0.0, 2.0, 6.0])  # without the first, M = 0.5: x = 0.9 and 0.18
    worst, small = -torch.log(torch.tensor(0.1)), -torch.log(torch.tensor(0.82))
    found = LampLoss()(reconstruction, image, weight)
    assert found.item() == pytest.approx(float((2 * worst + 6 * small) / 8))
    found = LampLoss(reduction="sum")(reconstruction, image, weight)
    assert found.item() == pytest.approx(float(2 * worst + 6 * small))
    found = LampLoss(reduction="none")(reconstruction, image, weight)
    assert found[0].tolist() == pytest.approx([0.0, 2 * float(worst), 6 * float(small)])


NONE_OR_SOME = st.just(0.0) | st.floats(0.01, 3)


@given(hnp.arrays("float64", (2, 4), elements=NONE_OR_SOME), st.floats(0.1, 10))
@settings(max_examples=50, deadline=None)
def test_a_mean_does_not_change_with_the_weights_unit(array, factor):
    weight, a, b = torch.tensor(array), errors(2, 4), errors(2, 4, seed=1)
    for loss in (BaseLoss(), LampLoss()):
        assert torch.allclose(loss(a, b, weight), loss(a, b, weight * factor))
    total = LampLoss(reduction="sum")
    assert torch.allclose(total(a, b, weight) * factor, total(a, b, weight * factor))


@pytest.mark.parametrize("shape", [(4, 5), (3, 1, 1, 1), (1, 2, 1, 1), (5,), ()])
def test_weights_broadcast(shape):
    a, b, weight = errors(3, 2, 4, 5), errors(3, 2, 4, 5, seed=1), errors(*shape, seed=2)
    full = weight.expand(3, 2, 4, 5)
    assert torch.equal(LampLoss()(a, b, weight), LampLoss()(a, b, full))
    assert torch.equal(BaseLoss()(a, b, weight), BaseLoss()(a, b, full))


@pytest.mark.parametrize("scale", ["sample", "batch"])
@pytest.mark.parametrize("detach", [False, True])
def test_nothing_flows_into_masked_elements(scale, detach):
    a, b = errors(2, 6).requires_grad_(), errors(2, 6, seed=1)
    error = (a - b).square().detach()
    mask = error < error.amax(1, keepdim=True)  # not the worst one
    LampLoss(scale=scale, detach=detach)(a, b, mask).backward()
    assert (a.grad[~mask] == 0).all()
    assert (a.grad[mask] != 0).all()


def test_a_sample_without_weight_has_no_loss():
    a, b = errors(2, 3).requires_grad_(), errors(2, 3, seed=1)
    weight = torch.tensor([[1.0], [0.0]])
    for loss in LOSSES:
        values = loss.per_sample(a, b, weight)
        assert values[1] == 0
        assert torch.equal(loss(a, b, weight), values.mean())
        assert torch.isfinite(torch.autograd.grad(values.sum(), a)[0]).all()


def test_gradcheck():
    a, b, weight = errors(2, 4).requires_grad_(), errors(2, 4, seed=1), errors(2, 4, seed=2)
    assert torch.autograd.gradcheck(lambda x, w: LampLoss()(x, b, w), (a, weight.requires_grad_()))


def test_amplified_error_of_ones_own():
    """A stranger's elementwise error: the angle between unit vectors, by rows."""

    def angle(reconstruction, target):
        return torch.arccos((reconstruction * target).sum(-1).clamp(-1, 1))[..., None].expand_as(
            target
        )

    a = unit(errors(4, 7, 3))
    b = unit(errors(4, 7, 3, seed=1))
    error = torch.arccos((a * b).sum(-1))
    expected = -torch.log(1 - 0.9 * error / error.amax(1, keepdim=True))
    assert torch.allclose(LampLoss(base=angle)(a, b), expected.mean())
    assert torch.allclose(amplify(error), expected)


def unit(vectors):
    return vectors / vectors.norm(dim=-1, keepdim=True)


@pytest.mark.parametrize("loss", [BaseLoss(), LampLoss()])
@pytest.mark.parametrize("shape", [(3,), (2, 3), (2, 1, 4, 4, 4)])
def test_weights_that_do_not_fit(loss, shape):
    x = torch.zeros(2, 1, 4, 4)
    with pytest.raises(ValueError, match=r"errors, \(2, 1, 4, 4\), got .*: one weight a"):
        loss(x, x, torch.ones(shape))
