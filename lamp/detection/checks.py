"""What scores, labels and maps must be, before anything is computed from them."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Scores = NDArray[np.float64]
Labels = NDArray[np.int64]


def check_scores(
    scores: ArrayLike, labels: ArrayLike, *, metric: str = "AUROC"
) -> tuple[Scores, Labels]:
    """Return scores and labels as arrays, or say what is wrong with them.

    Args:
        scores: Anomaly scores, shape (N,).
        labels: 0 for normal, 1 for anomalous, shape (N,).
        metric: What they are for; without one of the classes there is none.

    Returns:
        Scores in float64, labels in int64.

    Raises:
        ValueError: If a score is not finite, a class is absent, or shapes or labels are wrong.
    """
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
            f"{sorted(found)}: with a class absent there is no {metric}"
        )
    return scores, labels.astype(np.int64)
