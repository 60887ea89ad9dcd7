import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from lamp.cli.found import find_images

HOW = {"size": 16, "channels": 1}


def test_a_category_is_found_by_other_names(category):
    plain = find_images([category], normal=True, **HOW)
    (category / "train").rename(category / "Train")
    (category / "test").rename(category / "Test")
    found = find_images([category], normal=True, **HOW)
    assert torch.equal(found.images.images, plain.images.images)
    assert torch.equal(found.normal, plain.normal)
    assert found.names[0] == "Test/good/000.png"


def test_images_one_level_deeper(category):
    found = find_images([category / "test"], normal=False, **HOW)
    assert len(found.images.images) == 14
    assert found.names[:2] == ["good/000.png", "good/001.png"]
    assert found.images.notes[0].endswith(
        "14 images taken from the folders in it: good, hole, spot"
    )


def test_masks_beside_images_are_not_scored(category):
    folder = category / "test" / "spot"
    shutil.copy(category / "ground_truth" / "spot" / "001_mask.png", folder)
    found = find_images([folder], normal=False, **HOW)
    assert found.names == ["000.png", "001.png", "002.png", "003.png"]
    assert "1 file named like masks of images beside them (001_mask.png)" in found.images.notes[0]


def test_unreadable_files_are_listed_beside_the_others(category):
    path = category / "test" / "spot" / "001.png"
    path.write_bytes(b"")
    found = find_images([category], normal=True, **HOW)
    assert len(found.names) == 13
    (one,) = found.images.unreadable
    assert found.name_of(one.path) == "test/spot/001.png"
    assert one.kind == "spot"
    assert "it is empty" in one.cause
    files = find_images([path, path.with_name("002.png")], normal=False, **HOW)
    assert [one.path for one in files.images.unreadable] == [path]


def test_damaged_images_to_train_on_do_not_stop_scoring(category):
    (category / "train" / "good" / "003.png").write_bytes(b"")
    found = find_images([category], normal=True, **HOW)
    assert found.normal is None
    assert len(found.names) == 14
    assert found.images.notes[0].startswith("no baselines, which learn from the images to train")
    assert "003.png" in found.images.notes[0]


def test_the_intensity_of_the_detector_is_used(tmp_path):
    Image.fromarray(np.full((16, 16), 1023, np.uint16)).save(tmp_path / "a.png")
    found = find_images([tmp_path], normal=False, intensity=(0, 4095), **HOW)
    assert found.images.images.unique().tolist() == pytest.approx([1023 / 4095])


def test_what_is_there_is_said_where_no_image_is(tmp_path):
    (tmp_path / "a.dcm").write_text("x")
    (tmp_path / "b.dcm").write_text("x")
    with pytest.raises(FileNotFoundError, match=r"got none \(there are: 2 .dcm\): give files"):
        find_images([tmp_path], normal=False, **HOW)


def test_names_that_are_no_utf_8(category):
    folder = category / "test" / "spot"
    try:
        (folder / "\udcff.png").touch()
    except OSError:
        pytest.skip("this file system takes only UTF-8")
    shutil.copy(folder / "001.png", folder / "\udcff.png")
    found = find_images([category], normal=False, **HOW)
    assert "test/spot/\udcff.png" in found.names
