import numpy as np
import pytest
from PIL import Image

from lamp.data.decode import decode, resize, resize_mask, to_channels

RAMP = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20  # height 3, width 4
COLOUR = np.stack([RAMP, 255 - RAMP, RAMP // 2], axis=-1)


def saved(path, image, **how):
    image.save(path, **how)
    return decode(path)


@pytest.mark.parametrize("name", ["a.png", "a.PNG", "a.bmp", "a.tif", "a.TIFF"])
def test_grey_and_colour_come_back_exactly(tmp_path, name):
    grey = saved(tmp_path / name, Image.fromarray(RAMP))
    np.testing.assert_array_equal(grey.pixels, RAMP[None] / np.float32(255))
    assert grey.pixels.dtype == np.float32
    colour = saved(tmp_path / name, Image.fromarray(COLOUR))
    np.testing.assert_array_equal(colour.pixels, COLOUR.transpose(2, 0, 1) / np.float32(255))


@pytest.mark.parametrize("name", ["a.jpg", "a.jpeg", "a.JPG"])
def test_jpeg_comes_back_nearly(tmp_path, name):
    smooth = np.tile(np.arange(0, 255, 8, dtype=np.uint8), (32, 1))
    grey = saved(tmp_path / name, Image.fromarray(smooth), quality=95)
    assert grey.pixels.shape == (1, 32, 32)
    np.testing.assert_allclose(grey.pixels[0], smooth / 255, atol=0.02)


def test_sixteen_bits_keep_their_precision(tmp_path):
    values = np.array([[0, 1, 256, 65535]], np.uint16)
    for name in ("a.png", "a.tif"):
        pixels = saved(tmp_path / name, Image.fromarray(values)).pixels
        np.testing.assert_allclose(pixels, values[None] / 65535, rtol=1e-6)


def test_thirty_two_bits_are_no_sixteen(tmp_path):
    Image.fromarray(np.array([[0, 70000]], np.int32)).save(tmp_path / "a.tif")
    with pytest.raises(ValueError, match=r"a.tif.*values from 0 to 70000 do not fit"):
        decode(tmp_path / "a.tif")


def test_floating_point_images_are_taken_as_they_are_if_in_range(tmp_path):
    Image.fromarray(np.array([[0.25, 1.0]], np.float32)).save(tmp_path / "a.tif")
    assert decode(tmp_path / "a.tif").pixels.tolist() == [[[0.25, 1.0]]]
    Image.fromarray(np.array([[0.25, 200.0]], np.float32)).save(tmp_path / "b.tif")
    with pytest.raises(ValueError, match=r"b.tif.*beyond 0 to 1"):
        decode(tmp_path / "b.tif")


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparent_pixels_are_black(tmp_path, mode):
    image = Image.fromarray(RAMP + 10).convert(mode)
    image.putpixel((1, 0), (200, 0) if mode == "LA" else (200, 200, 200, 0))
    image.putpixel((2, 0), (200, 51) if mode == "LA" else (200, 200, 200, 51))
    found = saved(tmp_path / "a.png", image)
    assert found.transparent
    assert len(found.pixels) == len(mode) - 1
    assert not found.pixels[:, 0, 1].any()
    np.testing.assert_allclose(found.pixels[:, 0, 2], 200 / 255 * 0.2, atol=1e-6)
    np.testing.assert_allclose(found.pixels[:, 0, 0], 10 / 255, atol=1e-6)


def test_an_alpha_channel_that_hides_nothing_changes_nothing(tmp_path):
    found = saved(tmp_path / "a.png", Image.fromarray(COLOUR).convert("RGBA"))
    assert not found.transparent
    np.testing.assert_allclose(found.pixels, COLOUR.transpose(2, 0, 1) / 255, atol=1e-6)


def test_palettes(tmp_path):
    grey = Image.fromarray(RAMP).convert("P")
    assert saved(tmp_path / "a.png", grey).pixels.shape == (1, 3, 4)
    np.testing.assert_allclose(decode(tmp_path / "a.png").pixels[0], RAMP / 255, atol=1e-6)
    colour = Image.new("P", (2, 1))
    colour.putpalette([255, 0, 0, 0, 0, 255])
    colour.putpixel((1, 0), 1)
    found = saved(tmp_path / "b.png", colour)
    assert found.pixels[:, 0].T.tolist() == [[1, 0, 0], [0, 0, 1]]
    colour.info["transparency"] = 1
    colour.save(tmp_path / "c.png", transparency=1)
    assert decode(tmp_path / "c.png").transparent
    assert not decode(tmp_path / "c.png").pixels[:, 0, 1].any()


def test_black_and_white(tmp_path):
    found = saved(tmp_path / "a.png", Image.fromarray(RAMP > 100))
    assert found.pixels.tolist() == [(RAMP > 100).astype(float).tolist()]


def test_cmyk_becomes_rgb(tmp_path):
    red = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    for name in ("a.jpg", "a.tif"):
        pixels = saved(tmp_path / name, red).pixels
        np.testing.assert_allclose(pixels[:, 4, 4], [1, 0, 0], atol=0.03)


def test_the_orientation_of_exif_is_applied(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: to be shown rotated by 90 degrees clockwise
    found = saved(tmp_path / "a.png", Image.fromarray(RAMP), exif=exif)
    np.testing.assert_allclose(found.pixels[0], np.rot90(RAMP, -1) / 255, atol=1e-6)


@pytest.mark.parametrize("content", ["empty", "text", "truncated", "flipped"])
def test_a_damaged_file_is_named(tmp_path, content):
    path = tmp_path / "broken.png"
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    whole = path.read_bytes()
    damaged = bytearray(whole)
    damaged[len(damaged) // 2] ^= 0xFF
    broken = {"empty": b"", "text": b"hello", "truncated": whole[:2000], "flipped": bytes(damaged)}
    path.write_bytes(broken[content])
    with pytest.raises(ValueError, match=r"one whole image in .*broken.png, which cannot be read"):
        decode(path)


def test_a_missing_file_stays_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none.png"):
        decode(tmp_path / "none.png")


def test_several_pages_are_not_one_image(tmp_path):
    page = Image.fromarray(RAMP)
    page.save(tmp_path / "a.tif", save_all=True, append_images=[page, page])
    with pytest.raises(ValueError, match=r"a.tif.*it has 3 pages"):
        decode(tmp_path / "a.tif")


def test_a_bomb_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 8)
    Image.fromarray(RAMP).save(tmp_path / "a.png")
    with pytest.raises(ValueError, match=r"a.png.*decompression bomb"):
        decode(tmp_path / "a.png")


def test_shrinking_averages_instead_of_skipping():
    stripes = np.tile(np.array([0.0, 1.0], np.float32), (1, 64, 32))
    np.testing.assert_allclose(resize(stripes, 8)[0, 2:-2, 2:-2], 0.5, atol=0.02)
    assert resize(stripes, 64) is stripes


def test_resizing_is_in_float_and_stretches():
    ramp = np.linspace(0, 1, 300, dtype=np.float32) * 0.001  # below one step of 8 bits
    image = np.tile(ramp, (2, 40, 1))
    small = resize(image, 10)
    assert small.shape == (2, 10, 10)
    np.testing.assert_allclose(small[:, 5, 1:-1], np.tile(ramp[15::30][1:-1], (2, 1)), rtol=0.02)


def test_colour_and_grey():
    rgb = np.array([1.0, 0.5, 0.25], np.float32).reshape(3, 1, 1)
    assert to_channels(rgb, 1).item() == pytest.approx(0.299 + 0.587 * 0.5 + 0.114 * 0.25)
    assert to_channels(rgb[:1], 3).ravel().tolist() == [1, 1, 1]
    assert to_channels(rgb, 3) is rgb


def test_masks_keep_half_covered_pixels_and_small_defects():
    mask = np.zeros((8, 8), bool)
    mask[:4, :2] = True  # at 2 x 2: half of the upper left pixel
    mask[4:, 4:6] = True
    mask[4, 4] = False  # and a little less than half of the lower right one
    assert resize_mask(mask, 2).tolist() == [[True, False], [False, False]]
    tiny = np.zeros((64, 64), bool)
    tiny[40, 40] = True
    assert np.argwhere(resize_mask(tiny, 4)).tolist() == [[2, 2]]
    assert not resize_mask(np.zeros((8, 8), bool), 4).any()
    assert resize_mask(mask, 8) is mask
