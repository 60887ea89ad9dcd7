import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from lamp.data import NORMAL, images_in, load_folder, load_images, load_test


def repaint(path, mode, size=None):
    with Image.open(path) as image:
        changed = image.convert(mode)
    changed.resize(size or changed.size).save(path)


def test_a_category_in_mvtec_layout(category):
    found = load_folder(category, size=16)
    assert found.name == "tiles"
    assert found.train.images.shape == (24, 1, 16, 16)
    assert found.train.images.dtype == torch.float32
    assert found.train.kinds is None
    test = found.test
    assert test.kinds == ("good",) * 6 + ("hole",) * 4 + ("spot",) * 4
    assert test.labels.tolist() == [0] * 6 + [1] * 8
    assert test.labels.dtype == torch.int64
    assert test.masks.sum((1, 2)).tolist() == [0] * 6 + [16] * 8
    assert test.masked.all()
    assert found.notes == ()
    for path, image, mask, kind in zip(
        test.paths, test.images, test.masks, test.kinds, strict=True
    ):
        assert path.parent == category / "test" / kind
        pixels = np.asarray(Image.open(path)) / 255
        np.testing.assert_allclose(image[0], pixels, atol=1e-6)
        if kind != NORMAL:
            truth = category / "ground_truth" / kind / f"{path.stem}_mask.png"
            assert torch.equal(mask, torch.from_numpy(np.asarray(Image.open(truth)) > 0))


def test_images_come_in_the_order_of_their_names(category):
    paths = load_folder(category, size=16).train.paths
    assert [path.name for path in paths] == [f"{number:03}.png" for number in range(24)]


def test_formats_may_be_mixed(category):
    path = category / "test" / "hole" / "000.png"
    with Image.open(path) as image:
        image.save(path.with_suffix(".BMP"))
    path.unlink()
    found = load_folder(category, size=16)
    assert found.test.paths[6].name == "000.BMP"
    assert found.test.masks[6].sum() == 16


def test_without_masks(category):
    shutil.rmtree(category / "ground_truth")
    test = load_folder(category, size=16).test
    assert test.masks is None
    assert test.masked is None


def test_without_test_images(category):
    plain = load_folder(category / "train" / "good", size=16)
    shutil.rmtree(category / "test")
    shutil.rmtree(category / "ground_truth")
    found = load_folder(category, size=16)
    assert torch.equal(plain.train.images, found.train.images)
    assert found.test is plain.test is None
    assert (found.name, plain.name) == ("tiles", "good")


def test_images_of_mixed_sizes_are_resized_and_that_is_said(category):
    repaint(category / "train" / "good" / "003.png", "L", (40, 20))
    found = load_folder(category, size=16)
    assert found.train.images.shape == (24, 1, 16, 16)
    assert found.notes == (
        "train: images of 2 sizes, most often 16x16; all were resized to 16x16",
        "train: 1 of 24 images are not square and were stretched",
    )


def test_masks_are_resized_with_their_images(category):
    test = load_folder(category, size=8).test
    assert test.masks.shape == (14, 8, 8)
    assert all(4 <= int(count) <= 9 for count in test.masks[6:].sum((1, 2)))


def test_transparent_images_are_composited_and_that_is_said(category):
    path = category / "train" / "good" / "003.png"
    image = Image.open(path).convert("LA")
    image.putalpha(0)
    image.save(path)
    found = load_folder(category, size=16)
    assert not found.train.images[3].any()
    assert "train: 1 images are transparent (such as 003.png) and were composited on black" in (
        found.notes
    )


def test_files_that_are_no_images_are_noted_and_hidden_ones_are_not(category):
    folder = category / "test" / "spot"
    for name in ("notes.txt", "Thumbs.db", ".DS_Store"):
        (folder / name).write_text("x")
    (folder / "more").mkdir()
    (note,) = load_folder(category, size=16).notes
    assert note == (
        f"{folder}: passed over Thumbs.db, notes.txt, no .png/.jpg/.jpeg/.bmp/.tif/.tiff/.pgm/"
        ".ppm/.webp/.jp2/.j2k"
    )


def test_grey_and_colour_are_not_mixed_unless_asked_for(category):
    for number in (3, 4):
        repaint(category / "train" / "good" / f"{number:03}.png", "RGB")
    message = r"got 22 grey and 2 in colour in .*good \(such as 003.png, in colour\): convert all"
    with pytest.raises(ValueError, match=message):
        load_folder(category, size=16)
    grey = load_folder(category, size=16, channels=1)
    assert grey.train.images.shape == (24, 1, 16, 16)
    colour = load_folder(category, size=16, channels=3)
    assert colour.train.images.shape == (24, 3, 16, 16)
    torch.testing.assert_close(colour.train.images.mean(1), grey.train.images[:, 0])


def test_test_images_are_like_those_to_train_on(category):
    for path in (category / "train" / "good").iterdir():
        repaint(path, "RGB")
    with pytest.raises(
        ValueError, match=r"have 3 channels, got 1 in .*000.png: .* \(--channels 3\)"
    ):
        load_folder(category, size=16)


def test_a_damaged_image_to_train_on_is_named(category):
    (category / "train" / "good" / "002.png").write_bytes(b"no image")
    with pytest.raises(ValueError, match=r"train/good/002.png, which cannot be read"):
        load_folder(category, size=16)


def test_files_to_score_that_cannot_be_read_are_listed_and_the_others_are_read(category):
    whole = load_test(category, size=16)
    folder = category / "test" / "spot"
    (folder / "001.png").write_bytes(b"no image")
    (folder / "003.png").unlink()
    (folder / "003.png").symlink_to("gone.png")
    for test in (load_test(category, size=16), load_folder(category, size=16).test):
        assert [one.path.name for one in test.unreadable] == ["001.png", "003.png"]
        assert [one.kind for one in test.unreadable] == ["spot", "spot"]
        assert "which cannot be read (no image" in test.unreadable[0].cause
        assert "a link to gone.png, which does not exist" in test.unreadable[1].cause
        kept = [index for index, path in enumerate(whole.paths) if path in test.paths]
        assert len(kept) == len(whole.paths) - 2
        assert torch.equal(test.images, whole.images[kept])
        assert torch.equal(test.masks, whole.masks[kept])
        assert test.kinds == tuple(whole.kinds[index] for index in kept)
        assert any(n.startswith("test: 2 of 14 files cannot be read; expected") for n in test.notes)
    loose = load_images(sorted(folder.iterdir()), size=16)
    assert [one.kind for one in loose.unreadable] == [None, None]
    assert len(loose.images) == 2
    with pytest.raises(ValueError, match=r"none of 1 images can be read; expected one whole"):
        load_images([folder / "001.png"], size=16)


def test_a_mask_without_image(category):
    (category / "test" / "spot" / "002.png").unlink()
    message = r"spot/002_mask.png has no image: expected .*test/spot/002\.\*"
    with pytest.raises(ValueError, match=message):
        load_folder(category, size=16)


def test_a_folder_of_masks_without_images(category):
    shutil.rmtree(category / "test" / "spot")
    with pytest.raises(ValueError, match=r"spot/000_mask.png has no image"):
        load_folder(category, size=16)


def test_one_mask_for_two_images(category):
    path = category / "test" / "spot" / "002.png"
    shutil.copy(path, path.with_suffix(".bmp"))
    with pytest.raises(ValueError, match=r"one image for one mask, got spot/002.bmp, spot/002.png"):
        load_folder(category, size=16)


def test_an_image_without_mask_where_others_have_one(category):
    (category / "ground_truth" / "spot" / "002_mask.png").unlink()
    found = load_folder(category, size=16)
    assert found.notes == (
        "1 of 4 images of 'spot' have no mask (002.png): left out of the metrics of pixels",
    )
    assert (~found.test.masked).nonzero().flatten().tolist() == [12]


def test_an_empty_mask(category):
    path = category / "ground_truth" / "spot" / "002_mask.png"
    Image.fromarray(np.zeros((16, 16), np.uint8)).save(path)
    found = load_folder(category, size=16)
    (note,) = found.notes
    assert note.startswith(
        "test: 1 mask of anomalous images marking no pixel (such as spot/002_mask"
    )
    assert (~found.test.masked).nonzero().flatten().tolist() == [12]


def test_a_mask_of_another_size(category):
    repaint(category / "ground_truth" / "spot" / "002_mask.png", "L", (8, 16))
    message = r"expected mask .*002_mask.png as large as its image, 16x16, got 8x16"
    with pytest.raises(ValueError, match=message):
        load_folder(category, size=16)


@pytest.mark.parametrize("part", ["train/good", "test/spot"])
def test_an_empty_folder(category, part):
    shutil.rmtree(category / "ground_truth")
    for path in (category / part).iterdir():
        path.unlink()
    with pytest.raises(FileNotFoundError, match=rf"expected images .* in .*{part}, got none"):
        load_folder(category, size=16)


def test_no_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no folder .*nowhere"):
        load_folder(tmp_path / "nowhere", size=16)


def test_the_folder_of_categories(category):
    message = r"holds the categories tiles: give one of them, such as .*tiles"
    with pytest.raises(FileNotFoundError, match=message):
        load_folder(category.parent, size=16)


def test_a_folder_of_another_layout(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"normal images in .*train/good, got no such"):
        load_folder(tmp_path, size=16)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size": 0}, "a size of at least 1 pixel, got 0"),
        ({"size": 16, "channels": 2}, r"1 \(grey\) or 3 \(colour\), got 2"),
    ],
)
def test_settings_out_of_range(category, settings, message):
    with pytest.raises(ValueError, match=message):
        load_folder(category, **settings)


def test_progress_counts_all_images(category):
    calls = []
    load_folder(category, size=16, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(number, 38) for number in range(1, 39)]


def test_files_of_which_nothing_is_known(category):
    notes = []
    paths = images_in(category / "test" / "spot", notes)
    found = load_images(paths, size=16)
    assert found.images.shape == (4, 1, 16, 16)
    assert found.labels is None
    assert notes == []
    with pytest.raises(ValueError, match="at least one image, got none"):
        load_images([], size=16)


def test_the_test_images_alone(category):
    whole = load_folder(category, size=16).test
    shutil.rmtree(category / "train")
    (category / "test" / "hole" / "notes.txt").write_text("x")
    alone = load_test(category, size=16)
    assert torch.equal(alone.images, whole.images)
    assert torch.equal(alone.masks, whole.masks)
    assert alone.kinds == whole.kinds
    assert ["notes.txt" in note for note in alone.notes] == [True]
    shutil.rmtree(category / "ground_truth")
    shutil.rmtree(category / "test")
    with pytest.raises(FileNotFoundError, match=r"expected test images in .*test/<kind>, got no"):
        load_test(category, size=16)


def test_copies_of_images_are_said(category):
    good = category / "train" / "good"
    with Image.open(good / "001.png") as image:
        image.save(good / "901.bmp")  # by another name, in another format
    shutil.copy(good / "002.png", category / "test" / "good" / "902.png")
    within, across = load_folder(category, size=16).notes
    assert within.startswith(
        "train: 1 of 25 images are copies of others (such as good/901.bmp, a copy of good/001.png):"
    )
    assert across.startswith(
        "test: 1 of 15 images are among those to train on (such as good/902.png, a copy of good/002"
    )
