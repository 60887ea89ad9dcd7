"""Folded models against the models they are made from."""

import copy

import pytest
import torch
from torch import nn

from landscape.objective.folding import find_pairs, fold, refold


def settled(model: nn.Module, *shape: int) -> nn.Module:
    """Give every BatchNorm statistics, scales and shifts of its own."""
    torch.manual_seed(0)
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm) and module.affine:
            nn.init.uniform_(module.weight, 0.5, 2.0)
            nn.init.normal_(module.bias)
    model.train()
    for _ in range(3):
        model(1 + 2 * torch.randn(8, *shape))
    return model.eval().requires_grad_(False)


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 4, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(4)
        self.second = nn.Conv2d(4, 4, 3, padding=1)
        self.second_norm = nn.BatchNorm2d(4)

    def forward(self, x, scale=None):
        x = torch.relu(self.norm(self.conv(x)))
        if scale is not None:
            x = x * scale
        return x + self.second_norm(self.second(x))


class Untraceable(nn.Sequential):
    def forward(self, x):
        if x.mean() > 1e6:
            raise ValueError("too large")
        return super().forward(x)


MODELS = [
    (nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5), nn.Tanh()), (3,), 1),
    (nn.Sequential(nn.Linear(3, 5, bias=False), nn.BatchNorm1d(5, affine=False)), (3,), 1),
    (nn.Sequential(nn.Conv1d(4, 6, 3, groups=2), nn.BatchNorm1d(6)), (4, 9), 1),
    (
        nn.Sequential(
            nn.Conv2d(2, 4, 3, padding=1, padding_mode="reflect"),
            nn.BatchNorm2d(4, eps=0.1),
            nn.Sequential(nn.Conv2d(4, 4, 3, groups=4), nn.BatchNorm2d(4)),
        ),
        (2, 6, 6),
        2,
    ),
    (nn.Sequential(nn.Conv3d(1, 2, 2), nn.BatchNorm3d(2)), (1, 4, 4, 4), 1),
    (Residual(), (2, 6, 6), 2),
    (
        Untraceable(nn.Conv2d(2, 3, 3), nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4))),
        (2, 6, 6),
        1,
    ),
]


@pytest.mark.parametrize(("model", "shape", "pairs"), MODELS)
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_values_are_the_same_wherever_the_parameters_move(model, shape, pairs, memory_format):
    if len(shape) != 3 and memory_format is torch.channels_last:
        memory_format = torch.contiguous_format
    plain = settled(copy.deepcopy(model), *shape).to(memory_format=memory_format)
    folded = copy.deepcopy(plain)
    x = torch.randn(5, *shape)
    found = fold(folded, find_pairs(folded, lambda: folded(x)))
    assert len(found) == pairs
    for step in (0.0, 0.5, -1.0):
        for one, other in zip(plain.parameters(), folded.parameters(), strict=True):
            change = step * torch.randn(one.shape)
            one.add_(change)
            other.add_(change)
        refold(found)
        torch.testing.assert_close(folded(x), plain(x), rtol=1e-4, atol=1e-5)
    for pair in found:
        assert pair.weight.stride() == pair.layer.weight.stride()


def test_parameters_are_those_of_the_model_for_whoever_reads_them():
    plain = settled(Residual(), 2, 6, 6)
    folded = copy.deepcopy(plain)
    fold(folded, [("conv", "norm"), ("second", "second_norm")])
    for (name, one), (other_name, other) in zip(
        plain.state_dict().items(), folded.state_dict().items(), strict=True
    ):
        assert name == other_name
        assert torch.equal(one, other)


def hooked() -> nn.Module:
    model = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3)).eval()
    model[0].register_forward_hook(lambda module, args, output: None)
    return model


def twice(*, layer: bool) -> nn.Module:
    conv, norm = nn.Conv2d(2, 2, 3), nn.BatchNorm2d(2)
    rest = (conv, nn.BatchNorm2d(2)) if layer else (nn.ReLU(), norm)
    return nn.Sequential(conv, norm, *rest).eval()


def training() -> nn.Module:
    model = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3)).eval()
    model[1].train()
    return model


class Subclass(nn.Conv2d):
    def forward(self, x):
        return super().forward(x).square()


class UsedTwice(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 3, 3)
        self.norm = nn.BatchNorm2d(3)

    def forward(self, x):
        x = self.conv(x)
        return x + self.norm(x)


@pytest.mark.parametrize(
    "model",
    [
        hooked(),
        twice(layer=True),
        twice(layer=False),
        training(),
        UsedTwice().eval(),
        nn.Sequential(Subclass(2, 3, 3), nn.BatchNorm2d(3)).eval(),
        nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3, track_running_stats=False)).eval(),
        nn.Sequential(nn.Conv2d(2, 3, 3).double(), nn.BatchNorm2d(3)).eval(),
        nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.BatchNorm2d(3)).eval(),
        nn.Sequential(
            nn.utils.parametrizations.weight_norm(nn.Conv2d(2, 3, 3)), nn.BatchNorm2d(3)
        ).eval(),
    ],
)
def test_what_is_not_certainly_the_same_is_not_folded(model):
    hooks = len(model[0]._forward_hooks) if isinstance(model, nn.Sequential) else 0
    assert find_pairs(model, lambda: model(torch.randn(2, 2, 6, 6))) == ()
    assert not any(module._forward_pre_hooks for module in model.modules())
    assert sum(len(module._forward_hooks) for module in model.modules()) == hooks


@pytest.mark.parametrize(("samples", "pairs"), [(29, ()), (30, (("0", "1"),))])
def test_a_weight_larger_than_the_output_is_not_folded(samples, pairs):
    model = nn.Sequential(nn.Linear(30, 4), nn.BatchNorm1d(4)).eval()
    assert find_pairs(model, lambda: model(torch.ones(samples, 30))) == pairs
