"""What the values of a mask mean, how masks lie on images, and what is said of them."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from lamp.data import load_test
from lamp.data.masks import read_mask

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


HOLE = ("test/hole/000.png", "ground_truth/hole/000_mask.png")


@pytest.fixture
def hole(category):
    """An image that is not square with a mark in one corner; its two files."""
    image, mask = (category / name for name in HOLE)
    pixels = np.full((16, 24), 100, np.uint8)
    pixels[:4, :6] = 255
    Image.fromarray(pixels).save(image)
    Image.fromarray((pixels > 200).astype(np.uint8) * 255).save(mask)
    return image, mask


def turned(path, orientation, pixels=None):
    """Write an image again, with an orientation."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.open(path) if pixels is None else Image.fromarray(pixels)
    image.load()
    image.save(path, exif=exif)


def test_several_levels_are_said(category):
    for number, values in enumerate(((1, 3), (64, 255))):
        path = category / "ground_truth" / "spot" / f"00{number}_mask.png"
        mask = np.asarray(Image.open(path)) > 0
        mask = mask * np.where(np.arange(16) % 2, *values)
        Image.fromarray(mask.astype(np.uint8)).save(path)
    test = load_test(category, size=16)
    assert test.masks.sum((1, 2)).tolist() == [0] * 6 + [16] * 8
    assert test.notes == (
        "test: 2 masks with several levels, all above 0 are marked (such as spot/000_mask.png)",
    )


def test_marks_of_most_of_an_image_are_asked_about(category):
    for path in (category / "ground_truth" / "spot").iterdir():
        Image.fromarray(255 - np.asarray(Image.open(path))).save(path)
    (note,) = load_test(category, size=16).notes
    assert note == (
        "test: 4 masks marking more than half of an image (94% in spot/000_mask.png): if defects "
        "are black there, invert them"
    )


def test_several_masks_mark_together(category):
    spots = category / "ground_truth" / "spot"
    second = np.zeros((16, 16), np.uint8)
    second[15, :] = 240
    Image.fromarray(second).save(spots / "001_mask_2.png")
    test = load_test(category, size=16)
    assert test.masks[11].sum() == 32
    assert test.masks[11, 15].all()


@pytest.mark.parametrize("orientation", [6, 8, 5, 7])
@pytest.mark.parametrize("drawn", ["before", "after"])
def test_the_mask_of_a_turned_image_lies_on_it(hole, category, orientation, drawn):
    image, mask = hole
    if drawn == "after":  # in a program that turned the image
        with Image.open(mask) as old:
            exif = Image.Exif()
            exif[0x0112] = orientation
            old.load()
        turned(mask, orientation)
        upright = np.asarray(old)
        swapped = upright.T
        if orientation in (6, 7):
            swapped = swapped[:, ::-1]
        if orientation in (7, 8):
            swapped = swapped[::-1]
        Image.fromarray(np.ascontiguousarray(swapped)).save(mask)
    turned(image, orientation)
    test = load_test(category, size=48)
    assert test.masked[6]
    assert test.masks[6].any()
    inside = test.images[6, 0][test.masks[6]].mean()
    assert inside > 0.9
    assert test.images[6, 0][~test.masks[6]].mean() < 0.45
    assert any("turned as EXIF turns" in note for note in test.notes) == (drawn == "before")


@pytest.mark.parametrize("orientation", [3, 6])
def test_how_the_mask_of_a_turned_square_lies_is_unknown(category, orientation):
    turned(category / HOLE[0], orientation)
    test = load_test(category, size=16)
    assert not test.masked[6]
    assert not test.masks[6].any()
    (note,) = test.notes
    assert note.startswith(
        "test: 1 mask of images that EXIF turns (such as hole/000_mask.png), and wh"
    )
    turned(category / HOLE[1], orientation)  # a mask that is turned itself is clear
    test = load_test(category, size=16)
    assert test.masked[6]
    assert not test.images[6, 0][test.masks[6]].any()
    assert test.notes == ()


def test_a_smaller_mask_of_the_same_proportions(hole, category):
    _, mask = hole
    Image.open(mask).resize((12, 8), Image.Resampling.NEAREST).save(mask)
    test = load_test(category, size=48)
    assert test.images[6, 0][test.masks[6]].mean() > 0.9
    assert (
        "1 mask of another size than the image (such as hole/000_mask.png), but of its"
        in (test.notes[-1])
    )


def test_a_damaged_mask_leaves_the_image(category):
    (category / HOLE[1]).write_bytes(b"")
    test = load_test(category, size=16)
    assert len(test.images) == 14
    assert (~test.masked).nonzero().flatten().tolist() == [6]
    (note,) = test.notes
    assert note.startswith(
        "test: 1 mask that cannot be read, left out of the metrics of pixels: exp"
    )
    assert "000_mask.png" in note
