"""One image file to its numbers: grey or colour, of any bits, in any common format."""

import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from lamp.data.formats import FORMATS, opened
from lamp.data.tiff import Tiff, left_to_pillow, read_header, read_pixels

_ORIENTATION = 0x0112  # tag of EXIF
_ONE_PAGE = ("JPEG", "MPO")  # a phone's JPEG holds a preview too, which is no second page
_LOSSY = ("JPEG", "MPO", "WEBP", "JPEG2000")
_DEEP = ("RGB", "RGBX", "RGBA", "LA")
_STEPS = {"L;2": 85, "L;4": 17}  # from one number to the next, where Pillow spreads them to 8 bits
_SWAPPED = {"16B": "16L", "16L": "16B", "16N": "16B" if sys.byteorder == "little" else "16L"}

Alpha = NDArray[np.float32] | None


@dataclass(frozen=True, eq=False)
class Decoded:
    """An image file as it was, turned as it is to be shown.

    Args:
        pixels: Shape (C, H, W), C = 1 for grey and 3 for colour, in the type of the file: uint8
            where it has at most 8 bits.
        alpha: How opaque each pixel is, shape (H, W), float32 in [0, 1]; None where all are.
        orientation: That of EXIF, 1 to 8, which has been applied; 1 is upright.
        lossy: Whether the format changes values by compression.
    """

    pixels: NDArray[Any]
    alpha: Alpha = None
    orientation: int = 1
    lossy: bool = False

    @property
    def wide(self) -> bool:
        """Whether the numbers have more than 8 bits: white is then not known from the type."""
        return bool(self.pixels.dtype != np.uint8)


def decode(path: Path) -> Decoded:
    """Read an image file.

    Palettes and CMYK become RGB; a palette of greys becomes grey. Numbers stay those of the file
    (`lamp.data.intensity` tells what is white). The orientation of EXIF is applied.

    Raises:
        FileNotFoundError: If there is no such file.
        PermissionError: If it may not be read.
        ValueError: If it is no image, is damaged, has several pages, or is a link to nowhere; it
            names the file.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "a.png"
        ...     Image.new("L", (3, 2), 51).save(path)
        ...     decode(path).pixels.tolist()
        [[[51, 51, 51], [51, 51, 51]]]
    """
    try:
        return _decode(path)
    except PermissionError:
        raise
    except Exception as error:  # Pillow's readers raise whatever damaged bytes lead them to
        if isinstance(error, FileNotFoundError) and not path.is_symlink():
            raise
        raise ValueError(
            f"expected one whole image in {path}, which cannot be read ({_cause(path, error)}): "
            "replace the file or remove it"
        ) from error


def turn(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Turn pixels (..., H, W) as the orientation of EXIF says (EXIF 2.3, tag 0x0112).

    Example:
        >>> turn(np.array([[1, 2], [3, 4]]), 6).tolist()  # by 90 degrees clockwise
        [[3, 1], [4, 2]]
    """
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(-1, -2)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[..., ::-1]
    return pixels[..., ::-1, :] if orientation in (3, 4, 7, 8) else pixels


def _decode(path: Path) -> Decoded:
    """Read an image file, by Pillow or past it."""
    if path.exists() and not path.is_file():
        raise ValueError("it is no file")  # a pipe, which would be waited for
    tiff = read_header(path)
    if tiff is not None and not left_to_pillow(tiff):
        pixels = turn(_positive(read_pixels(path, tiff), tiff), tiff.orientation)
        return Decoded(_sound(pixels), None, tiff.orientation)
    with opened(path) as image:
        pages = getattr(image, "n_frames", 1)
        if pages > 1 and image.format not in _ONE_PAGE:
            raise ValueError(f"it has {pages} pages")
        raw = _raw_mode(image)  # gone when the image is loaded, which asking for EXIF may do
        clear = _clear_colour(image, raw)
        orientation = _orientation(image)
        deep = _deep_ppm(path, image) or _sixteen_bit_colour(path, image, raw)
        pixels, alpha = _arrays(_upright(image)) if deep is None else deep
        if clear is not None:
            alpha = _hiding((pixels != clear).any(axis=0) * np.uint8(255))
        pixels = _sound(_positive(pixels, tiff))
        return Decoded(pixels, alpha, orientation, image.format in _LOSSY)


def _positive(pixels: NDArray[Any], tiff: Tiff | None) -> NDArray[Any]:
    """Make 0 black in a file in which it is white; Pillow does that for 8 bits only."""
    darkest = None if tiff is None else tiff.darkest
    return pixels if darkest is None else np.subtract(darkest, pixels, dtype=pixels.dtype)


def _clear_colour(image: Image.Image, raw: str) -> NDArray[Any] | None:
    """Take from an image the one grey or colour that is transparent, shape (C, 1, 1), if any.

    PNG has it in the numbers of the file; Pillow compares it with what became of them in 8 bits.
    """
    clear = None if image.mode == "P" else image.info.pop("transparency", None)
    return None if clear is None else np.reshape(clear, (-1, 1, 1)) * _STEPS.get(raw, 1)


def _arrays(image: Image.Image) -> tuple[NDArray[Any], Alpha]:
    """Return the pixels (C, H, W) of an image of any mode, and its alpha if it hides anything."""
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image)
        return values.astype(values.dtype.newbyteorder("="))[None], None
    grey = image.mode in ("1", "L", "LA", "La")
    palette = image.mode in ("P", "PA")
    alpha = None
    if image.has_transparency_data:
        image = image.convert("RGBA")
        alpha = _hiding(np.asarray(image.getchannel("A")))
    if grey:
        one = image.getchannel("R") if image.mode == "RGBA" else _as(image, "L")
        return np.asarray(one)[None], alpha
    pixels = np.asarray(_as(image, "RGB")).transpose(2, 0, 1)
    seen = pixels if alpha is None else pixels * (alpha > 0)
    return (pixels[:1] if palette and bool((seen == seen[:1]).all()) else pixels), alpha


def _as(image: Image.Image, mode: str) -> Image.Image:
    """Convert an image, without a copy where it has the mode."""
    return image if image.mode == mode else image.convert(mode)


def _deep_ppm(path: Path, image: Any) -> tuple[NDArray[Any], Alpha] | None:
    """Read colour of more than 8 bits from a PPM, of which Pillow makes 8; None if it is another.

    Binary ones have two bytes a number, the upper one first; plain ones are text.
    """
    if image.format != "PPM" or image.mode != "RGB" or image.tile[0][3][1] <= 255:
        return None
    codec, _, offset, _ = image.tile[0]
    content, shape = path.read_bytes()[offset:], (*image.size[::-1], 3)
    if codec == "ppm":
        values = np.frombuffer(content, ">u2", math.prod(shape)).astype(np.uint16)
    else:
        values = np.array(content.split()[: math.prod(shape)], np.uint16)
    return values.reshape(shape).transpose(2, 0, 1), None


def _sixteen_bit_colour(
    path: Path, image: Image.Image, raw: str
) -> tuple[NDArray[Any], Alpha] | None:
    """Read 16-bit colour, of which Pillow drops the lower bytes; None if the file has none.

    Told the other order of bytes, Pillow takes the lower byte for the upper one.
    """
    mode, _, order = raw.partition(";")
    if order not in _SWAPPED or image.mode not in ("RGB", "RGBA") or mode not in _DEEP:
        return None
    other_mode = "RGBA" if mode == "LA" else f"{mode};{_SWAPPED[order]}"
    with Image.open(path, formats=FORMATS) as other:
        other.tile = [_with_raw_mode(tile, other_mode) for tile in other.tile]
        low = np.asarray(_upright(other)).transpose(2, 0, 1).astype(np.uint16)
    if mode == "LA":  # as four bytes a pixel: grey, its lower byte, alpha, its lower byte
        return low[:1] * 256 + low[1:2], _hiding(low[2])
    high = np.asarray(_upright(image)).transpose(2, 0, 1)
    alpha = _hiding(high[3]) if mode == "RGBA" else None
    return high[:3].astype(np.uint16) * 256 + low[:3], alpha


def _upright(image: Image.Image) -> Image.Image:
    """Load an image and turn it; Pillow turns some TIFFs itself while it loads them."""
    image.load()
    ImageOps.exif_transpose(image, in_place=True)  # a large image is not copied for nothing
    return image


def _hiding(opaque: NDArray[Any]) -> Alpha:
    """Scale an alpha channel of 8 bits to [0, 1]; None if it hides nothing."""
    return np.divide(opaque, 255, dtype=np.float32) if bool((opaque < 255).any()) else None


def _raw_mode(image: Image.Image) -> str:
    """Return how Pillow will unpack the bytes of a file."""
    tiles = getattr(image, "tile", None)
    args = tiles[0][3] if tiles else ""
    raw = args[0] if isinstance(args, tuple) and args else args
    return raw if isinstance(raw, str) else ""


def _with_raw_mode(tile: Any, raw: str) -> Any:
    """Return a part of a file that is to be unpacked in another way."""
    args = (raw, *tile[3][1:]) if isinstance(tile[3], tuple) else raw
    return tile._replace(args=args) if hasattr(tile, "_replace") else (*tile[:3], args)


def _orientation(image: Image.Image) -> int:
    """Return the orientation of EXIF."""
    found = image.getexif().get(_ORIENTATION, 1)
    return found if found in range(1, 9) else 1


def _sound(pixels: NDArray[Any]) -> NDArray[Any]:
    """Refuse an image without pixels and numbers that are none."""
    if pixels.size == 0:
        raise ValueError("it has no pixels")
    if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
        raise ValueError("some of its numbers are NaN or infinite")
    return pixels


def _cause(path: Path, error: Exception) -> str:
    """Say why a file cannot be read."""
    if path.is_symlink() and not path.exists():
        return f"a link to {path.readlink()}, which does not exist"
    if path.is_file() and path.stat().st_size == 0:
        return "it is empty"
    if "cannot identify" in str(error):
        return f"no image, or a damaged one, or none of {'/'.join(FORMATS)}"
    if isinstance(error, MemoryError):
        return "it does not fit into the memory"
    return str(error) or type(error).__name__
