"""A model in words: the bottleneck it keeps, the architecture it makes, what is refused."""

import pytest
import torch
from torch import nn

from lamp.models import Autoencoder, Classifier, Patchwise, build_model, describe_model
from lamp.models.settings import ModelSettings, make_model


def test_one_patch_is_the_plain_autoencoder():
    settings = ModelSettings(
        size=16, channels=3, depth=3, width=4, kernel_size=5, latent_channels=2
    )
    made = make_model(settings, seed=4)
    expected = Autoencoder(
        16, channels=3, depth=3, width=4, kernel_size=5, latent_channels=2, seed=4
    )
    assert repr(made) == repr(expected)
    for key, value in expected.state_dict().items():
        assert torch.equal(made.state_dict()[key], value)
    other = make_model(settings, seed=5)
    assert not torch.equal(other.encoder[0][0].weight, made.encoder[0][0].weight)


@pytest.mark.parametrize("patches", [1, 2, 4])
def test_a_patch_has_the_bottleneck_of_the_image(patches):
    model = make_model(ModelSettings(size=32, depth=4, width=4, patches=patches))
    inner = model.model if isinstance(model, Patchwise) else model
    assert isinstance(model, Patchwise) == (patches > 1)
    assert inner.config["size"] == 32 // patches
    assert inner.latent_size == 2
    images = torch.rand(2, 1, 32, 32)
    assert model(images).shape == images.shape


@pytest.mark.parametrize(
    ("words", "got"),
    [
        ({"size": 32, "patches": 3}, 3),
        ({"size": 32, "depth": 2, "patches": 4}, 4),
        ({"size": 18, "depth": 3, "patches": 4}, 4),
    ],
)
def test_patches_that_do_not_tile(words, got):
    with pytest.raises(ValueError, match=rf"a power of two below 2\^depth = .*, got {got}"):
        ModelSettings(**words)


def test_an_even_kernel_is_refused_when_the_model_is_made():
    with pytest.raises(ValueError, match="expected an odd kernel_size"):
        make_model(ModelSettings(kernel_size=4))


MODELS = [
    Autoencoder(32),
    Autoencoder(64, channels=3, depth=6, width=2, kernel_size=5, latent_channels=3),
    Classifier(16, classes=4, channels=3, depth=3, width=2, kernel_size=5),
    Patchwise(Autoencoder(16, width=2, latent_channels=5), 4),
    Patchwise(Patchwise(Autoencoder(8, depth=2, width=2), 2), 2),
]


@pytest.mark.parametrize("model", MODELS)
def test_a_description_builds_the_same_architecture(model):
    again = build_model(describe_model(model))
    assert repr(again) == repr(model)
    again.load_state_dict(model.state_dict())


def test_models_of_others_are_refused():
    for model in (nn.Linear(2, 2), Patchwise(nn.Conv2d(1, 1, 3, padding=1), 2)):
        kind = "Linear" if isinstance(model, nn.Linear) else "Conv2d"
        with pytest.raises(ValueError, match=f"Classifier or Patchwise, got class '{kind}'"):
            build_model(describe_model(model))
    with pytest.raises(ValueError, match="got class None"):
        build_model({})


def test_config_that_is_no_dictionary_is_left_out():
    model = nn.Linear(2, 2)
    model.config = torch.tensor(3)
    assert describe_model(model) == {"class": "Linear", "config": None}
