"""Trivial detectors that a trained one must beat: what no training gives away for nothing."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.decomposition import PCA
from torch import Tensor

from lamp.detection.checks import Scores
from lamp.detection.scores import Maps

Detect = Callable[[Tensor], tuple[Scores, Maps | None]]

_BATCH = 256


@dataclass(frozen=True)
class Baseline:
    """A detector without training.

    Args:
        name: What it is.
        detect: Images (N, C, H, W) to scores (N,) and, where it has any, heat-maps (N, H, W).
    """

    name: str
    detect: Detect


def fit_baselines(images: Tensor, *, latent: int, seed: int = 0) -> tuple[Baseline, ...]:
    """Make the trivial detectors from the images that a model was trained on.

    * PCA: squared error of the reconstruction from the first principal components, as many as
      the autoencoder has latent numbers: the best that a linear autoencoder can do.
    * mean image: squared distance to the mean of the normal images.
    * brightness: distance of an image's mean brightness to that of the normal images.

    Args:
        images: Normal images, shape (N, C, H, W).
        latent: Numbers in the latent code of the model to compare with. There are at most N - 1
            components; the name tells how many are used.
        seed: Seed of the randomized decomposition that scikit-learn takes for large images.

    Returns:
        The three, in this order.

    Raises:
        ValueError: If there are fewer than two images or no latent number.
    """
    if len(images) < 2 or latent < 1:
        raise ValueError(
            f"expected at least 2 images and 1 latent number, got {len(images)} and {latent}"
        )
    return (_pca(images, latent, seed), _mean_image(images), _brightness(images))


def _pca(images: Tensor, latent: int, seed: int) -> Baseline:
    """Reconstruct from principal components."""
    rows = images.flatten(1).numpy()
    components = min(latent, len(rows) - 1, rows.shape[1])
    pca = PCA(components, random_state=seed).fit(rows)

    def detect(new: Tensor) -> tuple[Scores, Maps]:
        maps = []
        for part in torch.split(new, _BATCH):
            found = pca.inverse_transform(pca.transform(part.flatten(1).numpy()))
            error = (part.numpy() - found.reshape(part.shape)) ** 2
            maps.append(error.mean(1).astype(np.float32))
        return _with_scores(np.concatenate(maps))

    return Baseline(f"PCA, {components} components", detect)


def _mean_image(images: Tensor) -> Baseline:
    """Reconstruct every image by the mean one."""
    mean = images.mean(0)

    def detect(new: Tensor) -> tuple[Scores, Maps]:
        return _with_scores((new - mean).square().mean(1).numpy())

    return Baseline("mean image", detect)


def _brightness(images: Tensor) -> Baseline:
    """Look at nothing but how bright an image is."""
    usual = float(images.mean())

    def detect(new: Tensor) -> tuple[Scores, None]:
        return np.abs(new.flatten(1).mean(1).double().numpy() - usual), None

    return Baseline("brightness", detect)


def _with_scores(maps: Maps) -> tuple[Scores, Maps]:
    """Return the mean of each map beside the maps."""
    return maps.mean((1, 2), dtype=np.float64), maps
