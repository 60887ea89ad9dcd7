import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from lamp.detection import aupro, find_regions, pixel_auroc, pixel_intervals
from lamp.detection.intervals import proportion_limits
from lamp.detection.pixels import area

GRID = np.linspace(0.001, 0.999, 200)


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


def test_whole_numbers_and_yes_or_no_are_scores_too():
    maps, masks = np.array([[[0, 1], [2, 3]]]), np.array([[[0, 0], [1, 1]]])
    for kind in (np.uint8, np.int16, np.float32):
        assert pixel_auroc(maps.astype(kind), masks) == 1.0
        assert aupro(maps.astype(kind), masks) == 1.0
    assert pixel_auroc(masks.astype(bool), masks) == 1.0


@given(st.integers(0, 1000), st.floats(0.01, 1.0))
def test_area_is_the_integral_of_the_polyline(seed, limit):
    rng = np.random.default_rng(seed)
    x = np.append(np.sort(rng.random(6)), 1.0)
    y = np.sort(rng.random(7))
    fine = np.linspace(0, limit, 200_001)
    heights = np.interp(fine, [0, *x], [0, *y])
    expected = np.trapezoid(heights, fine) / limit
    np.testing.assert_allclose(area(x, y, limit), expected, atol=1e-6)


def test_rows_are_curves_of_their_own():
    x = np.array([[0.5, 1.0], [0.2, 1.0]])
    y = np.array([[1.0, 1.0], [0.0, 1.0]])
    np.testing.assert_allclose(area(x, y), [area(x[0], y[0]), area(x[1], y[1])])


def test_a_vertical_step_has_no_area():
    assert area(np.array([0.0, 0.0, 1.0]), np.array([0.3, 0.6, 0.6])).item() == 0.6


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


def test_the_variance_of_metrics_of_pixels_is_that_of_leaving_out_images():
    maps, masks = blobs(0, images=20)
    labels = masks.any((1, 2)).astype(int)
    found = pixel_intervals(find_regions(maps, masks), labels)
    for name, metric in {"pixel_AUROC": pixel_auroc, "pixel_AUPRO": aupro}.items():
        value = metric(maps, masks)
        left_out = np.array(
            [metric(np.delete(maps, i, axis=0), np.delete(masks, i, axis=0)) for i in range(20)]
        )
        variance = sum(0.9 * 10 * left_out[labels == k].var() for k in (0, 1))
        share = (4 * 0.5 / 10 + 10 * variance / (value * (1 - value))) / (4 + 10)
        expected = proportion_limits(value, GRID, lambda a, share=share: share * a * (1 - a))
        assert (found[name].low, found[name].high) == pytest.approx(expected, abs=2e-3)
        assert found[name].value == value


def test_few_images_with_defects_have_no_interval_of_pixels():
    maps, masks = blobs(0, images=8)
    found = pixel_intervals(find_regions(maps, masks), masks.any((1, 2)).astype(int))
    assert found["pixel_AUROC"].value == pixel_auroc(maps, masks)
    assert all(math.isnan(each.low) and math.isnan(each.high) for each in found.values())


def test_perfect_heat_maps_are_not_certainty():
    masks = blobs(0)[1]
    found = pixel_intervals(find_regions(masks.astype(float), masks), masks.any((1, 2)))
    assert all(each.high == 1 and each.low < 0.9 for each in found.values())


def test_heat_maps_that_are_all_wrong_have_an_interval_too():
    masks = blobs(0)[1]
    found = pixel_intervals(find_regions(-masks.astype(float), masks), masks.any((1, 2)))
    assert found["pixel_AUROC"].value == found["pixel_AUROC"].low == 0
    assert 0.05 < found["pixel_AUROC"].high < 0.5


def test_one_label_an_image():
    with pytest.raises(ValueError, match=r"expected 10 labels, got shape \(9,\)"):
        pixel_intervals(find_regions(*blobs(0)), np.zeros(9))


@pytest.mark.parametrize("corner", [False, True])
def test_normal_pixels_of_one_image_alone_tell_nothing_of_others(corner):
    masks = np.ones((7, 6, 6), bool)
    masks[0] = False
    masks[0, 0, 0] = corner
    maps = np.random.default_rng(0).random(masks.shape)
    found = pixel_intervals(find_regions(maps, masks), masks.any((1, 2)).astype(int))
    assert found["pixel_AUROC"].value == pixel_auroc(maps, masks)
    assert all(math.isnan(each.low) and math.isnan(each.high) for each in found.values())
