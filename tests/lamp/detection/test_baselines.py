import numpy as np
import pytest
import torch

from lamp.detection import fit_baselines


def images(count, seed, channels=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(count, channels, 6, 6, generator=generator)


def test_pca_reconstructs_as_well_as_the_leading_singular_vectors():
    train, new = images(20, 0, channels=3), images(4, 1, channels=3)
    pca, _, _ = fit_baselines(train, latent=5)
    assert pca.name == "PCA, 5 components"
    scores, maps = pca.detect(new)
    rows, mean = train.flatten(1).double().numpy(), train.flatten(1).double().mean(0).numpy()
    basis = np.linalg.svd(rows - mean, full_matrices=False)[2][:5]
    centered = new.flatten(1).double().numpy() - mean
    residual = (centered - centered @ basis.T @ basis) ** 2
    np.testing.assert_allclose(maps, residual.reshape(4, 3, 6, 6).mean(1), rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(scores, residual.mean(1), rtol=1e-3)


def test_more_components_than_images_are_not_to_be_had():
    train = images(8, 0)
    pca = fit_baselines(train, latent=1000)[0]
    assert pca.name == "PCA, 7 components"
    assert pca.detect(train)[0].max() < 1e-8  # it knows them by heart


def test_mean_image_and_brightness():
    train, new = images(20, 0), images(5, 1)
    _, mean_image, brightness = fit_baselines(train, latent=2)
    scores, maps = mean_image.detect(new)
    expected = (new - train.mean(0)).square().mean(1).numpy()
    np.testing.assert_allclose(maps, expected, rtol=1e-5)
    np.testing.assert_allclose(scores, expected.mean((1, 2)), rtol=1e-5)
    scores, maps = brightness.detect(new)
    assert maps is None
    expected = (new.mean((1, 2, 3)) - train.mean()).abs()
    np.testing.assert_allclose(scores, expected.numpy(), rtol=1e-4, atol=1e-7)


def test_brightness_sees_dark_and_bright_images():
    train = torch.full((4, 1, 2, 2), 0.5) + images(4, 0)[..., :2, :2] * 0.01
    scores, _ = fit_baselines(train, latent=1)[2].detect(
        torch.stack([torch.full((1, 2, 2), value) for value in (0.1, 0.5, 0.9)])
    )
    assert scores[1] < min(scores[0], scores[2])


@pytest.mark.parametrize(("count", "latent"), [(1, 4), (4, 0)])
def test_nothing_to_learn_from(count, latent):
    with pytest.raises(ValueError, match=f"got {count} and {latent}"):
        fit_baselines(images(count, 0), latent=latent)
