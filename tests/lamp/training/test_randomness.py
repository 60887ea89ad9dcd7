"""Models that draw at random: the same bits, interrupted or not, and nobody else is disturbed."""

import random

import numpy as np
import pytest
import torch
from torch import nn

from lamp.losses import BaseLoss
from lamp.training import train
from lamp.training.randomness import random_state, seeded, set_random_state
from tests.lamp.training.small import IMAGES, SHORT, interrupted

CPU = torch.device("cpu")


class Noisy(nn.Module):
    """Draws from all three global random states."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(1, 1, 3, padding=1)
        nn.init.constant_(self.layer.weight, 0.1)
        nn.init.zeros_(self.layer.bias)
        self.dropout = nn.Dropout(0.3)

    def forward(self, images):
        factor = 1 + 0.1 * random.gauss(0, 1) + 0.1 * float(np.random.standard_normal())  # noqa: NPY002
        return self.dropout(self.layer(images)) * factor


def draws(*_):
    return [torch.rand(1).item(), np.random.rand(), random.random()]  # noqa: NPY002


def weights(model):
    return [value.tolist() for value in model.state_dict().values()]


@pytest.mark.parametrize("stop", [512, 1024, 1536])
def test_a_random_model_goes_on_to_the_same_bits(tmp_path, stop):
    reference = Noisy()
    whole = train(reference, BaseLoss(), IMAGES, SHORT, progress=draws)

    path = tmp_path / "run.safetensors"
    interrupted(path, Noisy(), BaseLoss(), at=stop, call=draws)
    draws()
    model = Noisy()
    history = train(model, BaseLoss(), IMAGES, SHORT, path=path)
    assert weights(model) == weights(reference)
    assert history.loss.tolist() == whole.loss.tolist()
    other = Noisy()
    train(other, BaseLoss(), IMAGES, SHORT.model_copy(update={"seed": 1}))
    assert weights(other) != weights(reference)


def test_the_callers_random_states_are_left_as_they_were(tmp_path):
    before, told = random_state(CPU), []
    expected = [draws() for _ in range(4)]
    with seeded(0, CPU):
        assert draws() not in expected
    for name in ("a", "b"):
        model = Noisy()
        set_random_state(before, CPU)
        told.clear()
        train(model, BaseLoss(), IMAGES, SHORT, path=tmp_path / f"{name}.safetensors",
              progress=lambda *_: told.append(draws()))  # fmt: skip
        assert told == expected  # a callback draws what it would have drawn without a training
    assert draws() not in expected


def test_a_spare_number_of_a_pair_comes_back():
    random.gauss(0, 1)
    np.random.standard_normal()  # noqa: NPY002
    with seeded(0, CPU):
        random.gauss(0, 1)
    first = random_state(CPU)
    with seeded(0, CPU):
        pass
    again = random_state(CPU)
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert len(first["python_spare"]) == 2


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_random_model_on_a_gpu_is_seeded():
    before = torch.cuda.get_rng_state()
    models = [Noisy().cuda(), Noisy().cuda()]
    for model in models:
        train(model, BaseLoss(), IMAGES, SHORT)
    assert weights(models[0]) == weights(models[1])
    assert torch.equal(torch.cuda.get_rng_state(), before)
