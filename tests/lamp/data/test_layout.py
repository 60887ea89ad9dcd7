"""Folders and masks by the names that people give them."""

import shutil

import pytest
from PIL import Image

from lamp.data.layout import find_layout, has_normal, is_category


def counts(layout):
    return {kind: len(paths) for kind, paths in layout.test.items()}


COUNT = "(of the folders in it, those that count are train, test and ground_truth)"
EXPECTED = {"good": 6, "hole": 4, "spot": 4}


@pytest.mark.parametrize(
    "name", ["Good", "OK", "normal", "no_defect", "Defect-Free", "ok_front", "good1", "Negative"]
)
def test_normal_images_by_another_name(category, name):
    (category / "test" / "good").rename(category / "test" / name)
    (category / "train" / "good").rename(category / "train" / name)
    found = find_layout(category)
    assert counts(found) == EXPECTED
    assert len(found.train) == 24
    assert found.notes == (
        f"{category / 'train' / name}: taken as normal, as good",
        f"{category / 'test' / name}: taken as normal, as good",
    )


def test_normal_images_under_two_names(category):
    shutil.copytree(category / "test" / "good", category / "test" / "OK")
    found = find_layout(category)
    assert counts(found) == EXPECTED | {"good": 12}
    assert found.notes == (f"{category / 'test' / 'OK'}: taken as normal, as good",)


def test_a_name_that_sounds_normal_beside_good_is_asked_about(category):
    shutil.copytree(category / "test" / "spot", category / "test" / "good_edge")
    found = find_layout(category)
    assert counts(found) == EXPECTED | {"good_edge": 4}
    assert f"{category / 'test'}: good_edge counts as anomalous, beside good" in found.notes


def test_no_normal_test_images_is_asked_about(category):
    (category / "test" / "good").rename(category / "test" / "reference")
    notes = find_layout(category).notes
    assert notes[0].endswith(
        "test: no folder is called good, so that all images count as anomalous "
        "(hole, reference, spot): rename the one of normal images"
    )
    shutil.rmtree(category / "test" / "reference")
    (category / "test" / "hole").rename(category / "test" / "bad")
    (category / "ground_truth" / "hole").rename(category / "ground_truth" / "bad")
    shutil.rmtree(category / "test" / "spot")
    shutil.rmtree(category / "ground_truth" / "spot")
    assert find_layout(category).notes == ()


@pytest.mark.parametrize(
    ("part", "name"),
    [
        *(("train", "Train"), ("train", "Training Set"), ("test", "TEST"), ("test", "test_images")),
        *(("ground_truth", "Ground_Truth"), ("ground_truth", "ground truth")),
        *(("ground_truth", "masks"), ("ground_truth", "GT")),
    ],
)
def test_parts_by_other_names(category, part, name):
    before = find_layout(category)
    (category / part).rename(category / name)
    found = find_layout(category)
    assert counts(found) == EXPECTED
    assert len(found.train) == 24
    assert len(found.masks) == len(before.masks) == 8
    assert found.notes == (f"{category / name}: taken for the folder {part}",)
    assert is_category(category)
    assert has_normal(category)


def test_other_folders_are_named(category):
    for name in ("validation", "extra", ".cache"):
        (category / name).mkdir()
    shutil.copytree(category / "test" / "hole", category / "train" / "hole")
    found = find_layout(category)
    assert found.notes == (
        f"{category}: not read: extra, validation {COUNT}",
        f"{category / 'train'}: not trained on: hole",
    )
    assert len(found.train) == 24


def test_two_folders_of_masks(category):
    shutil.copytree(category / "ground_truth", category / "masks")
    found = find_layout(category)
    assert len(found.masks) == 8
    assert found.notes[0].startswith(f"{category}: not read: masks (of")


def test_images_to_train_on_directly_in_train(category):
    for path in (category / "train" / "good").iterdir():
        path.rename(category / "train" / path.name)
    (category / "train" / "good").rmdir()
    found = find_layout(category)
    assert len(found.train) == 24
    assert found.notes == (
        f"{category / 'train'}: its images are taken as normal; there is no folder good in it",
    )


def test_the_only_folder_to_train_on(category):
    folder = (category / "train" / "good").rename(category / "train" / "blue")
    found = find_layout(category)
    assert len(found.train) == 24
    assert found.notes == (f"{folder}: taken as normal, as good",)
    folder = folder.rename(category / "train" / "bad")
    with pytest.raises(FileNotFoundError, match=r"train/good, got no such folder but bad; rename"):
        find_layout(category)
    folder = folder.rename(category / "train" / "blue")
    shutil.copytree(folder, category / "train" / "red")
    with pytest.raises(FileNotFoundError, match=r"got no such folder but blue, red; rename the"):
        find_layout(category)


def test_a_plain_folder_of_images_to_train_on(category):
    folder = category / "train" / "good"
    found = find_layout(folder)
    assert len(found.train) == 24
    assert found.test == {}
    assert found.notes == (f"{folder}: no folder train: all its images are taken as normal",)
    assert not is_category(folder)
    (category / "train" / "bad").mkdir()
    above = find_layout(category / "train")
    assert above.train == found.train
    assert above.notes == (
        f"{category / 'train'}: no folder train: the images in good are taken as normal",
        f"{category / 'train'}: not read: bad",
    )


def test_a_plain_folder_of_folders(category):
    folder = category / "train" / "good"
    for place, path in enumerate(sorted(folder.iterdir())):
        inner = folder / f"camera{place % 2}"
        inner.mkdir(exist_ok=True)
        path.rename(inner / path.name)
    assert len(find_layout(folder).train) == 24
    found = find_layout(category)
    assert len(found.train) == 24
    assert found.notes == (f"{folder}: 24 images taken from the folders in it: camera0, camera1",)


def test_folders_of_defects_alone_are_not_trained_on(category):
    (category / "test" / "hole").rename(category / "test" / "bad")
    shutil.rmtree(category / "test" / "good")
    with pytest.raises(FileNotFoundError, match=r"no such folder but bad, spot: rename the one of"):
        find_layout(category / "test")


def test_images_beside_the_folders_are_named(category):
    for part, kind in (("train", "good"), ("test", "spot")):
        shutil.copy(category / part / kind / "001.png", category / part / "a.png")
    found = find_layout(category)
    assert counts(found) == EXPECTED
    assert [note.split(": ", 1)[1] for note in found.notes] == [
        "not read: 1 image in no folder that says what they are (a.png)"
    ] * 2


def test_deeper_folders_beside_images_are_passed_over_and_named(category):
    shutil.copytree(category / "test" / "hole", category / "test" / "spot" / "old")
    found = find_layout(category)
    assert counts(found) == EXPECTED
    assert found.notes == (
        f"{category / 'test' / 'spot'}: passed over the folders in it: old (4 images)",
    )


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
    assert counts(found) == EXPECTED
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
