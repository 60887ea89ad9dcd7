"""What the values of a mask mean: two squares of two defects, written in many ways."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from lamp.data.mask import read_mask

SIDE = 48
CLASSES = np.zeros((SIDE, SIDE), np.uint8)
CLASSES[5:15, 5:15] = 1
CLASSES[30:40, 30:40] = 3
MARKED = CLASSES > 0


def levels(first, second, background=0, dtype=np.uint8):
    """A mask whose two defects have two values."""
    values = np.select([CLASSES == 1, CLASSES == 3], [first, second], background)
    return Image.fromarray(values.astype(dtype))


def colours(first, second, background=(0, 0, 0)):
    pixels = np.empty((SIDE, SIDE, len(background)), np.uint8)
    pixels[...] = background
    pixels[CLASSES == 1] = first
    pixels[CLASSES == 3] = second
    return Image.fromarray(pixels)


def palette(background):
    image = Image.fromarray(CLASSES).convert("P")
    image = Image.frombytes("P", (SIDE, SIDE), CLASSES.tobytes())
    image.putpalette([*background, 128, 0, 0, 0, 128, 0, 128, 128, 0])
    return image


def numbered():
    """Twenty-five defects, counted through."""
    values = np.zeros((SIDE, SIDE), np.uint8)
    for number in range(25):
        row, column = divmod(number, 5)
        values[9 * row + 2 : 9 * row + 4, 9 * column + 2 : 9 * column + 4] = number + 1
    return values


CASES = {
    "0 and 255": (levels(255, 255), "two levels"),
    "0 and 1": (levels(1, 1), "two levels"),
    "one bit": (levels(255, 255).convert("1"), "two levels"),
    "labels 1 and 3": (levels(1, 3), "labels"),
    "labels 1 and 2": (levels(1, 2), "labels"),
    "severities 64 and 255": (levels(64, 255), "labels"),
    "240 and 254": (levels(240, 254), "labels"),
    "16 bits": (levels(65535, 65535, dtype=np.uint16), "two levels"),
    "labels in 16 bits": (levels(1, 3, dtype=np.uint16), "labels"),
    "labels and -1": (levels(1, 3, -1, dtype=np.int32), "labels"),
    "palette": (palette((0, 0, 0)), "two levels"),
    "palette without black": (palette((68, 1, 84)), "background"),
    "red and blue": (colours((255, 0, 0), (0, 0, 255)), "two levels"),
    "red on green": (colours((255, 0, 0), (255, 0, 0), (0, 255, 0)), "background"),
    "white on transparent": (
        colours((255,) * 4, (255,) * 4, (0, 0, 0, 0)),
        "two levels",
    ),
    "alpha of white": (
        colours((255,) * 4, (255,) * 4, (255, 255, 255, 0)),
        "two levels",
    ),
    "alpha of black": (colours((0, 0, 0, 255), (0, 0, 0, 255), (0, 0, 0, 0)), "two levels"),
    "faint overlay": (colours((255, 0, 0, 90), (255, 0, 0, 90), (0, 0, 0, 0)), "two levels"),
    "everything transparent": (
        colours((255, 255, 255, 0), (255, 255, 255, 0), (0, 0, 0, 0)),
        "two levels",
    ),
    "1 and 2 without 0": (levels(2, 2, 1), "background"),
    "grey on white": (levels(128, 128, 255), "background"),
}


@pytest.mark.parametrize("case", CASES)
def test_values_of_a_mask(tmp_path, case):
    image, rule = CASES[case]
    path = tmp_path / ("a.tif" if image.mode == "I" else "a.png")
    image.save(path)
    found = read_mask(path)
    assert found.rule == rule
    np.testing.assert_array_equal(found.marked, MARKED)


def test_jpeg_is_marked_above_half_of_its_range(tmp_path):
    levels(255, 255).save(tmp_path / "a.jpg", quality=60)
    found = read_mask(tmp_path / "a.jpg")
    assert found.rule == "half"
    np.testing.assert_array_equal(found.marked, MARKED)


def test_soft_edges_are_marked_above_half(tmp_path):
    levels(255, 255).filter(ImageFilter.GaussianBlur(3)).save(tmp_path / "a.png")
    found = read_mask(tmp_path / "a.png")
    assert found.rule == "half"
    assert found.marked.sum() == pytest.approx(MARKED.sum(), rel=0.15)


def test_defects_that_are_counted_through(tmp_path):
    values = numbered()
    Image.fromarray(values).save(tmp_path / "a.png")
    found = read_mask(tmp_path / "a.png")
    assert found.rule == "labels"
    np.testing.assert_array_equal(found.marked, values > 0)


def test_empty_and_full_masks(tmp_path):
    for value in (0, 1, 255):
        Image.new("L", (5, 4), value).save(tmp_path / "a.png")
        found = read_mask(tmp_path / "a.png")
        assert found.rule == "two levels"
        assert found.marked.all() == found.marked.any() == (value > 0)
    assert found.marked.shape == (4, 5)
