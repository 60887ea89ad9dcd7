"""Masks as they lie on the images that are displayed, and what is said of them."""

import numpy as np
import pytest
from PIL import Image

from lamp.data import load_test

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
