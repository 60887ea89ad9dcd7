"""Which mask belongs to which image, by the names that people give them."""

import shutil

import pytest
from PIL import Image

from lamp.data.layout import find_layout


@pytest.mark.parametrize(
    "name",
    [
        *("002.png", "002_mask.PNG", "002_MASK.png", "002_gt.png", "mask_002.png", "002-mask.png"),
        *("002.png_mask.png", "002_mask_1.png", "002_ground_truth.bmp", "002_label.png"),
    ],
)
def test_masks_by_other_names(category, name):
    mask = category / "ground_truth" / "spot" / "002_mask.png"
    mask = mask.rename(mask.with_name(name))
    assert find_layout(category).masks[category / "test" / "spot" / "002.png"] == (mask,)


def test_images_and_masks_that_say_what_they_are(category):
    image = category / "test" / "spot" / "002.png"
    image = image.rename(image.with_name("002_image.png"))
    masks = find_layout(category).masks
    assert masks[image] == (category / "ground_truth" / "spot" / "002_mask.png",)


def test_a_name_that_ends_like_that_of_a_mask(category):
    image = category / "test" / "spot" / "002.png"
    image = image.rename(image.with_name("002_mask.png"))
    masks = find_layout(category).masks
    assert masks[image] == (category / "ground_truth" / "spot" / "002_mask.png",)


def test_accents_written_in_two_ways(category):
    image = category / "test" / "spot" / "002.png"
    image = image.rename(image.with_name("Gro\u0308sse.png"))
    mask = category / "ground_truth" / "spot" / "002_mask.png"
    mask = mask.rename(mask.with_name("gr\u00f6sse_mask.png"))
    assert find_layout(category).masks[image] == (mask,)


def test_the_same_name_in_capitals_is_another_image(category):
    spots, masks = category / "test" / "spot", category / "ground_truth" / "spot"
    shutil.copy(spots / "001.png", spots / "a.png")
    shutil.copy(spots / "002.png", spots / "A.png")
    shutil.copy(masks / "001_mask.png", masks / "a_mask.png")
    shutil.copy(masks / "002_mask.png", masks / "A_mask.png")
    found = find_layout(category).masks
    assert found[spots / "a.png"] == (masks / "a_mask.png",)
    assert found[spots / "A.png"] == (masks / "A_mask.png",)


def test_several_masks_of_an_image(category):
    masks = category / "ground_truth" / "spot"
    second = shutil.copy(masks / "001_mask.png", masks / "002_mask_2.png")
    inner = masks / "003"  # a folder of masks for one image, as in MVTec LOCO
    inner.mkdir()
    (masks / "003_mask.png").rename(inner / "000.png")
    shutil.copy(masks / "001_mask.png", inner / "001.png")
    found = find_layout(category)
    spots = category / "test" / "spot"
    assert found.masks[spots / "002.png"] == (masks / "002_mask.png", second)
    assert found.masks[spots / "003.png"] == (inner / "000.png", inner / "001.png")
    assert found.notes == ()


def test_masks_of_all_defects_in_one_folder(category):
    masks = category / "ground_truth"
    for kind in ("hole", "spot"):
        for path in (masks / kind).iterdir():
            path.rename(masks / f"{kind}{path.name}")
        (masks / kind).rmdir()
        for path in (category / "test" / kind).iterdir():
            path.rename(path.with_name(f"{kind}{path.name}"))
    (masks / "003_mask.png").write_bytes((masks / "hole003_mask.png").read_bytes())  # of test/good
    found = find_layout(category)
    spot = category / "test" / "spot" / "spot001.png"
    assert found.masks[spot] == (masks / "spot001_mask.png",)
    assert len(found.masks) == 8
    assert found.notes == ()


def test_masks_beside_their_images(category):
    for kind in ("hole", "spot"):
        for path in (category / "ground_truth" / kind).iterdir():
            path.rename(category / "test" / kind / path.name)
    shutil.rmtree(category / "ground_truth")
    found = find_layout(category)
    assert [len(paths) for paths in found.test.values()] == [6, 4, 4]
    assert len(found.masks) == 8
    assert found.notes[0].endswith(
        "hole: 4 files named like masks of images beside them "
        "(000_mask.png, 001_mask.png, 002_mask.png and 1 more) are taken as such"
    )


@pytest.mark.parametrize("name", ["train/good", "train", "good"])
def test_masks_beside_images_are_not_trained_on(category, name):
    folder = category / name
    if name != "train/good":
        shutil.move(category / "train" / "good", category / "images")
        shutil.rmtree(category / "train")
        shutil.move(category / "images", folder)
    Image.new("L", (16, 16)).save(folder / "003_mask.png")
    found = find_layout(category if name.startswith("train") else folder)
    assert len(found.train) == 24
    assert (
        f"{folder}: 1 file named like masks of images beside them (003_mask.png) are taken as such"
        in found.notes
    )


@pytest.mark.parametrize("images", [".", "rgb"])
@pytest.mark.parametrize("masks", ["masks", "gt"])
def test_masks_in_a_folder_inside_that_of_their_images(category, images, masks):
    spot = category / "test" / "spot"
    for path in [*spot.iterdir()]:
        (spot / images).mkdir(exist_ok=True)
        path.rename(spot / images / path.name)
    shutil.move(category / "ground_truth" / "spot", spot / masks)
    found = find_layout(category)
    assert found.test["spot"] == tuple(sorted((spot / images).glob("*.png")))
    assert found.masks[spot / images / "002.png"] == (spot / masks / "002_mask.png",)
    assert len(found.masks) == 8
    assert f"{spot / masks}: taken for masks of the images in spot" in found.notes


def test_folders_of_masks_in_other_cases_and_of_normal_images(category):
    masks = category / "ground_truth"
    (masks / "spot").rename(masks / "Spot")
    (masks / "OK").mkdir()
    Image.new("L", (16, 16)).save(masks / "OK" / "000_mask.png")
    found = find_layout(category)
    assert len(found.masks) == 8
    assert found.notes == ()


def test_masks_one_level_deeper_as_their_images(category):
    for part, suffix in (("test", ""), ("ground_truth", "_mask")):
        for number in range(4):
            folder = category / part / "spot"
            inner = folder / f"camera{number % 2}"
            inner.mkdir(exist_ok=True)
            name = f"00{number}{suffix}.png"
            (folder / name).rename(inner / f"00{number // 2}{suffix}.png")
    found = find_layout(category)
    assert len(found.masks) == 8
    for camera in ("camera0", "camera1"):
        image = category / "test" / "spot" / camera / "001.png"
        mask = category / "ground_truth" / "spot" / camera / "001_mask.png"
        assert found.masks[image] == (mask,)
