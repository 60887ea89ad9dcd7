"""Losses, training and detection on a GPU find what they find on the CPU."""

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from lamp.checkpoint import read_tensors
from lamp.cli.commands import app
from lamp.detection import anomaly_scores, fit_detector, load_detector
from lamp.losses import BaseLoss, LampLoss
from lamp.losses.settings import LossSettings, make_loss
from lamp.models import Autoencoder
from lamp.training import TrainingSettings, train
from landscape.cli.run import run

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]
SETTINGS = TrainingSettings(batch_size=8, samples=160, seed=5)
LOSSES = [
    "l1",
    "l2",
    "ssim",
    "l1-lamp",
    "l2-lamp",
    "ssim-lamp",
    "l2-lamp:detached",
    "l2-lamp:author",
]


def pictures(count=40, size=16, dtype=torch.float32):
    return torch.rand(count, 1, size, size, generator=torch.Generator().manual_seed(0), dtype=dtype)


@pytest.mark.parametrize("name", LOSSES)
def test_losses_and_their_gradients(name):
    found = []
    for device in ("cpu", "cuda"):
        x, y = pictures(8, dtype=torch.float64).chunk(2)
        y = y.to(device).requires_grad_()
        value = make_loss(LossSettings.named(name))(y, x.to(device))
        value.backward()
        found.append((value.item(), y.grad.cpu().numpy()))
    assert found[1][0] == pytest.approx(found[0][0], rel=1e-9)
    np.testing.assert_allclose(found[1][1], found[0][1], rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("loss", [BaseLoss("l2"), LampLoss("l2"), LampLoss("l1", detach=True)])
def test_a_training_is_that_of_the_cpu(loss):
    models = [Autoencoder(16, width=4).double().to(device) for device in ("cpu", "cuda")]
    records = [train(model, loss, pictures(dtype=torch.float64), SETTINGS) for model in models]
    one, two = (record.loss for record in records)
    np.testing.assert_allclose(two, one, rtol=1e-6)
    for name, value in models[0].state_dict().items():
        torch.testing.assert_close(models[1].state_dict()[name].cpu(), value, rtol=1e-5, atol=1e-8)


def test_an_interrupted_training_goes_on(tmp_path):
    class StopError(Exception):
        pass

    def stop(done, total, info):
        if done > total / 2:
            raise StopError

    path = tmp_path / "model.safetensors"
    whole, parts = Autoencoder(16, width=4).cuda(), Autoencoder(16, width=4).cuda()
    settings = SETTINGS.model_copy(update={"samples": 800})
    expected = train(whole, LampLoss("l2"), pictures(), settings)
    with pytest.raises(StopError):
        train(parts, LampLoss("l2"), pictures(), settings, path=path, progress=stop)
    parts = Autoencoder(16, width=4).cuda()
    found = train(parts, LampLoss("l2"), pictures(), settings, path=path)
    np.testing.assert_allclose(found.loss, expected.loss, rtol=1e-3)


def test_a_score_is_the_same_alone_and_among_others():
    torch.manual_seed(0)
    model, images = Autoencoder(16, width=4).cuda().eval(), pictures(37)
    among = anomaly_scores(model, images)
    alone = [anomaly_scores(model, images[index : index + 1]).item() for index in range(37)]
    np.testing.assert_array_equal(alone, among)


def test_a_detector_fitted_on_a_gpu_scores_on_the_cpu(tmp_path):
    path = tmp_path / "detector.safetensors"
    fitted = fit_detector(
        Autoencoder(16, width=4).cuda(), BaseLoss(), pictures(), SETTINGS, path=path
    )
    assert all(value.device.type == "cpu" for value in read_tensors(path)[0].values())
    loaded = load_detector(path)
    there = anomaly_scores(fitted.model, pictures(9))
    np.testing.assert_allclose(anomaly_scores(loaded.model, pictures(9)), there, rtol=1e-3)


def test_the_commands_take_a_device(tmp_path):
    (tmp_path / "good").mkdir()
    for number, image in enumerate(pictures(30)):
        pixels = (image[0] * 255).byte().numpy()
        Image.fromarray(pixels).save(tmp_path / "good" / f"{number}.png")
    path, tiny = str(tmp_path / "a.safetensors"), ["--size", "16", "--depth", "2", "--width", "4"]
    good, csv = str(tmp_path / "good"), str(tmp_path / "scores.csv")
    words = ["train", good, *tiny, "--samples", "512", "--device", "cuda", "--out", path]
    assert run(app, words) == 0
    found = []
    for device in ("cuda", "cpu"):
        assert run(app, ["score", path, good, "--device", device, "--csv", csv]) == 0
        found.append(pd.read_csv(csv).score)
    np.testing.assert_allclose(*found, rtol=1e-3)
