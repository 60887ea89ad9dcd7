from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from lamp.detection import aupro, find_regions, pixel_auroc


def components(mask):
    """8-connected regions by flooding, one pixel after another."""
    todo = set(zip(*np.nonzero(mask), strict=True))
    regions = []
    while todo:
        front, region = [todo.pop()], []
        while front:
            y, x = front.pop()
            region.append((y, x))
            near = {(y + i, x + j) for i in (-1, 0, 1) for j in (-1, 0, 1)} & todo
            todo -= near
            front += near
        regions.append(region)
    return regions


def slow_aupro(maps, masks, limit):
    """The definition: at every threshold, overlap of every region, then trapezoids."""
    regions = [(n, region) for n, mask in enumerate(masks) for region in components(mask)]
    points = [(0.0, 0.0)]
    for threshold in sorted(set(maps.ravel().tolist()), reverse=True):
        above = maps >= threshold
        overlaps = [np.mean([above[n][pixel] for pixel in region]) for n, region in regions]
        points.append((float(above[~masks].mean()), float(np.mean(overlaps))))
    total = 0.0
    for (x0, y0), (x1, y1) in pairwise(points):
        if x0 >= limit or x1 == x0:
            continue
        end = min(x1, limit)
        middle = y0 + (y1 - y0) * (end - x0) / (x1 - x0) / 2
        total += (end - x0) * middle
    return total / limit


@given(st.integers(0, 10_000), st.integers(2, 40), st.sampled_from([0.05, 0.3, 1.0]))
@settings(max_examples=40, deadline=None)
def test_metrics_of_pixels_match_their_definitions(seed, levels, limit):
    rng = np.random.default_rng(seed)
    masks = rng.random((3, 7, 8)) < 0.2
    masks[0, 0, 0], masks[1, 1, 1] = True, False
    maps = rng.integers(0, levels, masks.shape).astype(np.float32)  # with many ties
    assert aupro(maps, masks, limit=limit) == pytest.approx(slow_aupro(maps, masks, limit))
    expected = roc_auc_score(masks.ravel(), maps.ravel())
    assert pixel_auroc(maps, masks) == pytest.approx(expected)


def test_every_region_weighs_alike():
    masks = np.zeros((1, 20, 20), bool)
    masks[0, :10, :10] = True  # 100 pixels, found
    masks[0, 15, 15] = True  # one pixel, missed
    maps = np.where(masks, 1.0, 0.5)
    maps[0, 15, 15] = 0.0
    # Up to the limit only the large region is above any threshold.
    assert aupro(maps, masks, limit=0.3) == pytest.approx(0.5)
    assert pixel_auroc(maps, masks) == pytest.approx(100 / 101)


def test_regions_hang_together_over_corners():
    mask = np.eye(4, dtype=bool)[None]
    assert find_regions(np.zeros((1, 4, 4)), mask).counts.tolist() == [1]
    mask = np.array([[[1, 0, 1], [0, 0, 0], [1, 1, 0]]])
    assert find_regions(np.zeros((1, 3, 3)), mask).counts.tolist() == [3]


def test_perfect_chance_and_reversed():
    masks = np.zeros((2, 50, 50), bool)
    masks[1, 10:30, 10:30] = True
    assert aupro(masks.astype(float), masks) == pytest.approx(1.0)
    assert aupro(-masks.astype(float), masks) == pytest.approx(0.0)
    assert aupro(np.zeros(masks.shape), masks) == pytest.approx(0.15)  # limit / 2
    assert pixel_auroc(np.zeros(masks.shape), masks) == pytest.approx(0.5)


@pytest.mark.parametrize("metric", [pixel_auroc, aupro])
@pytest.mark.parametrize(
    ("maps", "masks", "message"),
    [
        (np.zeros((1, 2, 2)), np.zeros((1, 2, 2)), "got only normal ones: without both"),
        (np.zeros((1, 2, 2)), np.ones((1, 2, 2)), "got only defective ones"),
        (np.zeros((1, 2, 2)), np.ones((1, 2, 3)), r"\(1, 2, 2\) and \(1, 2, 3\)"),
        (np.zeros((2, 2)), np.eye(2), r"one shape \(N, H, W\)"),
        (np.full((1, 2, 2), np.nan), np.eye(2)[None], "NaN or infinities"),
    ],
)
def test_what_has_no_metric_of_pixels(metric, maps, masks, message):
    with pytest.raises(ValueError, match=message):
        metric(maps, masks)


@pytest.mark.parametrize("limit", [0, -0.1, 1.1])
def test_limits_out_of_range(limit):
    with pytest.raises(ValueError, match=rf"limit in \(0, 1\], got {limit}"):
        aupro(np.eye(2)[None], np.eye(2)[None], limit=limit)
