"""One photograph, in memory or in a file, is the same image for a detector."""

import numpy as np
import pytest
import torch
from PIL import Image

from lamp.data import ImageSet, load_images
from lamp.detection.inputs import as_images

PIXELS = (np.arange(48).reshape(4, 4, 3) * 5).astype(np.uint8)
EXPECTED = PIXELS.transpose(2, 0, 1) / np.float32(255)


@pytest.mark.parametrize(
    "photograph",
    [
        PIXELS,
        PIXELS.astype(np.uint16) * 257,
        EXPECTED,
        EXPECTED.astype(np.float64),
        PIXELS[None],
        torch.from_numpy(EXPECTED),
        torch.from_numpy(EXPECTED)[None],
        torch.from_numpy(PIXELS),
    ],
    ids=["uint8", "uint16", "float32", "float64", "batch", "tensor", "tensors", "bytes"],
)
def test_arrays(photograph):
    found = as_images(photograph, size=4, channels=3)
    np.testing.assert_allclose(found.images, EXPECTED[None], rtol=1e-6)
    assert [str(path) for path in found.paths] == ["0"]


def test_files_and_folders(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(PIXELS).save(path)
    for photographs in (path, str(path), [path], tmp_path):
        found = as_images(photographs, size=4, channels=3)
        np.testing.assert_allclose(found.images, EXPECTED[None], rtol=1e-6)
        assert found.paths == (path,)


def test_a_tensor_of_few_bits():
    found = as_images(torch.full((4, 4), 0.5, dtype=torch.bfloat16), size=4, channels=1)
    assert (found.images == 0.5).all()


def test_what_is_passed_over_in_a_folder_is_noted(tmp_path):
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(FileNotFoundError, match=r"got none \(there are: 1 .txt\): give files"):
        as_images(tmp_path, size=4, channels=3)
    Image.fromarray(PIXELS).save(tmp_path / "a.png")
    (note, *_) = as_images(tmp_path, size=4, channels=3).notes
    assert "passed over a.txt" in note


def test_size_and_channels_are_those_of_the_detector(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(PIXELS).save(path)
    expected = load_images([path], size=2, channels=1).images
    torch.testing.assert_close(as_images(PIXELS, size=2, channels=1).images, expected)
    grey = np.full((5, 7), 51, np.uint8)
    assert as_images([grey, grey.T], size=4, channels=3).images.shape == (2, 3, 4, 4)
    loaded = ImageSet(paths=(path,), images=expected)
    assert as_images(loaded, size=2, channels=1) is loaded
    with pytest.raises(ValueError, match=r"shape \(3, 2, 2\), as this detector .* size=2, chan"):
        as_images(loaded, size=2, channels=3)


@pytest.mark.parametrize(
    ("photograph", "message"),
    [
        (np.zeros(4), r"got shape \(4,\)"),
        (np.zeros((4, 4, 4)), r"got shape \(4, 4, 4\)"),
        (np.zeros((0, 1, 4, 4)), r"got shape \(0, 1, 4, 4\)"),
        (np.full((4, 4), 200.0), r"floats in \[0, 1\], got 200 to 200: scale them"),
        (np.full((4, 4), np.nan), r"floats in \[0, 1\], got nan"),
        (np.zeros((4, 4), np.int32), "8 or 16 bits, got int32"),
        ([], "at least one image, got none"),
        (Image.new("L", (4, 4)), "files, folders, arrays or tensors, got Image: `numpy.asarray`"),
        ([PIXELS, None], "arrays or tensors, got NoneType, ndarray"),
    ],
)
def test_what_is_no_photograph(photograph, message):
    with pytest.raises(ValueError, match=message):
        as_images(photograph, size=4, channels=1)
