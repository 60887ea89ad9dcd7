import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from lamp.detection import Interval, anomaly_scores, auroc, auroc_difference
from lamp.models import Autoencoder


def test_scores_are_mean_squared_errors_in_eval_mode():
    model = Autoencoder(16, width=2)
    model.encoder.eval()
    images = torch.rand(10, 1, 16, 16)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    scores = anomaly_scores(model, images, batch_size=4)
    assert model.training
    assert not model.encoder.training
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())
    with torch.no_grad():
        expected = (model.eval()(images) - images).square().mean((1, 2, 3))
    assert scores.dtype == np.float64
    assert scores == pytest.approx(expected.numpy(), rel=1e-4)


def test_scores_leave_the_model_trainable():
    model = Autoencoder(16, width=2)
    anomaly_scores(model, torch.rand(2, 1, 16, 16))
    model(torch.rand(2, 1, 16, 16)).sum().backward()
    assert model.encoder[0][0].weight.is_contiguous()


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


def test_labels_may_be_a_tensor():
    assert auroc(np.array([0.0, 1.0]), torch.tensor([0, 1])) == 1.0


def slow_difference(a, b, labels, seed, resamples):
    """The same bootstrap, one resample at a time with scikit-learn."""
    rng = np.random.default_rng(seed)
    normal, anomalous = np.flatnonzero(labels == 0), np.flatnonzero(labels == 1)
    drawn = [rng.integers(0, len(part), (resamples, len(part)), dtype=np.int32)
             for part in (normal, anomalous)]  # fmt: skip
    differences = []
    for n, m in zip(*drawn, strict=True):
        index = np.concatenate([normal[n], anomalous[m]])
        differences.append(roc_auc_score(labels[index], a[index])
                           - roc_auc_score(labels[index], b[index]))  # fmt: skip
    return np.quantile(differences, [0.025, 0.975])


@given(st.integers(0, 1000), st.integers(2, 12), st.integers(2, 12))
@settings(max_examples=15, deadline=None)
def test_interval_matches_a_slow_bootstrap(seed, normal, anomalous):
    rng = np.random.default_rng(seed)
    labels = rng.permutation([0] * normal + [1] * anomalous)
    a, b = (rng.integers(0, 6, len(labels)).astype(float) for _ in range(2))
    interval = auroc_difference(a, b, labels, seed=seed, resamples=20)
    low, high = slow_difference(a, b, labels, seed, 20)
    assert interval.low == pytest.approx(low)
    assert interval.high == pytest.approx(high)
    assert interval.value == pytest.approx(auroc(a, labels) - auroc(b, labels))


def test_interval_narrows_with_images_and_is_paired():
    rng = np.random.default_rng(0)

    def case(images, together):
        labels = np.arange(images) % 2
        shared = rng.normal(labels, 1.0)
        other = shared + 0.01 * rng.normal(size=images) if together else rng.normal(labels, 1.0)
        interval = auroc_difference(shared, other, labels, resamples=300)
        return interval.high - interval.low

    assert case(2000, together=False) < 0.5 * case(200, together=False)
    assert case(2000, together=True) < 0.1 * case(2000, together=False)


def test_the_same_seed_gives_the_same_interval():
    rng = np.random.default_rng(0)
    labels, a, b = np.arange(50) % 2, rng.random(50), rng.random(50)
    assert auroc_difference(a, b, labels) == auroc_difference(a, b, labels)
    assert auroc_difference(a, b, labels) != auroc_difference(a, b, labels, seed=1)
    assert isinstance(auroc_difference(a, b, labels), Interval)


def test_chunks_make_one_bootstrap(monkeypatch):
    rng = np.random.default_rng(0)
    labels, a, b = np.arange(50) % 2, rng.random(50), rng.random(50)
    monkeypatch.setattr("lamp.detection._CHUNK", 500)
    chunked = auroc_difference(a, b, labels, resamples=2000)
    monkeypatch.undo()
    whole = auroc_difference(a, b, labels, resamples=2000)
    assert chunked.low == pytest.approx(whole.low, abs=0.02)
    assert chunked.value == whole.value


def test_no_resample():
    with pytest.raises(ValueError, match="at least one resample, got 0"):
        auroc_difference([0.0, 1.0], [0.0, 1.0], [0, 1], resamples=0)
