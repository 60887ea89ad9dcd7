import numpy as np
import pytest
import torch

from lamp.detection import auroc, fit_baselines, pca_auroc
from lamp.detection.baselines import find_components


def images(count, seed, channels=1, size=6):
    """Images that vary in a few directions, and a little in all."""
    generator = torch.Generator().manual_seed(seed)
    fixed = torch.Generator().manual_seed(99)
    patterns = torch.rand(3, channels, size, size, generator=fixed) - 0.5
    found = torch.einsum("nk,kchw->nchw", torch.rand(count, 3, generator=generator), patterns)
    return (found + 0.5 + 0.02 * torch.randn(found.shape, generator=generator)).clamp(0, 1)


def by_svd(train, new, count):
    """Return the squared error of each pixel after projection on leading singular vectors."""
    rows = train.flatten(1).double().numpy()
    mean = rows.mean(0)
    basis = np.linalg.svd(rows - mean, full_matrices=False)[2][:count]
    centered = new.flatten(1).double().numpy() - mean
    return ((centered - centered @ basis.T @ basis) ** 2).reshape(new.shape).mean(1)


@pytest.mark.parametrize("count", [20, 200])  # fewer images than pixels, and more
def test_pca_keeps_nine_tenths_of_the_variance(count):
    train, new = images(count, 0, channels=3), images(4, 1, channels=3)
    rows = train.flatten(1).double().numpy()
    variances = np.linalg.svd(rows - rows.mean(0), compute_uv=False) ** 2
    kept = int(np.argmax(np.cumsum(variances) / variances.sum() >= 0.9)) + 1
    pca = fit_baselines(train)[0]
    assert pca.title == f"PCA, {kept} components"
    assert 1 < kept < 20
    scores, maps = pca.detect(new)
    expected = by_svd(train, new, kept)
    np.testing.assert_allclose(maps, expected, rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(scores, expected.mean((1, 2)), rtol=1e-3)


def test_components_of_few_images_are_at_most_one_less():
    train = images(8, 0)
    found = find_components(train)
    assert found.basis.shape == (7, 36)
    np.testing.assert_allclose(found.basis @ found.basis.T, np.eye(7), atol=1e-5)
    np.testing.assert_allclose(
        found.variances.sum(), train.flatten(1).double().var(0, correction=0).sum(), rtol=1e-6
    )
    assert len(find_components(train).leading(1.0).basis) == 7


@pytest.mark.parametrize("place", [1, 2])
def test_the_nearest_image(place):
    train, new = images(20, 0), images(5, 1)
    scores, maps = fit_baselines(train)[place].detect(new)
    rows, others = train.flatten(1).double(), new.flatten(1).double()
    if place == 2:
        basis = torch.from_numpy(find_components(train).leading(0.9).basis).double()
        rows, others = rows @ basis.T, others @ basis.T
    expected = torch.cdist(others, rows).min(1).values.square() / 36
    np.testing.assert_allclose(scores, expected, rtol=1e-3)
    assert maps is None


def test_mean_image_and_brightness():
    train, new = images(20, 0), images(5, 1)
    _, _, _, mean_image, brightness = fit_baselines(train)
    scores, maps = mean_image.detect(new)
    expected = (new - train.mean(0)).square().mean(1).numpy()
    np.testing.assert_allclose(maps, expected, rtol=1e-4, atol=1e-8)
    np.testing.assert_allclose(scores, expected.mean((1, 2)), rtol=1e-5)
    scores, maps = brightness.detect(new)
    assert maps is None
    expected = (new.mean((1, 2, 3)) - train.mean()).abs()
    np.testing.assert_allclose(scores, expected.numpy(), rtol=1e-4, atol=1e-7)
    assert [brightness.title, mean_image.title] == ["brightness", "mean image"]


def test_equal_images_have_no_components():
    names = [each.name for each in fit_baselines(torch.full((4, 1, 6, 6), 0.5))]
    assert names == ["PCA", "nearest image", "mean image", "brightness"]
    pca = fit_baselines(torch.full((4, 1, 6, 6), 0.5))[0]
    assert pca.title == "PCA, 0 components"
    assert pca.detect(torch.full((1, 1, 6, 6), 0.7))[0] == pytest.approx(0.04, rel=1e-5)


def test_nothing_to_learn_from():
    with pytest.raises(ValueError, match="at least 2 normal images, got 1"):
        fit_baselines(images(1, 0))


def test_auroc_by_number_of_components():
    train, normal = images(30, 0), images(12, 1)
    test = torch.cat([normal, normal + 0.1 * torch.rand(12, 1, 6, 6)]).clamp(0, 1)
    labels = [0] * 12 + [1] * 12
    found = pca_auroc(train, test, labels, components=(1, 3, 8, 512))
    assert list(found.auroc) == sorted({1, 3, 8, found.label_free})  # 512 are not to be had
    for count, value in found.auroc.items():
        assert value == auroc(by_svd(train, test, count).mean((1, 2)), labels)
    assert found.auroc[found.oracle] == max(found.auroc.values())
    assert f"PCA, {found.label_free} components" == fit_baselines(train)[0].title
    with pytest.raises(ValueError, match="images to train on that differ, got equal ones"):
        pca_auroc(torch.zeros(3, 1, 2, 2), torch.zeros(2, 1, 2, 2), [0, 1])
