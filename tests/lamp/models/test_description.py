import pytest
import torch
from torch import nn

from lamp.models import Autoencoder, Classifier, Patchwise, build_model, describe_model

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
