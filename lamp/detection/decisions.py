"""What a detector says of images: scores, heat-maps, decisions and p-values.

Thresholds and p-values come from the scores of held-out normal images.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import mannwhitneyu

from lamp.data import NORMAL, ImageSet, Unreadable
from lamp.detection.scores import Maps, Scored, Scores


@dataclass(frozen=True)
class Threshold:
    """A score above which an image is called anomalous.

    Args:
        value: In units of the scores.
        false_alarms: Probability at most with which a new normal image exceeds it.
        held_out: Number of held-out normal images that it comes from.
    """

    value: float
    false_alarms: float
    held_out: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Decisions:
    """Images and what follows from their scores.

    Args:
        images: The images, N of them.
        scored: Scores, squared errors of pixels, and reconstructions.
        heat_maps: The squared errors, smoothed, shape (N, H, W).
        threshold: From held-out normal images.
        p_values: Shape (N,).
        false_alarms: Rate that was asked for; the threshold's own may be larger.
        sigma: Standard deviation of the Gaussian that smoothed the heat-maps, in pixels.
        trained_on: Which images the model was trained on, shape (N,): their p-values mean nothing.
        notes: What must be known of them.
    """

    images: ImageSet
    scored: Scored
    heat_maps: Maps
    threshold: Threshold
    p_values: Scores
    false_alarms: float
    sigma: float
    trained_on: NDArray[np.bool_]
    notes: tuple[str, ...]

    @property
    def scores(self) -> Scores:
        """One an image, shape (N,), higher = more anomalous."""
        return self.scored.scores

    @property
    def anomalous(self) -> NDArray[np.bool_]:
        """Which images are above the threshold, shape (N,)."""
        return np.asarray(self.scores > self.threshold.value)

    def rows(self, name_of: Callable[[Path], str] = str) -> list[dict[str, Any]]:
        """Describe each file in one row; those that could not be read come last.

        Args:
            name_of: Makes the name of an image from its path.

        Returns:
            One dictionary a file: path, score, threshold, anomalous (0 or 1), p_value, label, kind
            and status (scored, trained on or unreadable). What is not known is None.
        """
        labels, kinds, anomalous = self.images.labels, self.images.kinds, self.anomalous
        scored = [
            {
                "path": name_of(path),
                "score": float(self.scores[index]),
                "threshold": self.threshold.value,
                "anomalous": int(anomalous[index]),
                "p_value": float(self.p_values[index]),
                "label": None if labels is None else int(labels[index]),
                "kind": None if kinds is None else kinds[index],
                "status": "trained on" if self.trained_on[index] else "scored",
            }
            for index, path in enumerate(self.images.paths)
        ]
        return scored + unreadable_rows(self.images.unreadable, name_of)


def unreadable_rows(
    files: Iterable[Unreadable], name_of: Callable[[Path], str] = str
) -> list[dict[str, Any]]:
    """Describe files that could not be read, in rows with the columns of `Decisions.rows`."""
    nothing = dict.fromkeys(("score", "threshold", "anomalous", "p_value"))
    return [
        {
            "path": name_of(file.path),
            **nothing,
            "label": None if file.kind is None else int(file.kind != NORMAL),
            "kind": file.kind,
            "status": "unreadable",
        }
        for file in files
    ]


def normal_threshold(held_out: ArrayLike, false_alarms: float = 0.05) -> Threshold:
    r"""Choose the lowest threshold that new normal images exceed at no more than a given rate.

    It is the k-th smallest of the n held-out scores, k = ceil((n + 1)(1 - rate)). If the new image
    is exchangeable with the held-out ones, P(score > threshold) <= (n + 1 - k) / (n + 1) <= rate,
    whatever the distribution of scores (split conformal prediction; Vovk et al. 2005). That is an
    average over draws of the held-out images: for the ones at hand the rate follows a Beta
    distribution around it.

    Too few images cannot promise a small rate: where k > n, the largest score is taken, and
    `false_alarms` of the result is 1 / (n + 1), more than was asked for.

    Args:
        held_out: Scores of normal images that were not trained on, shape (n,).
        false_alarms: Rate, in (0, 1). One in twenty by custom; that takes 19 images.

    Returns:
        The threshold, and the rate that it promises.

    Raises:
        ValueError: If there is no score, one is not finite, or the rate is out of its range.

    Example:
        >>> normal_threshold(range(1, 20), 0.05)  # the largest of 19
        Threshold(value=19.0, false_alarms=0.05, held_out=19)
        >>> normal_threshold([1.0, 2.0, 3.0], 0.05)
        Threshold(value=3.0, false_alarms=0.25, held_out=3)
    """
    scores = _held_out(held_out)
    if not 0 < false_alarms < 1:
        raise ValueError(f"expected a rate of false alarms between 0 and 1, got {false_alarms}")
    n = len(scores)
    # Rounded first: (19 + 1) * (1 - 0.05) is 19.000000000000004 or so in some cases.
    k = min(math.ceil(round((n + 1) * (1 - false_alarms), 9)), n)
    k = max(k, 1)
    return Threshold(float(np.sort(scores)[k - 1]), (n + 1 - k) / (n + 1), n)


def p_values(scores: ArrayLike, held_out: ArrayLike) -> Scores:
    """Compute conformal p-values, (1 + #{held-out >= score}) / (n + 1).

    For a normal image exchangeable with the held-out ones, P(p <= t) <= t for every t. A p-value
    is at most the rate of a threshold exactly where the score exceeds that threshold. None is
    below 1 / (n + 1): that is not a bound on how anomalous an image is, but on how much n normal
    images can tell. Testing many images, expect t of the normal ones below t.

    Args:
        scores: Anomaly scores, shape (N,).
        held_out: Scores of normal images that were not trained on, shape (n,).

    Returns:
        Shape (N,), in (0, 1].

    Raises:
        ValueError: If there is no held-out score, or a score is not finite.

    Example:
        >>> p_values([0.5, 2.0, 9.0], [1.0, 2.0, 3.0])
        array([1.  , 0.75, 0.25])
    """
    normal = np.sort(_held_out(held_out))
    values = np.asarray(scores, np.float64)
    if not np.isfinite(values).all():
        raise ValueError("some anomaly scores are NaN or infinite: the training diverged")
    at_least = len(normal) - np.searchsorted(normal, values, "left")
    return np.asarray((1 + at_least) / (len(normal) + 1))


def drift(normal: ArrayLike, held_out: ArrayLike) -> float:
    """Test whether new normal images score like the held-out ones (Mann-Whitney, two-sided).

    Thresholds and p-values promise something only for images exchangeable with those held out.
    Another camera, light or batch of parts breaks that without any defect.

    Args:
        normal: Scores of new normal images, shape (m,).
        held_out: Scores of held-out normal images, shape (n,).

    Returns:
        The p-value of the test: small where they differ, 1 where all scores are one number.

    Raises:
        ValueError: If there is no score, or one is not finite.

    Example:
        >>> drift([1.0, 3.0, 5.0], [2.0, 4.0]), drift(range(20, 40), range(20)) < 0.001
        (1.0, True)
    """
    old, new = _held_out(held_out), _held_out(normal)
    if np.ptp([*old, *new]) == 0:
        return 1.0  # of which some versions of SciPy say NaN
    return float(mannwhitneyu(new, old, alternative="two-sided").pvalue)


def _held_out(scores: ArrayLike) -> Scores:
    """Return held-out scores as an array, or raise a ValueError."""
    values = np.asarray(scores, np.float64)
    if values.ndim != 1 or len(values) == 0 or not np.isfinite(values).all():
        raise ValueError(
            "expected finite scores of at least one held-out normal image, shape (n,), "
            f"got {np.array2string(values, threshold=5)}"
        )
    return values


def about_threshold(held_out: int, false_alarms: float = 0.05) -> list[str]:
    """Say so if there are too few held-out images for the rate that is asked for."""
    promised = normal_threshold(range(held_out), false_alarms).false_alarms
    if promised <= false_alarms:
        return []
    line = (
        f"{held_out} held-out image{'s' * (held_out != 1)} cannot promise a rate of false alarms "
        f"of {false_alarms:g}, which takes {math.ceil(round(1 / false_alarms - 1, 9))}: the "
        "threshold is the largest score of them, which normal images exceed with probability up "
        f"to {promised:.3g}; train with a larger `--held-out` or more normal images"
    )
    return [line]


def about_trained_on(trained_on: NDArray[np.bool_]) -> list[str]:
    """Say so if images to score were trained on."""
    count = int(trained_on.sum())
    if not count:
        return []
    which = f"{count} of these {len(trained_on)} images" if len(trained_on) > 1 else "this image"
    end = (
        "was trained on: its score is too low and its p-value means nothing"
        if count == 1
        else "were trained on: their scores are too low and their p-values mean nothing"
    )
    return [f"{which} {end}"]
