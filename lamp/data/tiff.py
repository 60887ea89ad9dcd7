"""TIFF files that Pillow misreads or does not know: 64 bits, halves, float colour, many channels.

The format: TIFF Revision 6.0 (Adobe, 1992), section 2 and 8.
"""

import math
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from lamp.data.formats import check_memory

_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # those with + have 64-bit offsets
_KINDS = {1: "u", 2: "i", 3: "f"}  # tag SampleFormat
_WORDS = {"u": "unsigned", "i": "signed", "f": "floating-point", "": "complex"}
_NONE, _DEFLATE = (1,), (8, 32946)  # tag Compression
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_OFFSETS, _ORIENTATION, _SAMPLES, _COUNTS, _PLANAR = 273, 274, 277, 279, 284
_RGB, _ALPHA = 2, (1, 2)  # tags PhotometricInterpretation and ExtraSamples
_PREDICTOR, _TILES, _EXTRA, _FORMAT = 317, 322, 338, 339


@dataclass(frozen=True)
class Tiff:
    """What the header of a TIFF file says.

    Args:
        tags: Number of the tag to its value.
        order: `<` or `>`.
        more: Whether other pages follow.
    """

    tags: dict[int, Any]
    order: str
    more: bool

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return int(self.tags[_HEIGHT]), int(self.tags[_WIDTH])

    @property
    def samples(self) -> int:
        """Numbers a pixel."""
        return int(self.tags.get(_SAMPLES, 1))

    @property
    def bits(self) -> int:
        """Bits of each number."""
        return max(_many(self.tags.get(_BITS, 1)))

    @property
    def kind(self) -> str:
        """`u`, `i` or `f`, as numpy writes it; empty if it is another."""
        return _KINDS.get(_many(self.tags.get(_FORMAT, 1))[0], "")

    @property
    def darkest(self) -> int | None:
        """The number that is black, where 0 is white and nobody has turned that round yet."""
        negative = self.tags.get(_PHOTOMETRIC) == 0 and self.kind == "u" and self.bits > 8
        return 2**self.bits - 1 if negative else None

    @property
    def orientation(self) -> int:
        """As in EXIF, 1 to 8."""
        return int(self.tags.get(_ORIENTATION, 1))


def read_header(path: Path) -> Tiff | None:
    """Read the tags of the first image; None if the file is no TIFF."""
    with path.open("rb") as file:
        start = file.read(8)
        if start[:4] not in _MAGIC:
            return None
        if start[3:4] == b"+":
            raise ValueError(
                "a TIFF of 64-bit offsets in big-endian order: save it in little-endian"
            )
        if start[2:3] == b"+":
            start += file.read(8)
        directory = ImageFileDirectory_v2(start)
        file.seek(directory.next)
        directory.load(file)
        order = "<" if start[:2] == b"II" else ">"
        return Tiff(dict(directory), order, more=directory.next != 0)


def left_to_pillow(tiff: Tiff) -> bool:
    """Tell whether Pillow reads such a file, and rightly."""
    grey = tiff.tags.get(_PHOTOMETRIC) in (0, 1)
    if tiff.kind == "u" and tiff.bits <= 8:
        alpha = [kind for kind in _many(tiff.tags.get(_EXTRA, ())) if kind in _ALPHA]
        if grey:
            return tiff.samples - len(alpha) == 1 and len(alpha) <= 1
        return tiff.tags.get(_PHOTOMETRIC) != _RGB or tiff.samples <= 4
    if tiff.kind == "u" and tiff.samples in (3, 4):
        return not grey and tiff.bits == 16 and tiff.tags.get(_PLANAR, 1) == 1
    if tiff.kind == "u" and tiff.bits in (12, 16):
        return tiff.samples == 1 and (tiff.darkest is None or tiff.order == "<")
    # Of compressed ones Pillow swaps the bytes twice where they are in the other order.
    known = (tiff.kind, tiff.bits) in (("i", 16), ("i", 32), ("f", 32))
    return tiff.samples == 1 and known and not _is_plain(tiff) and tiff.order == "<"


def _is_plain(tiff: Tiff) -> bool:
    """Tell whether the numbers of a file can be taken from its strips."""
    return (
        tiff.tags.get(_COMPRESSION, 1) in (*_NONE, *_DEFLATE)
        and tiff.tags.get(_PREDICTOR, 1) == 1
        and _TILES not in tiff.tags
        and tiff.bits in (8, 16, 32, 64)
        and bool(tiff.kind)
    )


def read_pixels(path: Path, tiff: Tiff) -> NDArray[Any]:
    """Read a file whose strips are stored plainly or by Deflate, as (C, H, W), C = 1 or 3.

    Raises:
        ValueError: If it has other channels, several pages, or is stored in another way.
    """
    if tiff.samples not in (1, 3):
        raise ValueError(
            f"it has {tiff.samples} channels, and images are grey (1) or in colour (3): save the "
            "channels that matter as one of these"
        )
    if tiff.more:
        raise ValueError("it has several pages")
    tags = tiff.tags
    if not _is_plain(tiff):
        raise ValueError(
            f"a TIFF of {tiff.bits}-bit {_WORDS[tiff.kind]} numbers in a form that is not read: "
            "save it in strips without compression, or as 16-bit integers"
        )
    check_memory(*tiff.shape)
    with path.open("rb") as file:
        content = b"".join(_strips(file, tags))
    dtype = np.dtype(f"{tiff.order}{tiff.kind}{tiff.bits // 8}")
    count = math.prod(tiff.shape) * tiff.samples
    if len(content) < count * dtype.itemsize:
        raise ValueError(f"{count * dtype.itemsize} bytes announced, {len(content)} there")
    values = np.frombuffer(content, dtype, count).astype(dtype.newbyteorder("="))
    if tags.get(_PLANAR, 1) == 2:
        return values.reshape(tiff.samples, *tiff.shape)
    return values.reshape(*tiff.shape, tiff.samples).transpose(2, 0, 1)


def _strips(file: BinaryIO, tags: dict[int, Any]) -> list[bytes]:
    """Read the strips of a file, unpacked."""
    strips = []
    for offset, count in zip(_many(tags[_OFFSETS]), _many(tags[_COUNTS]), strict=True):
        file.seek(offset)
        strip = file.read(count)
        strips.append(zlib.decompress(strip) if tags.get(_COMPRESSION) in _DEFLATE else strip)
    return strips


def _many(value: Any) -> tuple[int, ...]:
    """Return one number or several as several."""
    return tuple(value) if isinstance(value, tuple | list) else (value,)
