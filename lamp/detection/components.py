"""Principal components of images, and how well any number of them detects anomalies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from lamp.detection.metrics import auroc
from lamp.detection.scores import Scores

VARIANCE = 0.9
"""Share of the variance that components are to explain, by custom: no label chooses it. On MNIST,
the mean AUROC of ten digits is .941 with it; 24 components, an oracle, have .957, and 512 .866."""

COMPONENTS = (8, 16, 24, 32, 48, 64, 96, 128, 512)

_SMALLEST = 1e-10  # of the largest variance: below it a direction is rounding
_CHUNK = 4096  # pixels at once


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


def _errors(found: Components, images: Tensor, counts: Sequence[int]) -> Scores:
    """Return the mean squared error of each image for each number of components, (counts, N).

    What a component adds to the reconstruction it takes from the error: no image is reconstructed.
    """
    most = Components(found.mean, found.basis[: max(counts)], found.variances)
    total = ((images.flatten(1).numpy() - found.mean).astype(np.float64) ** 2).sum(1)
    taken = np.cumsum(most.coefficients(images).astype(np.float64) ** 2, axis=1)
    return np.asarray((total - taken[:, np.array(counts) - 1].T) / found.mean.size)
