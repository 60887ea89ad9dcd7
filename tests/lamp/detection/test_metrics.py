import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lamp.detection import (
    aupr,
    auroc,
    auroc_difference,
    evaluate,
    f1_score,
    fpr_at_tpr,
    image_intervals,
)

CASES = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 1)), min_size=2, max_size=30).filter(
    lambda pairs: {label for _, label in pairs} == {0, 1}
)


def test_auroc_counts_pairs():
    rng = np.random.default_rng(0)
    scores, labels = rng.integers(0, 5, 60).astype(float), rng.integers(0, 2, 60)
    pairs = [(a > n) + 0.5 * (a == n) for a in scores[labels == 1] for n in scores[labels == 0]]
    assert auroc(scores, labels) == pytest.approx(np.mean(pairs))


@pytest.mark.parametrize(
    ("scores", "labels", "message"),
    [
        ([0.1, 0.2], [1, 1], r"got labels \[1\]: with a class absent there is no AUROC"),
        ([0.1, 0.2], [0, 0], r"got labels \[0\]: with a class absent"),
        ([0.1, 0.2, 0.3], [0, 1, 2], r"got labels \[0, 1, 2\]"),
        ([0.1, math.nan, math.inf], [0, 1, 1], "2 of 3 anomaly scores are NaN or infinite"),
        ([0.1, 0.2, 0.3], [0, 1, None], r"got labels \[0, 1, None\]"),
        ([0.1, 0.2], [0, 1, 1], r"shapes \(2,\) and \(3,\)"),
        ([[0.1, 0.2]], [[0, 1]], r"shapes \(1, 2\)"),
        ([], [], r"got labels \[\]"),
    ],
)
def test_errors_instead_of_nan(scores, labels, message):
    with pytest.raises(ValueError, match=message):
        auroc(scores, labels)
    with pytest.raises(ValueError, match=message):
        auroc_difference(scores, scores, labels)
    with pytest.raises(ValueError, match=message.replace("AUROC", "AUPR")):
        aupr(scores, labels)
    with pytest.raises(ValueError, match=message.replace("AUROC", "F1 score")):
        f1_score(scores, labels, 0.5)
    with pytest.raises(ValueError, match=message):
        image_intervals(scores, labels, threshold=0.5)
    with pytest.raises(ValueError, match=message):
        evaluate(scores, labels, threshold=0.5)


@pytest.mark.parametrize("metric", [f1_score, image_intervals])
def test_a_threshold_that_is_no_number(metric):
    with pytest.raises(ValueError, match="expected a threshold, in units of the scores, got NaN"):
        metric([0.1, 0.2], [0, 1], threshold=math.nan)


def test_labels_may_be_a_tensor():
    assert auroc(np.array([0.0, 1.0]), torch.tensor([0, 1])) == 1.0


@given(CASES)
def test_aupr_adds_up_precision_wherever_recall_rises(pairs):
    scores, labels = np.array(pairs, float).T
    expected, recall = 0.0, 0.0
    for threshold in sorted(set(scores), reverse=True):
        flagged = scores >= threshold
        found = labels[flagged].sum() / labels.sum()
        expected += (found - recall) * labels[flagged].mean()
        recall = found
    assert aupr(scores, labels) == pytest.approx(expected)


@given(CASES, st.integers(-1, 5))
def test_f1_is_the_harmonic_mean_of_precision_and_recall(pairs, threshold):
    scores, labels = np.array(pairs, float).T
    hits = sum(1 for score, label in pairs if score > threshold and label)
    flagged = int((scores > threshold).sum())
    precision = hits / flagged if flagged else 0.0
    recall = hits / labels.sum()
    expected = 2 * precision * recall / (precision + recall) if hits else 0.0
    assert f1_score(scores, labels, threshold) == pytest.approx(expected)


@given(CASES, st.sampled_from([0.3, 0.5, 0.95, 1.0]))
def test_fpr_at_tpr_tries_every_threshold(pairs, tpr):
    scores, labels = np.array(pairs, float).T
    rates = [
        [(scores[labels == label] >= threshold).mean() for label in (0, 1)]
        for threshold in sorted(set(scores), reverse=True)
    ]
    expected = next(false for false, true in rates if true >= tpr)
    assert fpr_at_tpr(scores, labels, tpr=tpr) == expected
    with pytest.raises(ValueError, match=r"in \(0, 1\], got 0"):
        fpr_at_tpr(scores, labels, tpr=0)


def test_an_image_at_the_threshold_is_normal():
    assert f1_score([1.0, 2.0], [0, 1], threshold=2.0) == 0.0
    assert f1_score([1.0, 2.0], [0, 1], threshold=1.0) == 1.0
