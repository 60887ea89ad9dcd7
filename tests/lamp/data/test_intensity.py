"""One black and one white for a set, whatever its bits."""

import numpy as np
import pytest
import torch
from PIL import Image

from lamp.data import load_folder, load_images, load_test
from lamp.data.intensity import Levels, choose_intensity, levels_of, scale


def in_bits(category, bits, *, offset=0, parts=("train", "test")):
    """Write the images of a category anew, in 16-bit files of a camera of so many bits."""
    for part in parts:
        for path in (category / part).rglob("*.png"):
            values = np.asarray(Image.open(path)) / 255 * (2**bits - 1)
            Image.fromarray((values.round() + offset).astype(np.uint16)).save(path)


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_a_set_is_the_same_in_any_bits(category, bits):
    plain = load_folder(category, size=8)
    assert plain.intensity is None
    in_bits(category, bits)
    found = load_folder(category, size=8)
    assert found.intensity == (0, 2**bits - 1)
    tolerance = 1e-6 + (0 if bits == 8 else 0.5 / (2**bits - 1))
    torch.testing.assert_close(found.train.images, plain.train.images, atol=tolerance, rtol=0)
    torch.testing.assert_close(found.test.images, plain.test.images, atol=tolerance, rtol=0)
    (note, *others) = found.notes or ("",)
    assert not others
    assert (f"0 is taken as black and {2**bits - 1} as white" in note) == (bits != 16)


def test_the_range_of_the_training_is_used_for_all_that_is_scored(category):
    in_bits(category, 12)
    folder = load_folder(category, size=16)
    path = category / "test" / "good" / "000.png"
    dark = np.asarray(Image.open(path)) // 8  # alone, it would be taken for 10 bits
    Image.fromarray(dark).save(path)
    alone = load_images([path], size=16)
    assert alone.intensity == (0, 1023)
    given = load_images([path], size=16, intensity=folder.intensity)
    torch.testing.assert_close(given.images, alone.images * 1023 / 4095)
    test = load_test(category, size=16, intensity=folder.intensity)
    assert torch.equal(test.images[:1], given.images)
    again = load_folder(category, size=16, intensity=folder.intensity)
    assert torch.equal(again.train.images, folder.train.images)


def test_what_is_brighter_than_the_training_is_cut_and_said(category):
    in_bits(category, 10, parts=("train",))
    in_bits(category, 16, parts=("test",))
    found = load_folder(category, size=16)
    assert found.intensity == (0, 1023)
    assert found.test.images.max() == 1
    assert found.notes[-1] == (
        "test: 14 images go beyond the black and white of the images to train on (0 to 1023) and "
        "were cut there: are they of the same camera?"
    )


def test_darker_images_than_the_training_are_asked_about(category):
    in_bits(category, 16, parts=("train",))
    in_bits(category, 10, parts=("test",))
    assert (
        load_folder(category, size=16)
        .notes[-1]
        .startswith(
            "test: the numbers fill less than a sixteenth of the range of the images to train on"
        )
    )


def test_temperatures_use_the_range(category):
    for path in (category / "train").rglob("*.png"):
        values = 29_000 + np.asarray(Image.open(path)).astype(np.uint16) * 4
        Image.fromarray(values).save(path)
    train = load_folder(category, size=16).train
    black, white = train.intensity
    assert 28_000 < black < 29_000 < 30_000 < white < 31_000
    assert float(train.images.max() - train.images.min()) > 0.4


def test_files_of_8_bits_beside_others(category):
    plain = load_folder(category, size=16)
    in_bits(category, 12, parts=("test",))
    found = load_folder(category, size=16)
    assert torch.equal(found.train.images, plain.train.images)
    torch.testing.assert_close(found.test.images, plain.test.images, atol=1e-3, rtol=0)
    path = category / "train" / "good" / "000.png"
    Image.fromarray(np.asarray(Image.open(path)).astype(np.uint16) * 16).save(path)
    assert load_folder(category, size=16).notes[0] == (
        "train: 1 of 24 files have more than 8 bits, the others 8"
    )


def test_floating_point_images(category):
    plain = load_folder(category, size=16)
    for part in ("train", "test"):
        for path in (category / part).rglob("*.png"):
            values = np.asarray(Image.open(path)).astype(np.float32) / 255
            Image.fromarray(values).save(path.with_suffix(".tif"))
            path.unlink()
    found = load_folder(category, size=16)
    torch.testing.assert_close(found.train.images, plain.train.images)
    assert found.intensity == (0, 1)
    assert found.notes == ()


def test_broken_pixels_do_not_decide(category):
    in_bits(category, 12)
    path = category / "train" / "good" / "003.png"
    values = np.tile(np.asarray(Image.open(path)), (8, 8))
    values[5, 5] = 65535
    Image.fromarray(values).save(path)
    found = load_folder(category, size=16)
    assert found.intensity == (0, 4095)
    assert float(found.train.images.max()) <= 1


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([Levels(0, 255, False)], (0, 255)),
        ([Levels(0, 256, False)], (0, 1023)),
        ([Levels(3, 900, False), Levels(0, 1024, False)], (0, 4095)),
        ([Levels(0, 4_000_000_000, False)], (0, 2**32 - 1)),
        ([Levels(-1000, 3000, False)], (-3000, 5000)),
        ([Levels(0.0, 1.0, True)], (0, 1)),
        ([Levels(0.0, 250.0, True)], (0, 255)),
        ([Levels(0, 0, False)], (0, 255)),
        ([Levels(7, 7, False)], (0, 255)),
    ],
)
def test_black_and_white(levels, expected):
    assert choose_intensity(levels) == expected


def test_integers_and_floating_point_numbers_are_not_mixed():
    with pytest.raises(ValueError, match="either integers or floating-point numbers, got both"):
        choose_intensity([Levels(0, 1, True), Levels(0, 1, False)])


def test_levels_are_those_of_sorting():
    values = np.random.default_rng(0).integers(0, 60_000, (70, 50)).astype(np.uint16)
    ordered = np.sort(values, axis=None)
    assert levels_of(values) == Levels(float(ordered[3]), float(ordered[-4]), False)


def test_scaling_is_clipped():
    values = np.array([-5, 0, 50, 100, 400], np.float32)
    assert scale(values, (0, 100)).tolist() == [0, 0, 0.5, 1, 1]
