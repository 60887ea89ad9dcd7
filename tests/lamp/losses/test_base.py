import functools
import math

import pytest
import torch
from torch import nn

from lamp.losses import (
    BaseLoss,
    absolute_error,
    cross_entropy_error,
    error_map,
    squared_error,
)


def test_errors_match_torch():
    a, b = torch.rand(3, 2, 4, 4, dtype=torch.float64), torch.rand(3, 2, 4, 4, dtype=torch.float64)
    assert torch.equal(squared_error(a, b), nn.functional.mse_loss(a, b, reduction="none"))
    assert torch.equal(absolute_error(a, b), nn.functional.l1_loss(a, b, reduction="none"))


@pytest.mark.parametrize("error", [squared_error, absolute_error])
def test_shapes_are_never_broadcast(error):
    with pytest.raises(ValueError, match=r"got \(2, 1, 4\) and \(2, 4\); nothing is broadcast"):
        error(torch.zeros(2, 1, 4), torch.zeros(2, 4))


@pytest.mark.parametrize("error", [squared_error, absolute_error, cross_entropy_error])
def test_what_is_no_tensor_and_what_is_no_number(error):
    with pytest.raises(ValueError, match="to be tensors, got tuple and Tensor"):
        error((torch.zeros(2),), torch.zeros(2))
    found = error(torch.tensor([math.nan, 0.5]), torch.tensor([0.0, 0.5]))
    assert found.isnan().tolist() == [True, False]


@pytest.mark.parametrize("shape", [(), (0, 1, 4, 4)])
def test_no_element_is_an_error(shape):
    with pytest.raises(ValueError, match="at least one element, batch dimension first"):
        squared_error(torch.zeros(shape), torch.zeros(shape))


@pytest.mark.parametrize(
    ("given", "target", "expected"),
    [
        (torch.float16, torch.float16, torch.float32),
        (torch.bfloat16, torch.float32, torch.float32),
        (torch.float32, torch.float64, torch.float64),
        (torch.float32, torch.uint8, torch.float32),
    ],
)
def test_precision_is_at_least_float32(given, target, expected):
    one = torch.ones(2, 3)
    assert squared_error(one.to(given), one.to(target)).dtype == expected


def test_small_half_errors_do_not_underflow():
    a = torch.full((1, 4), 1e-4, dtype=torch.float16)
    assert float(squared_error(a, torch.zeros_like(a)).min()) > 0


@pytest.mark.parametrize("shape", [(5,), (5, 3), (5, 2, 3, 4), (5, 1, 2, 2, 2)])
def test_reductions_agree_with_a_loop(shape):
    a, b = torch.rand(shape, dtype=torch.float64), torch.rand(shape, dtype=torch.float64)
    sums = torch.stack([((x - y) ** 2).sum() for x, y in zip(a, b, strict=True)])
    elements = a[0].numel()
    assert torch.allclose(BaseLoss("l2", reduction="sum").per_sample(a, b), sums)
    assert torch.allclose(BaseLoss("l2", reduction="sum")(a, b), sums.mean())
    assert torch.allclose(BaseLoss("l2").per_sample(a, b), sums / elements)
    assert torch.allclose(BaseLoss("l2")(a, b), sums.mean() / elements)
    none = BaseLoss("l2", reduction="none")
    assert none(a, b).shape == shape
    assert torch.allclose(none.per_sample(a, b), sums / elements)


def test_l1_gradient_at_zero_error_is_zero():
    a = torch.zeros(2, 2, requires_grad=True)
    BaseLoss("l1")(a, torch.zeros(2, 2)).backward()
    assert torch.equal(a.grad, torch.zeros(2, 2))


def test_base_may_be_a_callable_and_is_named_without_its_address():
    loss = BaseLoss(nn.functional.huber_loss)
    assert repr(loss) == "BaseLoss(base='huber_loss', reduction='mean')"
    assert error_map(squared_error) is squared_error


def test_settings_of_a_partial_are_part_of_its_name():
    losses = [
        BaseLoss(functools.partial(nn.functional.huber_loss, reduction="none", delta=delta))
        for delta in (0.5, 2.0)
    ]
    assert repr(losses[0]) == (
        "BaseLoss(base=\"huber_loss(reduction='none', delta=0.5)\", reduction='mean')"
    )
    assert repr(losses[0]) != repr(losses[1])


def test_unknown_names():
    with pytest.raises(ValueError, match=r"one of l2, l1, ssim, bce or a callable .*, got 'l3'"):
        BaseLoss("l3")
    with pytest.raises(ValueError, match=r"reduction to be one of .* got 'avg'"):
        BaseLoss(reduction="avg")
