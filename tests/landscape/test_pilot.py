"""`radius="auto"` ends where the loss of a typical plane reaches the level."""

import numpy as np
import pytest
import torch
from torch import nn

from landscape.errors import SettingsMismatchError
from landscape.problem import Problem
from landscape.sampling import compute

GRID = {"planes": 3, "steps": 5, "workers": 1}


class Bowl(nn.Module):
    """1 + (distance / size)^2 in units of the norm of the parameters."""

    def __init__(self, size, top=np.inf):
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        weight = torch.randn(1, 200, generator=generator, dtype=torch.float64)
        self.weight = nn.Parameter(weight)
        self.register_buffer("start", weight.clone())
        self.size, self.top = size, top

    def forward(self, x):
        distance = (self.weight - self.start).norm() / self.start.norm()
        return (1 + (distance / self.size) ** 2).clamp(max=self.top) + 0 * x


def bowl(size, top=np.inf):
    return Problem(Bowl(size, top), lambda m, x: m(x), [torch.zeros(2, dtype=torch.float64)])


@pytest.mark.parametrize("size", [0.004, 0.1, 0.5, 3.0])
@pytest.mark.parametrize("clip", [2.0, 10.0])
def test_the_radius_is_where_the_level_is_reached(size, clip):
    surface = compute(bowl(size), radius="auto", clip=clip, **GRID)
    exact = size * (clip - 1) ** 0.5
    assert surface.alpha[-1] == pytest.approx(exact, rel=0.04)
    assert surface.metadata["radius_from"] == f"auto, clip {clip:g}"
    assert float(f"{surface.alpha[-1]:.2g}") == surface.alpha[-1]


def test_where_the_level_is_never_reached_the_radius_is_one():
    assert compute(bowl(0.1, top=5.0), radius="auto", **GRID).alpha[-1] == 1


def test_the_same_call_goes_on(tmp_path):
    path = tmp_path / "run.h5"
    compute(bowl(0.1), radius="auto", path=path, max_evaluations=20, **GRID)
    surface = compute(bowl(0.1), radius="auto", path=path, **GRID)
    assert surface.is_complete
    number = float(surface.alpha[-1])
    assert compute(bowl(0.1), radius=number, path=path, **GRID).is_complete


def test_another_level_is_another_radius(tmp_path):
    path = tmp_path / "run.h5"
    compute(bowl(0.1), radius="auto", clip=10, path=path, **GRID)
    with pytest.raises(SettingsMismatchError, match=r"radius = 0\.\d+, not 0\.1"):
        compute(bowl(0.1), radius="auto", clip=2, path=path, **GRID)
