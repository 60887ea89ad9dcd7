"""Trivial detectors that a trained one must beat: what no training gives away for nothing.

And how well any number of principal components detects, which tells what is to be had.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.neighbors import NearestNeighbors
from torch import Tensor

from lamp.detection.metrics import auroc
from lamp.detection.scores import Maps, Scores

Detect = Callable[[Tensor], tuple[Scores, Maps | None]]

VARIANCE = 0.9
"""Share of the variance that components are to explain, by custom: no label chooses it. On MNIST,
the mean AUROC of ten digits is .941 with it; 24 components, an oracle, have .957, and 512 .866."""

COMPONENTS = (8, 16, 24, 32, 48, 64, 96, 128, 512)

_SMALLEST = 1e-10  # of the largest variance: below it a direction is rounding
_CHUNK = 4096  # pixels at once
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


@dataclass(frozen=True, eq=False)
class Components:
    """The principal components of images.

    Args:
        mean: Of the images, shape (D,), D = C H W.
        basis: Orthonormal rows, the largest variance first, shape (k, D).
        variances: Along each of all components there are, shape (K,), K >= k.
    """

    mean: NDArray[np.float32]
    basis: NDArray[np.float32]
    variances: NDArray[np.float64]

    def leading(self, share: float) -> "Components":
        """Keep the fewest components that explain a share of the variance, at least one."""
        explained = np.cumsum(self.variances) / self.variances.sum()
        # A share that is met but for rounding is met.
        count = int(np.searchsorted(explained, share - 1e-9)) + 1
        return Components(self.mean, self.basis[:count], self.variances)

    def coefficients(self, images: Tensor) -> NDArray[np.float32]:
        """Project images (N, C, H, W) on the components, shape (N, k)."""
        return np.asarray((images.flatten(1).numpy() - self.mean) @ self.basis.T)


@dataclass(frozen=True)
class ByComponents:
    """AUROC of PCA by the number of its components.

    Args:
        auroc: By number of components.
        label_free: The number that explains 90 % of the variance; one of those in `auroc`.
    """

    auroc: Mapping[int, float]
    label_free: int

    @property
    def oracle(self) -> int:
        """The best number of components: an oracle, which the test labels chose."""
        return max(self.auroc, key=lambda count: self.auroc[count])


def find_components(images: Tensor) -> Components:
    """Compute all principal components of images, by the smaller of two matrices of products.

    Args:
        images: Shape (N, C, H, W), at least two that differ.

    Returns:
        At most min(N - 1, C H W) components; none if all images are equal.
    """
    rows = images.flatten(1).numpy()
    mean = rows.mean(0, dtype=np.float64)
    wide = rows.shape[1] > len(rows)
    products = np.zeros((min(rows.shape),) * 2)
    if wide:
        for start in range(0, rows.shape[1], _CHUNK):
            part = rows[:, start : start + _CHUNK] - mean[start : start + _CHUNK]
            products += part @ part.T
    else:
        for start in range(0, len(rows), _CHUNK):
            part = rows[start : start + _CHUNK] - mean
            products += part.T @ part
    squares, vectors = np.linalg.eigh(products)
    squares, vectors = squares[::-1], vectors[:, ::-1]
    kept = int((squares > _SMALLEST * max(squares[0], 1e-30)).sum())
    basis = vectors[:, :kept].T.astype(np.float32)
    if wide:
        centered = rows - mean.astype(np.float32)
        basis = basis @ centered / np.sqrt(squares[:kept, None]).astype(np.float32)
    return Components(mean.astype(np.float32), basis, squares[:kept] / len(rows))


def pca_auroc(
    train: Tensor, test: Tensor, labels: ArrayLike, *, components: Sequence[int] = COMPONENTS
) -> ByComponents:
    """Compute the AUROC of PCA for several numbers of components, with one decomposition.

    Args:
        train: Normal images, shape (N, C, H, W).
        test: Images, same shape but for their number.
        labels: 0 for normal, 1 for anomalous, one for each test image.
        components: Numbers to try; those that the images do not have are left out.

    Returns:
        AUROC by number of components. The number that explains 90 % of the variance is among them.

    Raises:
        ValueError: As `auroc`, or if all images to train on are equal.
    """
    found = find_components(train)
    if not len(found.basis):
        raise ValueError("expected images to train on that differ, got equal ones")
    label_free = len(found.leading(VARIANCE).basis)
    counts = sorted({k for k in (*components, label_free) if 1 <= k <= len(found.basis)})
    scores = _errors(found, test, counts)
    return ByComponents(
        {count: auroc(each, labels) for count, each in zip(counts, scores, strict=True)},
        label_free,
    )


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


def _errors(found: Components, images: Tensor, counts: Sequence[int]) -> Scores:
    """Return the mean squared error of each image for each number of components, (counts, N).

    What a component adds to the reconstruction it takes from the error: no image is reconstructed.
    """
    most = Components(found.mean, found.basis[: max(counts)], found.variances)
    total = ((images.flatten(1).numpy() - found.mean).astype(np.float64) ** 2).sum(1)
    taken = np.cumsum(most.coefficients(images).astype(np.float64) ** 2, axis=1)
    return np.asarray((total - taken[:, np.array(counts) - 1].T) / found.mean.size)
