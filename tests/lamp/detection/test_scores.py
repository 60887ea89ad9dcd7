import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from lamp.detection import anomaly_scores, score_images, smooth
from lamp.models import Autoencoder


def test_scores_are_mean_squared_errors_in_eval_mode():
    model = Autoencoder(16, width=2)
    model.encoder.eval()
    images = torch.rand(10, 1, 16, 16)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    scores = anomaly_scores(model, images)
    assert model.training
    assert not model.encoder.training
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())
    with torch.no_grad():
        expected = (model.eval()(images) - images).square().mean((1, 2, 3))
    assert scores.dtype == np.float64
    assert scores == pytest.approx(expected.numpy(), rel=1e-4)


def test_scores_leave_the_model_trainable():
    model = Autoencoder(16, width=2)
    anomaly_scores(model, torch.rand(2, 1, 16, 16))
    model(torch.rand(2, 1, 16, 16)).sum().backward()
    assert model.encoder[0][0].weight.is_contiguous()


def test_maps_are_squared_errors_and_their_mean_is_the_score():
    model = Autoencoder(16, channels=3, width=2)
    images = torch.rand(5, 3, 16, 16)
    scored = score_images(model, images)
    with torch.no_grad():
        reconstructions = model.eval()(images)
    expected = (reconstructions - images).square().mean(1).numpy()
    np.testing.assert_allclose(scored.maps, expected, rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(scored.maps.mean((1, 2)), scored.scores, rtol=1e-5)
    torch.testing.assert_close(scored.reconstructions, reconstructions)
    np.testing.assert_array_equal(scored.scores, anomaly_scores(model, images))


@pytest.mark.parametrize("size", [32, 64])
def test_an_image_scores_the_same_in_any_company(size):
    model = Autoencoder(size, width=8, kernel_size=5)
    images = torch.rand(37, 1, size, size, generator=torch.Generator().manual_seed(0))
    images[30] = images[3]
    scores = anomaly_scores(model, images)
    assert scores[30] == scores[3]
    alone = [anomaly_scores(model, images[index : index + 1]).item() for index in range(0, 37, 4)]
    np.testing.assert_array_equal(alone, scores[::4])
    order = torch.randperm(37, generator=torch.Generator().manual_seed(1))
    np.testing.assert_array_equal(score_images(model, images[order]).scores, scores[order.numpy()])
    threads = torch.get_num_threads()
    torch.set_num_threads(3 - min(threads, 2))
    try:
        np.testing.assert_array_equal(anomaly_scores(model, images), scores)
    finally:
        torch.set_num_threads(threads)


def test_channels_count_alike():
    image = torch.zeros(1, 3, 4, 4)
    image[0, 1, 2, 3] = 0.9
    scored = score_images(nn.Threshold(2.0, 0.0), image)
    assert scored.maps[0, 2, 3] == pytest.approx(0.81 / 3)
    assert scored.maps.sum() == pytest.approx(0.81 / 3)


@given(st.floats(0.3, 5), st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_smoothing_keeps_the_mean(sigma, seed):
    maps = np.random.default_rng(seed).random((2, 9, 12)).astype(np.float32)
    smoothed = smooth(maps, sigma)
    np.testing.assert_allclose(smoothed.mean((1, 2)), maps.mean((1, 2)), rtol=1e-5)
    assert smoothed.std() < maps.std()


def test_smoothing_is_a_gaussian_within_each_image():
    maps = np.zeros((2, 41, 41), np.float32)
    maps[0, 20, 20] = 1.0
    smoothed = smooth(maps, 2.0)
    place = np.arange(41) - 20
    expected = np.exp(-(place[:, None] ** 2 + place**2) / 8) / (8 * np.pi)
    np.testing.assert_allclose(smoothed[0], expected, atol=2e-5)
    assert not smoothed[1].any()
    assert smooth(maps, 0) is maps


def test_smoothing_by_less_than_nothing():
    with pytest.raises(ValueError, match="smoothing of 0 pixels or more, got -1"):
        smooth(np.zeros((1, 2, 2), np.float32), -1)
