"""TIFF files that Pillow does not write or read: written here by hand."""

import struct
import zlib

import numpy as np
import pytest

from lamp.data.decode import decode

FORMATS = {"u": 1, "i": 2, "f": 3}


def tiff(values, *, order="<", compression=1, planar=1, photometric=None, strips=2):
    """Build the bytes of a TIFF file of values (H, W) or (H, W, C)."""
    height, width = values.shape[:2]
    samples = values.shape[2] if values.ndim == 3 else 1
    values = values.reshape(height, width, samples).astype(values.dtype.newbyteorder(order))
    planes = [values] if planar == 1 else [values[..., i] for i in range(samples)]
    rows = -(-height // strips)
    parts = [plane[i : i + rows].tobytes() for plane in planes for i in range(0, height, rows)]
    parts = [zlib.compress(part) if compression == 8 else part for part in parts]
    offsets = 8 + np.cumsum([0, *map(len, parts)])
    photometric = photometric if photometric is not None else (2 if samples == 3 else 1)
    tags = {256: [width], 257: [height], 258: [values.dtype.itemsize * 8] * samples}
    tags |= {259: [compression], 262: [photometric], 273: offsets[:-1].tolist(), 277: [samples]}
    tags |= {278: [rows], 279: [len(part) for part in parts], 284: [planar]}
    if samples > 3:
        tags |= {338: [0] * (samples - (3 if photometric == 2 else 1))}
    tags |= {339: [FORMATS[values.dtype.kind]] * samples}
    start = int(offsets[-1])
    later = start + 2 + 12 * len(tags) + 4
    entries, tail = b"", b""
    for tag, numbers in tags.items():
        data = struct.pack(f"{order}{len(numbers)}I", *numbers)
        place = data
        if len(data) > 4:
            place = struct.pack(f"{order}I", later + len(tail))
            tail += data
        entries += struct.pack(f"{order}HHI", tag, 4, len(numbers)) + place
    magic = struct.pack(f"{order}2sHI", b"II" if order == "<" else b"MM", 42, start)
    directory = struct.pack(f"{order}H", len(tags)) + entries + struct.pack(f"{order}I", 0)
    return magic + b"".join(parts) + directory + tail


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("compression", [1, 8])
@pytest.mark.parametrize(
    "dtype", [np.float64, np.float32, np.float16, np.uint32, np.int32, np.int16, np.int8, np.uint16]
)
def test_numbers_come_back_exactly(tmp_path, dtype, order, compression):
    values = np.random.default_rng(0).normal(0, 50, (5, 7))
    values[0, 0] = 100
    if np.dtype(dtype).kind == "u":
        values = abs(values)
        values[0, 1] = np.iinfo(dtype).max
    values = values.astype(dtype)
    path = tmp_path / "a.tif"
    path.write_bytes(tiff(values, order=order, compression=compression))
    found = decode(path)
    assert found.wide
    np.testing.assert_array_equal(found.pixels[0].astype(dtype), values)
    assert found.pixels.min() == values.min()


@pytest.mark.parametrize("planar", [1, 2])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint16, np.uint8])
def test_colour(tmp_path, dtype, planar):
    values = np.random.default_rng(0).uniform(0, 250, (5, 7, 3)).astype(dtype)
    path = tmp_path / "a.tif"
    path.write_bytes(tiff(values, planar=planar))
    np.testing.assert_array_equal(decode(path).pixels, values.transpose(2, 0, 1))


@pytest.mark.parametrize(("channels", "photometric"), [(2, 1), (4, 1), (5, 2), (8, 1), (8, 2)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_other_numbers_of_channels_are_said(tmp_path, channels, photometric, dtype):
    path = tmp_path / "a.tif"
    path.write_bytes(tiff(np.ones((5, 7, channels), dtype), photometric=photometric))
    message = rf"a.tif.*it has {channels} channels, and images are grey \(1\) or in colour \(3\)"
    with pytest.raises(ValueError, match=message):
        decode(path)


def test_what_is_not_read_is_said(tmp_path):
    path = tmp_path / "a.tif"
    values = np.ones((5, 7))
    path.write_bytes(tiff(values, compression=5))
    with pytest.raises(ValueError, match=r"a TIFF of 64-bit floating-point numbers in a form that"):
        decode(path)
    path.write_bytes(tiff(values)[:100] + tiff(values)[200:])
    with pytest.raises(ValueError, match=r"a.tif, which cannot be read"):
        decode(path)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint32, np.uint64, np.float32])
@pytest.mark.parametrize("order", ["<", ">"])
def test_zero_is_white_where_the_file_says_so(tmp_path, dtype, order):
    values = np.arange(35).reshape(5, 7).astype(dtype)
    path = tmp_path / "a.tif"
    path.write_bytes(tiff(values, order=order, photometric=0))
    # TIFF 6.0 says it of integers without sign; floating-point numbers have no white of their own.
    expected = values if dtype == np.float32 else np.iinfo(dtype).max - values
    np.testing.assert_array_equal(decode(path).pixels[0], expected)


def test_big_endian_files_of_64_bit_offsets_are_said(tmp_path):
    (tmp_path / "a.tif").write_bytes(b"MM\0+\0\x08\0\0" + bytes(16))
    with pytest.raises(ValueError, match=r"a.tif.*64-bit offsets in big-endian order: save it in"):
        decode(tmp_path / "a.tif")


def test_several_pages_are_said(tmp_path):
    whole = tiff(np.ones((5, 7)))
    end = whole.index(struct.pack("<HHI", 339, 4, 1)) + 12
    (tmp_path / "a.tif").write_bytes(whole[:end] + struct.pack("<I", 8) + whole[end + 4 :])
    with pytest.raises(ValueError, match=r"a.tif.*it has several pages"):
        decode(tmp_path / "a.tif")


def test_hostile_sizes_are_refused_before_memory_is_taken(tmp_path):
    whole = tiff(np.ones((5, 7)))
    place = whole.rindex(struct.pack("<HHI", 256, 4, 1)) + 8
    path = tmp_path / "a.tif"
    path.write_bytes(whole[:place] + struct.pack("<I", 2**31) + whole[place + 4 :])
    with pytest.raises(ValueError, match=r"a.tif.*(GiB of memory|bytes announced)"):
        decode(path)
