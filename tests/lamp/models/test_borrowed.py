import contextlib

import torch
from torch import nn

from lamp.models import Autoencoder, channels_last, mode


def test_mode_is_given_back_after_an_error():
    model = Autoencoder(16, width=2)
    model.encoder.eval()
    with contextlib.suppress(RuntimeError), mode(model, training=True):
        assert model.encoder[0].training
        raise RuntimeError
    assert not model.encoder[0].training
    assert model.decoder[0].training


def test_channels_last_changes_nothing_but_layout():
    model = Autoencoder(16, channels=3, width=4).eval()
    images = torch.rand(2, 3, 16, 16)
    expected = model(images)
    with channels_last(model) as memory_format:
        assert memory_format is torch.channels_last
        assert not model.encoder[0][0].weight.is_contiguous()
        inside = model(images.contiguous(memory_format=memory_format))
    assert model.encoder[0][0].weight.is_contiguous()
    assert torch.allclose(inside, expected, atol=1e-6)
    assert torch.equal(model(images), expected)


def test_channels_last_leaves_other_models_alone():
    with channels_last(nn.Linear(2, 2)) as memory_format:
        assert memory_format is torch.contiguous_format
    model = nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)
    with channels_last(model) as memory_format:
        assert memory_format is torch.channels_last
    assert not model.weight.is_contiguous()
