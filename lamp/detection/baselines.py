"""Trivial detectors that a trained one must beat: what no training gives away for nothing."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.neighbors import NearestNeighbors
from torch import Tensor

from lamp.detection.components import VARIANCE, Components, find_components
from lamp.detection.scores import Maps, Scores

Detect = Callable[[Tensor], tuple[Scores, Maps | None]]

_BATCH = 256


@dataclass(frozen=True)
class Baseline:
    """A detector without training.

    Args:
        name: What it is.
        detail: Its setting, which no label chose; empty where there is none.
        detect: Images (N, C, H, W) to scores (N,) and, where it has any, heat-maps (N, H, W).
    """

    name: str
    detail: str
    detect: Detect

    @property
    def title(self) -> str:
        """Name for tables."""
        return f"{self.name}, {self.detail}" if self.detail else self.name


def fit_baselines(images: Tensor) -> tuple[Baseline, ...]:
    """Make the trivial detectors from the images that a model was trained on.

    * PCA: squared error of the reconstruction from the principal components that explain 90 % of
      the variance. As many as the autoencoder has latent numbers would reconstruct anomalies, too.
    * nearest image: squared distance to the nearest normal image, mean over pixels.
    * nearest in PCA: the same between the coefficients of those components.
    * mean image: squared distance to the mean of the normal images.
    * brightness: distance of an image's mean brightness to that of the normal images.

    Args:
        images: Normal images, shape (N, C, H, W).

    Returns:
        The five, in this order.

    Raises:
        ValueError: If there are fewer than two images.
    """
    if len(images) < 2:
        raise ValueError(f"expected at least 2 normal images, got {len(images)}")
    found = find_components(images).leading(VARIANCE)
    made = [
        Baseline("PCA", _words(found), lambda new: _pca(found, new)),
        Baseline("nearest image", "", _nearest(images, lambda new: new.flatten(1).numpy())),
    ]
    if len(found.basis):  # none where all images are equal
        made.append(Baseline("nearest in PCA", _words(found), _nearest(images, found.coefficients)))
    return (*made, _mean_image(images), _brightness(images))


def _words(found: Components) -> str:
    """Say how many components there are."""
    count = len(found.basis)
    return f"{count} component{'s' * (count != 1)}"


def _pca(found: Components, new: Tensor) -> tuple[Scores, Maps]:
    """Reconstruct from principal components."""
    maps = []
    for part in torch.split(new, _BATCH):
        again = found.mean + found.coefficients(part) @ found.basis
        error = (part.numpy() - again.reshape(part.shape)) ** 2
        maps.append(error.mean(1).astype(np.float32))
    return _with_scores(np.concatenate(maps))


def _nearest(images: Tensor, features: Callable[[Tensor], np.ndarray]) -> Detect:
    """Look for the most similar normal image."""
    known = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(features(images))
    pixels = images[0].numel()

    def detect(new: Tensor) -> tuple[Scores, None]:
        distances, _ = known.kneighbors(features(new))
        return np.asarray(distances[:, 0] ** 2 / pixels, np.float64), None

    return detect


def _mean_image(images: Tensor) -> Baseline:
    """Reconstruct every image by the mean one."""
    mean = images.mean(0)

    def detect(new: Tensor) -> tuple[Scores, Maps]:
        return _with_scores((new - mean).square().mean(1).numpy())

    return Baseline("mean image", "", detect)


def _brightness(images: Tensor) -> Baseline:
    """Look at nothing but how bright an image is."""
    usual = float(images.mean(dtype=torch.float64))

    def detect(new: Tensor) -> tuple[Scores, None]:
        return np.abs(new.flatten(1).double().mean(1).numpy() - usual), None

    return Baseline("brightness", "", detect)


def _with_scores(maps: Maps) -> tuple[Scores, Maps]:
    """Return the mean of each map beside the maps."""
    return maps.mean((1, 2), dtype=np.float64), maps
