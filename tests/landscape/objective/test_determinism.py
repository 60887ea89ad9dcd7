"""Operations without a fixed order of summation are named."""

import warnings

import pytest
import torch
from torch import nn

from landscape.objective.data import read_batches
from landscape.objective.determinism import explain_difference, nondeterministic_hint
from landscape.objective.evaluate import Objective
from landscape.problem import Problem


def objective(loss) -> Objective:
    x = [torch.ones(4, 2)]
    return Objective(Problem(nn.Linear(2, 1), loss, x), read_batches(x))


def test_a_kernel_that_torch_warns_of_is_named_and_settings_come_back():
    def scattered(model, x):
        if torch.are_deterministic_algorithms_enabled():  # as torch does on CUDA
            text = "scatter_add_cuda_kernel does not have a deterministic implementation, but you"
            warnings.warn(text, UserWarning, stacklevel=1)
        return model(x)[:, 0]

    assert explain_difference(objective(scattered)) == "scatter_add_cuda_kernel"
    assert not torch.are_deterministic_algorithms_enabled()
    assert explain_difference(objective(lambda model, x: model(x)[:, 0])) is None


def test_torchs_own_warning_is_understood():
    def put(model, x):
        values = model(x)[:, 0]
        return torch.zeros(4).put_(torch.arange(4), values, accumulate=False)

    assert explain_difference(objective(put)) == "put_"


@pytest.mark.parametrize(("device", "gpu"), [("cpu", False), ("cuda:1", True)])
def test_the_hint_speaks_of_gpus_where_there_is_one(device, gpu):
    hint = nondeterministic_hint(device)
    assert "random numbers" in hint
    assert ("device='cpu'" in hint) == gpu
