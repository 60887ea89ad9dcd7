import numpy as np
import pytest

from lamp.data.pixels import resize, resize_mask, to_channels


def test_shrinking_averages_instead_of_skipping():
    stripes = np.tile(np.array([0.0, 1.0], np.float32), (1, 64, 32))
    np.testing.assert_allclose(resize(stripes, 8)[0, 2:-2, 2:-2], 0.5, atol=0.02)
    assert resize(stripes, 64) is stripes


def test_resizing_is_in_float_and_stretches():
    ramp = np.linspace(0, 1, 300, dtype=np.float32) * 0.001  # below one step of 8 bits
    image = np.tile(ramp, (2, 40, 1))
    small = resize(image, 10)
    assert small.shape == (2, 10, 10)
    np.testing.assert_allclose(small[:, 5, 1:-1], np.tile(ramp[15::30][1:-1], (2, 1)), rtol=0.02)


def test_colour_and_grey():
    rgb = np.array([1.0, 0.5, 0.25], np.float32).reshape(3, 1, 1)
    assert to_channels(rgb, 1).item() == pytest.approx(0.299 + 0.587 * 0.5 + 0.114 * 0.25)
    assert to_channels(rgb[:1], 3).ravel().tolist() == [1, 1, 1]
    assert to_channels(rgb, 3) is rgb


def test_masks_keep_half_covered_pixels_and_small_defects():
    mask = np.zeros((8, 8), bool)
    mask[:4, :2] = True  # at 2 x 2: half of the upper left pixel
    mask[4:, 4:6] = True
    mask[4, 4] = False  # and a little less than half of the lower right one
    assert resize_mask(mask, 2).tolist() == [[True, False], [False, False]]
    tiny = np.zeros((64, 64), bool)
    tiny[40, 40] = True
    assert np.argwhere(resize_mask(tiny, 4)).tolist() == [[2, 2]]
    assert not resize_mask(np.zeros((8, 8), bool), 4).any()
    assert resize_mask(mask, 8) is mask
