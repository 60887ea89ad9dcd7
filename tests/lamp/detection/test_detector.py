import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from lamp.checkpoint import save_checkpoint
from lamp.data import hold_out
from lamp.detection import anomaly_scores, fit_detector, load_detector
from lamp.losses import BaseLoss, LampLoss
from lamp.models import Autoencoder
from lamp.training import TrainingSettings, train

SETTINGS = TrainingSettings(batch_size=8, samples=64, seed=5)


def normal_images(count=20):
    return torch.rand(count, 1, 16, 16, generator=torch.Generator().manual_seed(0))


def fit(path, images, loss=None, settings=SETTINGS, **how):
    model = Autoencoder(16, width=2, depth=2)
    return fit_detector(model, loss or BaseLoss(), images, settings, path=path, **how)


def test_a_detector_is_a_training_and_the_scores_of_what_was_held_out(tmp_path):
    images, path = normal_images(), tmp_path / "a.safetensors"
    detector = fit(path, images, LampLoss("l1"), fraction=0.25)
    chosen, held_out = hold_out(20, 0.25, seed=5)
    reference = Autoencoder(16, width=2, depth=2)
    train(reference, LampLoss("l1"), images[chosen], SETTINGS)
    for name, value in reference.state_dict().items():
        torch.testing.assert_close(detector.model.state_dict()[name], value)
    expected = anomaly_scores(reference, images[held_out])
    np.testing.assert_allclose(detector.held_out, expected, rtol=1e-6)
    assert (detector.size, detector.channels, detector.seed) == (16, 1, 5)
    assert detector.latent == 4 * 4 * 4  # channels x height x width after two halvings
    assert detector.loss == "L1-LAMP"
    assert detector.info["finished"]


def test_what_was_written_is_what_is_read(tmp_path):
    images, path = normal_images(), tmp_path / "a.safetensors"
    written, read = fit(path, images), load_detector(path)
    np.testing.assert_array_equal(read.held_out, written.held_out)
    assert read.info == written.info == json.loads(path.with_suffix(".json").read_text())
    assert read.loss == "L2"
    assert not read.model.training


def test_the_same_call_again_trains_nothing(tmp_path):
    images, path = normal_images(), tmp_path / "a.safetensors"
    first, again = fit(path, images), fit(path, images)
    assert first.info == again.info  # the time it took, too


def test_an_interrupted_training_goes_on(tmp_path):
    class StopError(Exception):
        pass

    def stop(done, total, info):
        raise StopError

    images = normal_images()
    settings = TrainingSettings(batch_size=8, samples=1536)
    model = Autoencoder(16, width=2, depth=2)
    whole = fit(tmp_path / "whole.safetensors", images, settings=settings)
    chosen, _ = hold_out(20, 0.1)
    path = tmp_path / "parts.safetensors"
    with pytest.raises(StopError):
        train(model, BaseLoss(), images[chosen], settings, path=path, progress=stop, save_every=0)
    partial = path.with_suffix(".partial.safetensors")
    with pytest.raises(ValueError, match="is of a training that is not finished"):
        load_detector(partial)
    parts = fit(path, images, settings=settings)
    assert not partial.exists()
    np.testing.assert_array_equal(parts.held_out, whole.held_out)


def test_a_training_that_ended_before_its_scores_were_written(tmp_path):
    images, path = normal_images(), tmp_path / "a.safetensors"
    chosen, _ = hold_out(20, 0.1, seed=5)
    train(Autoencoder(16, width=2, depth=2), BaseLoss(), images[chosen], SETTINGS, path=path)
    with pytest.raises(ValueError, match="without held-out scores, one of Autoencoder"):
        load_detector(path)
    assert len(fit(path, images).held_out) == 2


def test_the_split_is_found_again_in_the_same_images_only(tmp_path):
    images = normal_images()
    detector = fit(tmp_path / "a.safetensors", images)
    chosen, held_out = hold_out(20, 0.1, seed=5)
    train_images, rest = detector.split(images)
    assert torch.equal(train_images, images[chosen])
    assert torch.equal(rest, images[held_out])
    assert detector.split(images.flip(0)) is None
    assert detector.split(images[:-1]) is None


def test_batches_larger_than_the_set(tmp_path):
    settings = TrainingSettings(batch_size=19, samples=64)
    message = r"at most 18, the number of images to train on \(20 less 2 held out\), got 19"
    with pytest.raises(ValueError, match=message):
        fit(tmp_path / "a.safetensors", normal_images(), settings=settings)
    assert not list(tmp_path.iterdir())


def test_another_training_is_not_overwritten(tmp_path):
    images, path = normal_images(), tmp_path / "a.safetensors"
    fit(path, images)
    with pytest.raises(ValueError, match="belongs to another training: loss was"):
        fit(path, images, LampLoss())


def test_checkpoints_of_another_kind(tmp_path):
    plain = save_checkpoint(tmp_path / "plain.safetensors", torch.nn.Linear(2, 2))
    with pytest.raises(ValueError, match=r"without held-out scores, one of Linear: .*plain"):
        load_detector(plain)
    foreign = tmp_path / "foreign.safetensors"
    save_file({"weight": torch.zeros(2)}, foreign)
    with pytest.raises(ValueError, match="without held-out scores, one of another program"):
        load_detector(foreign)
    (tmp_path / "run.h5").write_bytes(b"\x89HDF\r\n" + bytes(100))
    with pytest.raises(ValueError, match=r"run.h5 is damaged or no safetensors file"):
        load_detector(tmp_path / "run.h5")
    with pytest.raises(FileNotFoundError, match=r"no checkpoint .*none"):
        load_detector(tmp_path / "none.safetensors")
