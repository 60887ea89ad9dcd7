"""Folders by the names that people give them."""

import shutil

import pytest

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


def test_a_folder_of_masks_is_no_kind_of_images(category):
    before = find_layout(category)
    (category / "ground_truth").rename(category / "test" / "masks")
    (category / "train" / "masks").mkdir()
    shutil.copy(category / "test" / "masks" / "spot" / "000_mask.png", category / "train" / "masks")
    for path in (category / "train" / "good").iterdir():
        path.rename(category / "train" / path.name)
    (category / "train" / "good").rmdir()
    found = find_layout(category)
    assert counts(found) == EXPECTED
    assert {path.name for path in found.train} == {path.name for path in before.train}
    assert {path: file.name for path, (file,) in found.masks.items()} == {
        path: file.name for path, (file,) in before.masks.items()
    }
    assert f"{category / 'test' / 'masks'}: taken for the folder ground_truth" in found.notes
    plain = find_layout(category / "train")
    assert plain.train == found.train


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


def test_the_only_folder_to_train_on_says_what_is_normal(category):
    folder = (category / "train" / "good").rename(category / "train" / "blue")
    tested = (category / "test" / "good").rename(category / "test" / "blue")
    found = find_layout(category)
    assert (len(found.train), counts(found)) == (24, EXPECTED)
    assert found.notes == tuple(f"{path}: taken as normal, as good" for path in (folder, tested))
    assert counts(find_layout(category, train=False)) == EXPECTED
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
