"""Intervals of the metrics, and of a difference of AUROC, by resampling images."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lamp.detection.checks import Labels, Scores, check_scores
from lamp.detection.curves import area, average_precision
from lamp.detection.metrics import aupr, auroc, f1_score
from lamp.detection.pixels import FPR_LIMIT, Regions, pixel_metrics

LEVEL = 0.95  # of every interval here, by custom
RESAMPLES = 2000  # put the ends of an interval within about a twentieth of its width
_CHUNK = 2_000_000  # numbers held at once: tens of MB, whatever the number of images
_BINS = 2048  # of equal numbers of pixels: moved both areas by less than 1e-5 where tried

Weights = NDArray[np.int32]


@dataclass(frozen=True)
class Interval:
    """A value and the ends of its 95 % interval."""

    value: float
    low: float
    high: float


def image_intervals(
    scores: ArrayLike,
    labels: ArrayLike,
    *,
    threshold: float,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> dict[str, Interval]:
    """Compute the metrics of images, each with a stratified bootstrap interval.

    Normal and anomalous images are drawn with replacement, each class among itself. The threshold
    stays as it is. An image drawn twice ties with itself, which flatters AUPR: percentile
    intervals are moved so that the median of the resamples falls on the value. They tell what other
    test images could have given, not other seeds of training.

    Args:
        scores: Anomaly scores, shape (N,), higher = more anomalous.
        labels: 0 for normal, 1 for anomalous, shape (N,).
        threshold: Above it an image is called anomalous, for F1.
        seed: Seed of the bootstrap.
        resamples: Number of resamples.

    Returns:
        `image_AUROC`, `image_AUPR` and `image_F1Score`, with 95 % intervals.

    Raises:
        ValueError: As `auroc`, or if there is no resample.

    Example:
        >>> found = image_intervals([1, 2, 3, 4], [0, 0, 1, 1], threshold=2.5)
        >>> found["image_AUROC"]
        Interval(value=1.0, low=1.0, high=1.0)
    """
    scores, labels = check_scores(scores, labels)
    values, place = np.unique(-scores, return_inverse=True)  # thresholds, the highest first
    spots = [place[labels == label] for label in (0, 1)]
    flagged = [(scores > threshold)[labels == label] for label in (0, 1)]
    drawn = []
    for chunk in _resamples(labels, seed, resamples, width=len(values)):
        false, true = (
            np.cumsum(_binned(weights, spot, len(values)), axis=1)
            for weights, spot in zip(chunk, spots, strict=True)
        )
        alarms = [weights @ flag for weights, flag in zip(chunk, flagged, strict=True)]
        f1 = 2 * alarms[1] / (alarms[0] + alarms[1] + true[:, -1])
        roc = area(false / false[:, -1:], true / true[:, -1:])
        drawn.append([roc, average_precision(false, true), f1])
    exact = {
        "image_AUROC": auroc(scores, labels),
        "image_AUPR": aupr(scores, labels),
        "image_F1Score": f1_score(scores, labels, threshold),
    }
    return _centered(exact, np.concatenate(drawn, axis=1))


def pixel_intervals(
    regions: Regions,
    labels: ArrayLike,
    *,
    limit: float = FPR_LIMIT,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> dict[str, Interval]:
    """Compute the metrics of pixels, each with an interval from resampling whole images.

    Pixels of one image belong together, so that images are drawn, as in `image_intervals`. The
    values are exact; the resamples are computed from histograms of 2,048 bins.

    Args:
        regions: Of `find_regions`.
        labels: 0 for normal, 1 for anomalous images, shape (N,).
        limit: Largest false positive rate of AUPRO.
        seed: Seed of the bootstrap.
        resamples: Number of resamples.

    Returns:
        `pixel_AUROC` and `pixel_AUPRO`, with 95 % intervals.

    Raises:
        ValueError: If there is no resample, or labels and maps are not equally many.
    """
    truth = np.asarray(labels)
    if truth.shape != (len(regions.maps),):
        raise ValueError(f"expected {len(regions.maps)} labels, got shape {truth.shape}")
    exact = pixel_metrics(regions, limit=limit)
    histograms = _histograms(regions)
    classes = [np.flatnonzero(truth == label) for label in (0, 1)]
    drawn = []
    for chunk in _resamples(truth, seed, resamples, width=3 * _BINS):
        weights = np.zeros((len(chunk[0]), len(truth)))
        for members, times in zip(classes, chunk, strict=True):
            weights[:, members] = times
        false, true, overlap = (np.cumsum(weights @ kind, axis=1) for kind in histograms)
        false, true, overlap = (c / np.maximum(c[:, -1:], 1e-300) for c in (false, true, overlap))
        drawn.append([area(false, true), area(false, overlap, limit)])
    return _centered(exact, np.concatenate(drawn, axis=1))


def auroc_difference(
    scores_a: ArrayLike,
    scores_b: ArrayLike,
    labels: ArrayLike,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
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
    scores_a, truth = check_scores(scores_a, labels)
    scores_b, _ = check_scores(scores_b, labels)
    rankers = [_Ranker(scores[truth == 0], scores[truth == 1]) for scores in (scores_a, scores_b)]
    differences = []
    for weights in _resamples(truth, seed, resamples, width=len(truth)):
        a, b = (ranker.weighted(*weights) for ranker in rankers)
        differences.append(a - b)
    value = auroc(scores_a, truth) - auroc(scores_b, truth)
    return _intervals({"": value}, np.concatenate(differences)[None])[""]


class _Ranker:
    """AUROC of one model under integer weights of its images; sorting is done once."""

    def __init__(self, normal: Scores, anomalous: Scores) -> None:
        self.order = np.argsort(anomalous)
        ordered = anomalous[self.order]
        self.below = np.searchsorted(ordered, normal, "left")
        self.not_above = np.searchsorted(ordered, normal, "right")

    def weighted(self, normal: Weights, anomalous: Weights) -> Scores:
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


def _resamples(
    labels: Labels, seed: int, resamples: int, *, width: int
) -> Iterator[tuple[Weights, Weights]]:
    """Yield how often each normal and each anomalous image is drawn, rows of resamples at once."""
    if resamples < 1:
        raise ValueError(f"expected at least one resample, got {resamples}")
    counts = [int((labels == label).sum()) for label in (0, 1)]
    generator = np.random.default_rng(seed)
    rows = max(1, _CHUNK // max(width, 1))
    for start in range(0, resamples, rows):
        size = min(rows, resamples - start)
        normal, anomalous = (_multiplicities(generator, size, count) for count in counts)
        yield normal, anomalous


def _multiplicities(generator: np.random.Generator, resamples: int, count: int) -> Weights:
    """Return how often each of `count` images is drawn in each resample, (resamples, count)."""
    if count == 0:
        return np.zeros((resamples, 0), np.int32)
    drawn = generator.integers(0, count, (resamples, count), dtype=np.int32)
    drawn += (np.arange(resamples, dtype=np.int32) * count)[:, None]
    counts = np.bincount(drawn.ravel(), minlength=resamples * count)
    return counts.reshape(resamples, count).astype(np.int32)


def _binned(weights: Weights, place: NDArray[np.int64], bins: int) -> NDArray[np.float64]:
    """Add up the weights of the images at each place, shape (rows, bins)."""
    binned = np.zeros((bins, len(weights)))
    np.add.at(binned, place, weights.T)
    return binned.T


def _histograms(regions: Regions) -> tuple[Scores, Scores, Scores]:
    """Count each image's normal, defective and region-weighted pixels, (N, bins), highest first."""
    pixels = regions.maps.reshape(len(regions.maps), -1)
    step = max(1, pixels.size // 1_000_000)
    edges = np.unique(np.quantile(pixels.ravel()[::step], np.linspace(0, 1, _BINS)[1:-1]))
    kinds = [~regions.defective, regions.defective, regions.weights]
    counted = [np.zeros((len(pixels), len(edges) + 1)) for _ in kinds]
    for index, row in enumerate(pixels):
        bins = len(edges) - np.searchsorted(edges, row)
        for kind, counts in zip(kinds, counted, strict=True):
            counts[index] = np.bincount(bins, kind[index].ravel(), len(edges) + 1)
    return counted[0], counted[1], counted[2]


def _centered(exact: Mapping[str, float], drawn: Scores) -> dict[str, Interval]:
    """Put percentile intervals around values in [0, 1], moved by the bias of the median."""
    values = np.array(list(exact.values()))[:, None]
    return _intervals(exact, np.clip(drawn - np.median(drawn, axis=1)[:, None] + values, 0, 1))


def _intervals(exact: Mapping[str, float], drawn: Scores) -> dict[str, Interval]:
    """Put percentile intervals around values; `drawn` has one row a value."""
    ends = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=1)
    return {
        name: Interval(value, float(low), float(high))
        for (name, value), low, high in zip(exact.items(), *ends, strict=True)
    }
