import itertools
import os
import struct
import zlib
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from lamp.data.decode import decode, turn

RAMP = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20  # height 3, width 4
COLOUR = np.stack([RAMP, 255 - RAMP, RAMP // 2], axis=-1)


def saved(path, image, **how):
    return image.save(path, **how) or decode(path)


@pytest.mark.parametrize("name", ["a.png", "a.PNG", "a.bmp", "a.tif", "a.TIFF"])
def test_grey_and_colour_come_back_exactly(tmp_path, name):
    grey = saved(tmp_path / name, Image.fromarray(RAMP))
    np.testing.assert_array_equal(grey.pixels, RAMP[None])
    assert grey.pixels.dtype == np.uint8
    assert not grey.wide
    colour = saved(tmp_path / name, Image.fromarray(COLOUR))
    np.testing.assert_array_equal(colour.pixels, COLOUR.transpose(2, 0, 1))


@pytest.mark.parametrize("name", ["a.jpg", "a.jpeg", "a.JPG"])
def test_jpeg_comes_back_nearly(tmp_path, name):
    smooth = np.tile(np.arange(0, 255, 8, dtype=np.uint8), (32, 1))
    grey = saved(tmp_path / name, Image.fromarray(smooth), quality=95)
    assert grey.pixels.shape == (1, 32, 32)
    np.testing.assert_allclose(grey.pixels[0], smooth, atol=5)
    assert grey.lossy


def test_sixteen_bits_keep_their_precision(tmp_path):
    values = np.array([[0, 1, 256, 65535]], np.uint16)
    for name in ("a.png", "a.tif", "a.pgm"):
        found = saved(tmp_path / name, Image.fromarray(values))
        assert found.pixels.tolist() == values[None].tolist()
        assert found.wide


def test_sixteen_bits_of_a_ppm(tmp_path):
    values = COLOUR.astype(np.uint16) * 16 + 7
    plain = " ".join(map(str, values.ravel())).encode()
    for kind, numbers in ((b"P6", values.astype(">u2").tobytes()), (b"P3", plain)):
        (tmp_path / "a.ppm").write_bytes(kind + b" 4 3 4095\n" + numbers)
        np.testing.assert_array_equal(decode(tmp_path / "a.ppm").pixels, values.transpose(2, 0, 1))


def test_floating_point_numbers_stay_as_they_are(tmp_path):
    values = np.array([[0.25, 200.0]], np.float32)
    assert saved(tmp_path / "a.tif", Image.fromarray(values)).pixels.tolist() == [[[0.25, 200.0]]]
    Image.fromarray(np.array([[0.25, np.nan]], np.float32)).save(tmp_path / "b.tif")
    with pytest.raises(ValueError, match=r"b.tif.*some of its numbers are NaN"):
        decode(tmp_path / "b.tif")


def raw_png(path, size, bits, rows, *, kind, clear=b""):
    """Write a PNG of any bits, row by row as packed bytes; Pillow does not write them all."""

    def chunk(name, data):
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    parts = [chunk(b"IHDR", struct.pack(">IIBBBBB", *size, bits, kind, 0, 0, 0))]
    parts += [chunk(b"tRNS", clear)] if clear else []
    parts += [chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows)))]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join([*parts, chunk(b"IEND", b"")]))


def deep_png(path, values, *, clear=b""):
    """Write a PNG of 16 bits with 1 to 4 channels."""
    height, width, channels = values.shape
    rows = [row.astype(">u2").tobytes() for row in values]
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    raw_png(path, (width, height), 16, rows, kind=kind, clear=clear)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_sixteen_bits_of_colour_and_of_alpha(tmp_path, channels):
    values = np.random.default_rng(0).integers(0, 4096, (5, 7, channels)).astype(np.uint16)
    if channels in (2, 4):
        values[..., -1] = 65535
        values[0, 0, -1] = 0
    deep_png(tmp_path / "a.png", values)
    found = decode(tmp_path / "a.png")
    colours = {1: 1, 2: 1, 3: 3, 4: 3}[channels]
    np.testing.assert_array_equal(found.pixels, values[..., :colours].transpose(2, 0, 1))
    assert (found.alpha is None) == (channels in (1, 3))
    if found.alpha is not None:
        assert found.alpha[0, 0] == 0
        assert (found.alpha.ravel()[1:] == 1).all()


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency(tmp_path, mode):
    image = Image.fromarray(RAMP + 10).convert(mode)
    image.putpixel((1, 0), (200, 0) if mode == "LA" else (200, 200, 200, 0))
    image.putpixel((2, 0), (200, 51) if mode == "LA" else (200, 200, 200, 51))
    found = saved(tmp_path / "a.png", image)
    assert len(found.pixels) == len(mode) - 1
    np.testing.assert_allclose(found.alpha[0], [1, 0, 0.2, 1])
    assert found.pixels[:, 0].T.tolist()[2] == [200] * len(found.pixels)


@pytest.mark.parametrize(
    ("bits", "row", "clear", "expected"),
    [
        (1, [0b01100000], 1, [0, 255, 255, 0]),
        (2, [0b00011011], 2, [0, 85, 170, 255]),
        (4, [0x0A, 0xF3], 10, [0, 170, 255, 51]),
        (8, [0, 7, 200, 255], 200, [0, 7, 200, 255]),
        (16, [1, 44, 1, 45, 0, 44, 255, 255], 300, [300, 301, 44, 65535]),
    ],
)
def test_the_transparent_grey_is_compared_in_the_numbers_of_the_file(
    tmp_path, bits, row, clear, expected
):
    path = tmp_path / "a.png"
    raw_png(path, (4, 1), bits, [bytes(row)], kind=0, clear=struct.pack(">H", clear))
    found = decode(path)
    assert found.pixels.tolist() == [[expected]]
    scaled = clear * 255 // (2**bits - 1) if bits <= 8 else clear
    assert found.alpha.tolist() == [[float(value != scaled) for value in expected]]


@pytest.mark.parametrize("deep", [False, True])
def test_the_transparent_colour_is_compared_in_the_numbers_of_the_file(tmp_path, deep):
    clear = np.array([300, 301, 302] if deep else [30, 31, 32])
    values = np.stack([clear, clear + 1, clear[::-1]])[None].astype(np.uint16)
    if deep:
        deep_png(tmp_path / "a.png", values, clear=struct.pack(">3H", *clear))
        found = decode(tmp_path / "a.png")
    else:
        image = Image.fromarray(values.astype(np.uint8))
        found = saved(tmp_path / "a.png", image, transparency=tuple(clear.tolist()))
    np.testing.assert_array_equal(found.pixels, values.transpose(2, 0, 1))
    assert found.alpha.tolist() == [[0, 1, 1]]


def test_an_alpha_channel_that_hides_nothing_changes_nothing(tmp_path):
    found = saved(tmp_path / "a.png", Image.fromarray(COLOUR).convert("RGBA"))
    assert found.alpha is None
    np.testing.assert_array_equal(found.pixels, COLOUR.transpose(2, 0, 1))


def test_palettes(tmp_path):
    grey = Image.fromarray(RAMP).convert("P")
    assert saved(tmp_path / "a.png", grey).pixels.shape == (1, 3, 4)
    np.testing.assert_array_equal(decode(tmp_path / "a.png").pixels[0], RAMP)
    colour = Image.new("P", (2, 1))
    colour.putpalette([255, 0, 0, 0, 0, 255])
    colour.putpixel((1, 0), 1)
    found = saved(tmp_path / "b.png", colour)
    assert found.pixels[:, 0].T.tolist() == [[255, 0, 0], [0, 0, 255]]
    colour.info["transparency"] = 1
    colour.save(tmp_path / "c.png", transparency=1)
    assert decode(tmp_path / "c.png").alpha.tolist() == [[1, 0]]


def test_black_and_white(tmp_path):
    found = saved(tmp_path / "a.png", Image.fromarray(RAMP > 100))
    assert found.pixels.tolist() == [((RAMP > 100) * 255).tolist()]


def test_cmyk_becomes_rgb(tmp_path):
    red = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    for name in ("a.jpg", "a.tif"):
        pixels = saved(tmp_path / name, red).pixels
        np.testing.assert_allclose(pixels[:, 4, 4], [255, 0, 0], atol=8)


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        (1, RAMP),
        (2, np.fliplr(RAMP)),
        (3, np.rot90(RAMP, 2)),
        (4, np.flipud(RAMP)),
        (5, RAMP.T),
        (6, np.rot90(RAMP, -1)),  # the camera was turned: to be shown rotated clockwise
        (7, np.rot90(RAMP, 2).T),
        (8, np.rot90(RAMP)),
    ],
)
def test_turning_is_that_of_exif(tmp_path, orientation, expected):
    exif = Image.Exif()
    exif[0x0112] = orientation
    for name, factor in itertools.product(("a.png", "a.tif"), (np.uint8(1), np.uint16(257))):
        found = saved(tmp_path / name, Image.fromarray(RAMP * factor), exif=exif)
        np.testing.assert_array_equal(found.pixels[0], expected * factor)
        assert found.orientation == orientation
    np.testing.assert_array_equal(turn(RAMP, orientation), expected)


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


def test_a_missing_file_stays_missing_and_a_pipe_is_not_waited_for(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"a.png"):
        decode(tmp_path / "a.png")
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(ValueError, match=r"a.png, which cannot be read \(it is no file\)"):
        decode(tmp_path / "a.png")


def test_several_pages_are_not_one_image(tmp_path):
    page = Image.fromarray(RAMP)
    page.save(tmp_path / "a.tif", save_all=True, append_images=[page, page])
    with pytest.raises(ValueError, match=r"a.tif.*it has 3 pages"):
        decode(tmp_path / "a.tif")


def test_an_image_too_large_for_the_memory(tmp_path, monkeypatch):
    Image.fromarray(RAMP).save(tmp_path / "a.png")
    memory = SimpleNamespace(available=4 * 12 * 12 - 1)
    monkeypatch.setattr("psutil.virtual_memory", lambda: memory)
    with pytest.raises(ValueError, match=r"a.png.*its 4 x 3 pixels need .* GiB of memory, more"):
        decode(tmp_path / "a.png")


def test_a_large_image_is_read_and_pillows_own_limit_is_put_back(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 5)
    Image.fromarray(RAMP).save(tmp_path / "a.png")
    assert decode(tmp_path / "a.png").pixels.shape == (1, 3, 4)
    assert Image.MAX_IMAGE_PIXELS == 5


@pytest.mark.parametrize(("name", "tolerance"), [("a.webp", 12), ("a.jp2", 0), ("a.pgm", 0)])
def test_other_formats(tmp_path, name, tolerance):
    smooth = np.tile(np.arange(0, 256, 8, dtype=np.uint8), (32, 1))
    found = saved(tmp_path / name, Image.fromarray(smooth))
    np.testing.assert_allclose(found.pixels[0].astype(int), smooth, atol=tolerance)


@pytest.mark.parametrize("kind", ["EPS", "GIF", "DDS", "PDF"])
def test_other_formats_under_the_name_of_a_png_are_not_opened(tmp_path, kind):
    if kind == "DDS":
        (tmp_path / "a.png").write_bytes(b"DDS " + bytes(200))
    else:
        Image.fromarray(COLOUR).save(tmp_path / "a.png", format=kind)
    with pytest.raises(ValueError, match=r"a.png.*no image, or a damaged one, or none of PNG/JPEG"):
        decode(tmp_path / "a.png")


def test_whatever_a_reader_raises_names_the_file(tmp_path, monkeypatch):
    Image.fromarray(RAMP).save(tmp_path / "a.png")
    for error in (TypeError("odd"), NotImplementedError(), RecursionError("deep"), MemoryError()):

        def fail(*args, error=error, **kwargs):
            raise error

        monkeypatch.setattr(Image, "open", fail)
        with pytest.raises(
            ValueError, match=r"one whole image in .*a.png, which cannot be read \(\w"
        ):
            decode(tmp_path / "a.png")


def test_damaged_tiffs_are_named_and_their_library_is_silent(tmp_path, capfd):
    noise = np.random.default_rng(0).integers(0, 256, (32, 32), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.tif", compression="tiff_lzw")
    whole = (tmp_path / "a.tif").read_bytes()
    generator = np.random.default_rng(0)
    causes = []
    for _ in range(150):
        damaged = bytearray(whole)
        for place in generator.integers(0, len(whole), 4):
            damaged[place] = generator.integers(256)
        (tmp_path / "a.tif").write_bytes(damaged)
        try:
            decode(tmp_path / "a.tif")
        except ValueError as error:
            causes.append(str(error))
    assert len(causes) > 20
    assert all("a.tif" in cause for cause in causes)
    assert capfd.readouterr() == ("", "")


def test_a_link_to_nowhere_says_so(tmp_path):
    (tmp_path / "a.png").symlink_to(tmp_path / "gone.png")
    with pytest.raises(ValueError, match=r"a.png.*a link to .*gone.png, which does not exist"):
        decode(tmp_path / "a.png")
