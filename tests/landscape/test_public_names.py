"""What `import landscape` offers, and what it must not load."""

import subprocess
import sys

import pytest

import landscape


def test_every_public_name_exists_and_is_listed_once():
    assert len(set(landscape.__all__)) == len(landscape.__all__)
    assert set(landscape.__all__) == set(landscape._HOME)
    for name in landscape.__all__:
        assert getattr(landscape, name) is not None
    assert dir(landscape) == sorted(landscape.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'landscape' has no attribute 'draw_contuor'"):
        _ = landscape.draw_contuor


COMPUTE = """
import sys
def refuse(*names):
    found = {*names} & {*sys.modules}
    assert not found, found
import landscape
refuse("matplotlib", "plotly", "lamp", "torch")
import torch
def asked(*args, **kwargs):
    raise AssertionError("CUDA was asked")
torch.cuda.device_count = torch.cuda.init = torch.cuda._lazy_init = asked
from landscape import Problem, compute
refuse("matplotlib", "plotly", "lamp")
model = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2)).eval()
loss = lambda model, x: model(x).square().mean((1, 2, 3))
problem = Problem(model, loss, [torch.randn(4, 1, 5, 5)])
compute(problem, planes=2, steps=3, workers=1, device="cpu")
refuse("matplotlib", "plotly", "lamp", "torch._dynamo", "sympy")
"""


def test_computing_loads_neither_what_draws_nor_torchs_compiler_and_asks_nothing_of_cuda():
    """One process for all, as torch takes seconds to import."""
    done = subprocess.run(
        [sys.executable, "-c", COMPUTE], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
