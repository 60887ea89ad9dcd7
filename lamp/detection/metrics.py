"""How well scores tell anomalous images from normal ones."""

from numpy.typing import ArrayLike
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from lamp.detection.checks import check_scores


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
    scores, labels = check_scores(scores, labels)
    return float(roc_auc_score(labels, scores))


def aupr(scores: ArrayLike, labels: ArrayLike) -> float:
    """Compute the area under the precision-recall curve, sum_k (R_k - R_k-1) P_k.

    This is average precision: without interpolation, which is too optimistic for precision
    (Davis & Goadrich, ICML 2006).
    Chance is the share of anomalous images: do not compare test sets of different shares.

    Args:
        scores: Anomaly scores, shape (N,), higher = more anomalous.
        labels: 0 for normal, 1 for anomalous, shape (N,).

    Returns:
        A number in (0, 1].

    Raises:
        ValueError: As `auroc`.

    Example:
        >>> round(aupr([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]), 4)  # 1/2 * 1 + 1/2 * 2/3
        0.8333
    """
    scores, labels = check_scores(scores, labels, metric="AUPR")
    return float(average_precision_score(labels, scores))


def f1_score(scores: ArrayLike, labels: ArrayLike, threshold: float) -> float:
    """Compute the F1 score of deciding that an image above a threshold is anomalous.

    F1 = 2 TP / (2 TP + FP + FN). The threshold is to come from held-out normal images
    (`normal_threshold`); the best one for the test images is known only after the test.

    Args:
        scores: Anomaly scores, shape (N,), higher = more anomalous.
        labels: 0 for normal, 1 for anomalous, shape (N,).
        threshold: In units of the scores.

    Returns:
        A number in [0, 1]. Calling everything anomalous has 2 a / (1 + a), a the anomalous share.

    Raises:
        ValueError: As `auroc`.

    Example:
        >>> f1_score([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1], threshold=0.35)
        0.5
    """
    scores, labels = check_scores(scores, labels, metric="F1 score")
    flagged = scores > threshold
    hits = int((flagged & (labels == 1)).sum())
    return 2 * hits / (int(flagged.sum()) + int((labels == 1).sum()))


def fpr_at_tpr(scores: ArrayLike, labels: ArrayLike, *, tpr: float = 0.95) -> float:
    """Compute the false positive rate at the highest threshold that finds a share of anomalies.

    Such a threshold comes from test labels: it compares detectors and decides about no image.

    Args:
        scores: Anomaly scores, shape (N,), higher = more anomalous.
        labels: 0 for normal, 1 for anomalous, shape (N,).
        tpr: Share of anomalous images to find, in (0, 1]; .95 by custom (Liang et al., ICLR 2018).

    Returns:
        A number in [0, 1]; `tpr` is chance.

    Raises:
        ValueError: As `auroc`, or if the share is out of its range.

    Example:
        >>> fpr_at_tpr([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
        0.5
    """
    if not 0 < tpr <= 1:
        raise ValueError(f"expected a share of anomalous images in (0, 1], got {tpr}")
    scores, labels = check_scores(scores, labels, metric="false positive rate")
    false, true, _ = roc_curve(labels, scores, drop_intermediate=False)
    return float(false[true >= tpr - 1e-12][0])  # a share that is met but for rounding is met
