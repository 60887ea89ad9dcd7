"""What tests of the callbacks share: a network, data, and what holds for every recorded state."""

import importlib.util

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

import landscape as ls

INSTALLED = {
    name: importlib.util.find_spec(name) is not None for name in ("lightning", "transformers")
}
lightning_only = pytest.mark.skipif(
    not INSTALLED["lightning"], reason="needs lightning: pip install '.[lightning]'"
)
transformers_only = pytest.mark.skipif(
    not INSTALLED["transformers"], reason="needs transformers: pip install '.[transformers]'"
)
X = torch.randn(48, 3, generator=torch.Generator().manual_seed(0))
Y = (X[:, 0] > 0).long()


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 2))


def copied(model: nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def check_states(tracker: ls.Tracker, states: dict[int, dict[str, torch.Tensor]]) -> None:
    """Each file is the state that there was at its step, to the bit."""
    for record in tracker.records:
        held = load_file(record.path)
        assert held.keys() <= states[record.step].keys()
        assert all(torch.equal(value, states[record.step][name]) for name, value in held.items())
