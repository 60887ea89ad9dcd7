import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from lamp.detection import (
    Interval,
    aupr,
    aupro,
    auroc,
    auroc_difference,
    evaluate,
    f1_score,
    find_regions,
    image_intervals,
    pixel_auroc,
    pixel_intervals,
)


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
    monkeypatch.setattr("lamp.detection.bootstrap._CHUNK", 500)
    chunked = auroc_difference(a, b, labels, resamples=2000)
    monkeypatch.undo()
    whole = auroc_difference(a, b, labels, resamples=2000)
    assert chunked.low == pytest.approx(whole.low, abs=0.02)
    assert chunked.value == whole.value


def test_no_resample():
    with pytest.raises(ValueError, match="at least one resample, got 0"):
        auroc_difference([0.0, 1.0], [0.0, 1.0], [0, 1], resamples=0)


def drawn_images(labels, seed, resamples):
    """Which images each resample holds, drawn as the bootstrap draws them."""
    rng = np.random.default_rng(seed)
    parts = [np.flatnonzero(labels == label) for label in (0, 1)]
    drawn = [rng.integers(0, len(p), (resamples, len(p)), dtype=np.int32) for p in parts]
    return np.concatenate([p[d] for p, d in zip(parts, drawn, strict=True)], axis=1)


def centered(values, exact):
    """The percentile interval, moved so that the median falls on the value."""
    moved = np.clip(np.array(values) - np.median(values) + exact, 0, 1)
    return np.quantile(moved, [0.025, 0.975])


def test_no_interval_leaves_its_value_out():
    labels = np.array([1] * 30 + [0] * 10)  # every anomalous image below every normal one
    found = image_intervals(np.arange(40.0), labels, threshold=20.0)
    for interval in found.values():
        assert interval.low <= interval.value <= interval.high


@given(st.integers(0, 1000), st.integers(2, 12), st.integers(2, 12))
@settings(max_examples=15, deadline=None)
def test_intervals_of_images_match_a_slow_bootstrap(seed, normal, anomalous):
    rng = np.random.default_rng(seed)
    labels = rng.permutation([0] * normal + [1] * anomalous)
    scores = rng.integers(0, 6, len(labels)).astype(float)
    found = image_intervals(scores, labels, threshold=2.0, seed=seed, resamples=25)
    resamples = drawn_images(labels, seed, 25)
    slow = {
        "image_AUROC": [roc_auc_score(labels[i], scores[i]) for i in resamples],
        "image_AUPR": [average_precision_score(labels[i], scores[i]) for i in resamples],
        "image_F1Score": [f1_score(scores[i], labels[i], 2.0) for i in resamples],
    }
    for name, values in slow.items():
        low, high = centered(values, found[name].value)
        assert found[name].low == pytest.approx(low)
        assert found[name].high == pytest.approx(high)
    assert found["image_AUROC"].value == auroc(scores, labels)
    assert found["image_AUPR"].value == aupr(scores, labels)
    assert found["image_F1Score"].value == f1_score(scores, labels, 2.0)


def blobs(seed, images=10, side=24):
    """Half normal images, half with one to three square defects; maps that see them in part."""
    rng = np.random.default_rng(seed)
    masks = np.zeros((images, side, side), bool)
    for mask in masks[images // 2 :]:
        for _ in range(rng.integers(1, 4)):
            x, y, size = *rng.integers(0, side - 6, 2), rng.integers(1, 6)
            mask[y : y + size, x : x + size] = True
    maps = rng.normal(size=masks.shape) + masks * rng.normal(1.0, 0.5, (images, 1, 1))
    return maps.astype(np.float32), masks


def test_intervals_of_pixels_match_a_slow_bootstrap_of_whole_images():
    maps, masks = blobs(0)
    labels = masks.any((1, 2)).astype(int)
    found = pixel_intervals(find_regions(maps, masks), labels, seed=3, resamples=60)
    resamples = drawn_images(labels, 3, 60)
    for name, metric in {"pixel_AUROC": pixel_auroc, "pixel_AUPRO": aupro}.items():
        values = [metric(maps[i], masks[i]) for i in resamples]
        low, high = centered(values, metric(maps, masks))
        assert found[name].low == pytest.approx(low, abs=1e-3)
        assert found[name].high == pytest.approx(high, abs=1e-3)
        assert found[name].value == metric(maps, masks)


def test_one_label_an_image():
    with pytest.raises(ValueError, match=r"expected 10 labels, got shape \(9,\)"):
        pixel_intervals(find_regions(*blobs(0)), np.zeros(9))


def test_images_without_a_mask_count_for_images_only():
    maps, masks = blobs(1)
    scores, labels = maps.mean((1, 2)), masks.any((1, 2)).astype(int)
    masked = torch.ones(10, dtype=torch.bool)
    masked[7] = False
    known = masked.numpy()
    torch_masks = torch.from_numpy(masks)
    found = evaluate(scores, labels, threshold=0.1, maps=maps, masks=torch_masks, masked=masked)
    assert list(found) == [
        *("image_AUROC", "image_AUPR", "image_F1Score", "pixel_AUROC", "pixel_AUPRO")
    ]
    assert found["image_AUROC"].value == auroc(scores, labels)
    assert found["pixel_AUPRO"].value == aupro(maps[known], masks[known])
    assert found["pixel_AUPRO"].value != aupro(maps, masks)
    assert list(evaluate(scores, labels, threshold=0.1, maps=maps)) == list(found)[:3]
    assert list(evaluate(scores, labels, threshold=0.1, masks=torch_masks)) == list(found)[:3]
