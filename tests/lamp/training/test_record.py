import pytest
import torch

from lamp.checkpoint import read_tensors, save_checkpoint, write_tensors
from lamp.losses import LampLoss
from lamp.models import Autoencoder
from lamp.training import TrainingSettings, read_training, train
from lamp.training.content import content

IMAGES = torch.rand(8, 1, 16, 16, generator=torch.Generator().manual_seed(0))
SETTINGS = TrainingSettings(batch_size=8, samples=64, seed=3)


def test_a_checkpoint_says_what_it_was_trained_on_whatever_it_is_called(tmp_path):
    model, path = Autoencoder(16, depth=2, width=2), tmp_path / "digit-9-seed-8.safetensors"
    train(model, LampLoss(epsilon=0.2), IMAGES, SETTINGS, path=path)
    record = read_training(path)
    assert record.model == {"class": "Autoencoder", "config": model.config}
    assert record.settings == SETTINGS
    assert record.loss == repr(LampLoss(epsilon=0.2))
    assert record.loss_content == content(LampLoss(epsilon=0.2))
    assert record.saw(IMAGES)
    assert not record.saw(IMAGES[:7])
    assert record.finished

    tensors, info = read_tensors(path)
    write_tensors(path, tensors, info | {"settings": []})
    with pytest.raises(ValueError, match=r"digit-9-seed-8\.safetensors is damaged"):
        read_training(path)


def test_other_checkpoints_are_none_of_a_training(tmp_path):
    path = save_checkpoint(tmp_path / "a.safetensors", Autoencoder(16, depth=2, width=2))
    with pytest.raises(ValueError, match=f"got one of another kind: {path}"):
        read_training(path)
