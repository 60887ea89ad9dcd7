import copy
import math

import pytest
import torch
from torch import nn

from lamp.losses import LampLoss, RunningMaximum, amplify
from tests.lamp.losses.draws import errors


def test_running_maximum_follows_the_formula():
    scale, expected = RunningMaximum(momentum=0.9), 0.0
    for seed in range(30):
        error = errors(4, 3, seed=seed) * (1 if seed % 7 else 5)
        expected = max(0.9 * expected, float(error.max()))
        found = scale(error)
        assert found.item() == pytest.approx(expected, rel=1e-6)
        assert float(error.max()) <= found.item()
    assert scale.maximum.item() == pytest.approx(expected, rel=1e-6)


def test_running_scale_amplifies_by_what_it_remembers():
    scale = RunningMaximum(momentum=0.5)
    amplify(torch.tensor([[4.0]]), scale=scale)
    error = torch.tensor([[0.5, 1.0]])
    assert torch.allclose(amplify(error, scale=scale), -torch.log(1 - 0.9 * error / 2.0))
    error = torch.tensor([[3.0, 1.0]])
    assert torch.allclose(amplify(error, scale=scale), -torch.log(1 - 0.9 * error / 3.0))


def test_momentum_zero_is_the_batch_and_one_is_all_that_was_seen():
    now, ever = RunningMaximum(momentum=0.0), RunningMaximum(momentum=1.0)
    for seed in range(3):
        error = errors(3, 4, seed=seed)
        assert torch.equal(amplify(error, scale=now), amplify(error, scale="batch"))
        amplify(error, scale=ever)
    assert float(ever.maximum) == pytest.approx(
        max(float(errors(3, 4, seed=s).max()) for s in range(3))
    )


def test_gradient_goes_through_the_maximum_only_where_it_is_the_batchs():
    for remembered in (0.0, 2.0):
        scale = RunningMaximum(momentum=1.0)
        scale.maximum.fill_(remembered)
        error = errors(2, 3).requires_grad_()
        (found,) = torch.autograd.grad(amplify(error, scale=scale).sum(), error)
        reference = "batch" if remembered == 0 else 2.0
        (expected,) = torch.autograd.grad(amplify(error, scale=reference).sum(), error)
        assert torch.allclose(found, expected)
        scale.maximum.fill_(remembered)
        (detached,) = torch.autograd.grad(amplify(error, scale=scale, detach=True).sum(), error)
        largest = max(remembered, float(error.detach().max()))
        assert torch.allclose(detached, 0.9 / (largest - 0.9 * error.detach()))


def test_eval_mode_stays_and_continues_by_the_tangent():
    loss = LampLoss(scale=RunningMaximum(momentum=1.0))
    loss(torch.ones(1, 2), torch.zeros(1, 2))
    loss.eval()
    target = torch.zeros(1, 2)
    error = torch.tensor([[0.25, 4.0]])
    expected = amplify(error, scale=1.0).mean()
    assert torch.allclose(loss(error.sqrt(), target), expected)
    assert float(loss.scale.maximum) == 1.0


def test_it_is_in_the_state_dict():
    loss = LampLoss(scale=RunningMaximum())
    loss(torch.ones(1, 2) * 3, torch.zeros(1, 2))
    other = LampLoss(scale=RunningMaximum())
    other.load_state_dict(loss.state_dict())
    assert {key: float(value) for key, value in other.state_dict().items()} == {
        "scale.maximum": 9.0
    }
    assert float(copy.deepcopy(loss).scale.maximum) == 9.0


def test_inference_mode_leaves_it_usable():
    loss = LampLoss(scale=RunningMaximum())
    x = torch.ones(1, 2)
    with torch.inference_mode():
        loss(x, torch.zeros(1, 2))
    x.requires_grad_()
    loss(x, torch.zeros(1, 2)).backward()
    assert torch.isfinite(x.grad).all()


@pytest.mark.parametrize("momentum", [-0.1, 1.1, math.nan])
def test_momentum_is_checked(momentum):
    with pytest.raises(ValueError, match=r"momentum in \[0, 1\], got"):
        RunningMaximum(momentum)


def test_repr_of_a_running_scale_names_its_momentum_and_no_address():
    assert repr(LampLoss(scale=RunningMaximum(0.5))) == (
        "LampLoss(\n  base='l2', epsilon=0.1, scale=running, detach=False, reduction='mean', "
        "floor=0.0001\n  (scale): RunningMaximum(momentum=0.5)\n)"
    )


def test_frozen_at_the_center():
    model = nn.Linear(4, 4).double()
    batches = [errors(3, 4, seed=seed) for seed in range(3)]
    loss = LampLoss("l1", epsilon=0.2, scale="sample", detach=True, reduction="sum", order=3)
    frozen = loss.frozen((model(x), x) for x in batches)
    largest = max((model(x) - x).abs().max().item() for x in batches)
    assert frozen.scale == pytest.approx(largest)
    changed = repr(loss).replace("scale='sample'", f"scale={frozen.scale!r}")
    assert repr(frozen) == changed
    assert loss.scale == "sample"
    assert all(p.grad is None for p in model.parameters())


def test_a_frozen_scale_does_not_depend_on_the_evaluation_batch():
    x, y = errors(6, 3), errors(6, 3, seed=1)
    frozen = LampLoss(scale="batch").frozen([(x, y)])
    parts = torch.cat([frozen.per_sample(x[:2], y[:2]), frozen.per_sample(x[2:], y[2:])])
    assert torch.allclose(frozen.per_sample(x, y), parts)
    batch = LampLoss(scale="batch")
    assert not torch.allclose(batch.per_sample(x[2:], y[2:]), batch.per_sample(x, y)[2:])


def test_freezing_keeps_the_floor_and_needs_pairs():
    same = torch.ones(2, 2)
    assert LampLoss().frozen([(same, same)]).scale == 1e-4
    with pytest.raises(ValueError, match="at least one pair of reconstruction and target"):
        LampLoss().frozen([])
