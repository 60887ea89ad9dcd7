"""Anomaly detection: scores, AUROC, and the difference of two models with its interval."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn

from lamp.losses import squared_error
from lamp.models import channels_last, mode

LEVEL = 0.95  # of every interval here, by custom
_CHUNK = 2_000_000  # resampled indices held at once: about 50 MB, whatever the number of images

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A value and the ends of its 95 % interval."""

    value: float
    low: float
    high: float


def anomaly_scores(model: nn.Module, images: Tensor, *, batch_size: int = 256) -> Scores:
    """Score images by their mean squared reconstruction error (paper section 3.1).

    The paper scores by L2 whatever the training loss was.

    Args:
        model: Maps (N, C, H, W) to the same shape. Evaluated where it is, in eval mode; the mode
            is left as found.
        images: Shape (N, C, H, W).
        batch_size: Images at once. In eval mode it does not change a score beyond rounding.

    Returns:
        One score an image, shape (N,), higher = more anomalous.

    Example:
        >>> anomaly_scores(nn.Threshold(2.0, 0.5), torch.tensor([0.0, 0.5, 1.0]).view(3, 1, 1, 1))
        array([0.25, 0.  , 0.25])
    """
    parameter = next(model.parameters(), None)
    device = images.device if parameter is None else parameter.device
    scores = []
    with (
        mode(model, training=False),
        channels_last(model) as memory_format,
        torch.inference_mode(),
    ):
        for part in torch.split(images, batch_size):
            batch = part.to(device).contiguous(memory_format=memory_format)
            scores.append(squared_error(model(batch), batch).flatten(1).mean(1).double())
    return torch.cat(scores).cpu().numpy()


def auroc(scores: ArrayLike, labels: ArrayLike) -> float:
    """Compute the area under the ROC curve: P(anomalous scores above normal), ties one half.

    Args:
        scores: Anomaly scores, shape (N,), higher = more anomalous.
        labels: 0 for normal, 1 for anomalous, shape (N,).

    Returns:
        A number in [0, 1]; 0.5 is chance.

    Raises:
        ValueError: If a score is not finite, a class is absent, or shapes or labels are wrong.

    Example:
        >>> auroc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
        0.75
    """
    scores, labels = _checked(scores, labels)
    return float(roc_auc_score(labels, scores))


def auroc_difference(
    scores_a: ArrayLike,
    scores_b: ArrayLike,
    labels: ArrayLike,
    *,
    seed: int = 0,
    resamples: int = 2000,
) -> Interval:
    """Compute AUROC(a) - AUROC(b) on the same images, with a paired, stratified bootstrap.

    Normal and anomalous images are drawn with replacement, each class among itself, and the same
    images for both. The interval tells what other test images could have given; what other seeds
    of training could have given it does not tell, and that is often more.

    Args:
        scores_a: Anomaly scores of one model, shape (N,).
        scores_b: Scores of the other, for the same images.
        labels: 0 for normal, 1 for anomalous, shape (N,).
        seed: Seed of the bootstrap.
        resamples: Number of resamples. The default puts the ends of the interval within about
            a twentieth of its width.

    Returns:
        The difference, and its 95 % percentile interval.

    Raises:
        ValueError: As `auroc`, or if there is no resample.

    Example:
        >>> labels = [0, 0, 0, 1, 1, 1]
        >>> auroc_difference([1, 2, 3, 4, 5, 6], [1, 2, 5, 4, 3, 6], labels).value.__round__(4)
        0.2222
        >>> auroc_difference([1, 2, 3, 4, 5, 6], [2, 4, 6, 8, 10, 12], labels)  # the same ranks
        Interval(value=0.0, low=0.0, high=0.0)
    """
    if resamples < 1:
        raise ValueError(f"expected at least one resample, got {resamples}")
    scores_a, truth = _checked(scores_a, labels)
    scores_b, _ = _checked(scores_b, labels)
    counts = [int((truth == label).sum()) for label in (0, 1)]
    generator = np.random.default_rng(seed)
    rankers = [_Ranker(scores[truth == 0], scores[truth == 1]) for scores in (scores_a, scores_b)]
    differences = []
    per_chunk = max(1, _CHUNK // len(truth))
    for start in range(0, resamples, per_chunk):
        size = min(per_chunk, resamples - start)
        weights = [_multiplicities(generator, size, count) for count in counts]
        a, b = (ranker.weighted(*weights) for ranker in rankers)
        differences.append(a - b)
    low, high = np.quantile(np.concatenate(differences), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    value = auroc(scores_a, truth) - auroc(scores_b, truth)
    return Interval(value, float(low), float(high))


class _Ranker:
    """AUROC of one model under integer weights of its images; sorting is done once."""

    def __init__(self, normal: Scores, anomalous: Scores) -> None:
        self.order = np.argsort(anomalous)
        ordered = anomalous[self.order]
        self.below = np.searchsorted(ordered, normal, "left")
        self.not_above = np.searchsorted(ordered, normal, "right")

    def weighted(self, normal: NDArray[np.int32], anomalous: NDArray[np.int32]) -> Scores:
        """Return one AUROC for each row of weights, shape (rows,).

        Counts of anomalous images up to each score come from one cumulative sum a row, so that a
        row costs N and not N^2.
        """
        totals = np.zeros((len(anomalous), anomalous.shape[1] + 1), np.int32)
        np.cumsum(anomalous[:, self.order], axis=1, out=totals[:, 1:])
        # Twice the anomalous weight above each normal image, ties counted once.
        above = 2 * totals[:, -1:] - totals[:, self.below] - totals[:, self.not_above]
        pairs = np.einsum("ri,ri->r", normal, above, dtype=np.int64)
        return np.asarray(pairs / (2.0 * normal.shape[1] * anomalous.shape[1]))


def _multiplicities(
    generator: np.random.Generator, resamples: int, count: int
) -> NDArray[np.int32]:
    """Return how often each of `count` images is drawn in each resample, (resamples, count)."""
    drawn = generator.integers(0, count, (resamples, count), dtype=np.int32)
    drawn += (np.arange(resamples, dtype=np.int32) * count)[:, None]
    counts = np.bincount(drawn.ravel(), minlength=resamples * count)
    return counts.reshape(resamples, count).astype(np.int32)


def _checked(scores: ArrayLike, labels: ArrayLike) -> tuple[Scores, NDArray[np.int64]]:
    """Return scores and labels as arrays, or raise a ValueError that says what is wrong."""
    scores, labels = np.asarray(scores, np.float64), np.asarray(labels)
    if scores.ndim != 1 or scores.shape != labels.shape:
        raise ValueError(
            f"expected one score and one label an image, got shapes {scores.shape} and "
            f"{labels.shape}"
        )
    bad = int((~np.isfinite(scores)).sum())
    if bad:
        raise ValueError(
            f"{bad} of {scores.size} anomaly scores are NaN or infinite: the training diverged, "
            "or the images hold NaN"
        )
    found = set(np.unique(labels).tolist())
    if found != {0, 1}:
        raise ValueError(
            "expected normal (0) and anomalous (1) images, both at least once, got labels "
            f"{sorted(found)}: with a class absent there is no AUROC"
        )
    return scores, labels.astype(np.int64)
