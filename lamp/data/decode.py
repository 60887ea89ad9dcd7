"""One image file to numbers in [0, 1]: grey or colour, 8 or 16 bits, any common format."""

import struct
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")
"""Of files that are taken for images, in lower case; upper case counts as well."""

Pixels = NDArray[np.float32]

_BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error, Image.DecompressionBombError)
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as Pillow's own conversion
_MULTIPAGE = ("TIFF", "PNG")  # a phone's JPEG holds a preview too, which is no second page


@dataclass(frozen=True, eq=False)
class Decoded:
    """An image file as it was.

    Args:
        pixels: Shape (C, H, W), C = 1 for grey and 3 for colour, float32 in [0, 1].
        transparent: Whether it had transparent pixels, which are black here.
    """

    pixels: Pixels
    transparent: bool


def decode(path: Path) -> Decoded:
    """Read an image file.

    8-bit values are divided by 255, 16-bit ones by 65,535: by the range of the type and never by
    that of the image, so that images stay comparable. Palettes and CMYK become RGB; a palette of
    greys becomes grey. Transparent pixels are composited on black, the value of padding. The
    orientation of EXIF is applied. Pillow reads 16-bit colour PNG in 8 bits.

    Args:
        path: The file.

    Returns:
        Its pixels.

    Raises:
        ValueError: If it is no image, is damaged or has several pages; it names the file.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "a.png"
        ...     Image.new("L", (3, 2), 51).save(path)
        ...     decode(path).pixels.shape, float(decode(path).pixels[0, 0, 0])
        ((1, 2, 3), 0.20000000298023224)
    """
    try:
        # A decompression bomb is an error here; Pillow only warns of the smaller ones.
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as file:
                if file.format in _MULTIPAGE and getattr(file, "n_frames", 1) > 1:
                    raise ValueError(f"it has {file.n_frames} pages")  # type: ignore[attr-defined]
                file.load()
                return _decoded(ImageOps.exif_transpose(file))
    except (FileNotFoundError, PermissionError):
        raise
    except (*_BROKEN, Image.DecompressionBombWarning) as error:
        why = "no image, or a damaged one" if "cannot identify" in str(error) else str(error)
        raise ValueError(
            f"expected one whole image in {path}, which cannot be read ({why}): "
            "replace the file or remove it"
        ) from error


def to_channels(pixels: Pixels, channels: int) -> Pixels:
    """Convert grey to colour or back (luma of ITU-R BT.601).

    Args:
        pixels: Shape (C, H, W), C = 1 or 3.
        channels: 1 or 3.

    Returns:
        Shape (channels, H, W).

    Example:
        >>> to_channels(np.ones((3, 1, 1), np.float32), 1).round(3).tolist()
        [[[1.0]]]
    """
    if len(pixels) == channels:
        return pixels
    if channels == 3:
        return np.repeat(pixels, 3, axis=0)
    return np.tensordot(_LUMA, pixels, axes=1)[None]


def resize(pixels: Pixels, size: int) -> Pixels:
    """Resize to a square, in float and with antialiasing (Pillow's bilinear filter).

    Images that are not square are stretched: nothing is cropped, so that no defect is lost.

    Args:
        pixels: Shape (C, H, W).
        size: Side in pixels.

    Returns:
        Shape (C, size, size), in [0, 1].

    Example:
        >>> resize(np.array([[[0.0, 1.0], [0.0, 1.0]]], np.float32), 1).tolist()
        [[[0.5]]]
    """
    if pixels.shape[1:] == (size, size):
        return pixels
    return _scaled(pixels, size, Image.Resampling.BILINEAR).clip(0, 1)


def resize_mask(mask: NDArray[np.bool_], size: int) -> NDArray[np.bool_]:
    """Resize a mask: a pixel is defective if at least half of its area is.

    If no pixel comes to a half, those that come nearest count: small defects are not lost.

    Args:
        mask: Shape (H, W).
        size: Side in pixels.

    Returns:
        Shape (size, size).

    Example:
        >>> resize_mask(np.eye(4, dtype=bool), 2).tolist()
        [[True, False], [False, True]]
        >>> resize_mask(np.eye(1, 16, dtype=bool).reshape(4, 4), 2).tolist()  # a quarter of one
        [[True, False], [False, False]]
    """
    if mask.shape == (size, size):
        return mask
    covered = _scaled(mask[None].astype(np.float32), size, Image.Resampling.BOX)[0]
    most = float(covered.max())
    return np.asarray(covered >= min(0.5, most) - 1e-6 if most > 0 else covered > 0)


def _scaled(pixels: Pixels, size: int, how: Image.Resampling) -> Pixels:
    """Resize each channel in float32."""
    planes = [Image.fromarray(plane).resize((size, size), how) for plane in pixels]
    return np.stack([np.asarray(plane, np.float32) for plane in planes])


def _decoded(image: Image.Image) -> Decoded:
    """Convert an image of any mode."""
    if image.mode.startswith("I"):
        return Decoded(_sixteen_bits(np.asarray(image)), transparent=False)
    if image.mode == "F":
        return Decoded(_floats(np.asarray(image)), transparent=False)
    transparent = image.has_transparency_data
    if transparent:
        rgba = np.asarray(image.convert("RGBA"), np.float32) / 255
        transparent = bool((rgba[..., 3] < 1).any())
        values = rgba[..., :3] * rgba[..., 3:]
    else:
        values = np.asarray(image.convert("RGB"), np.float32) / 255
    pixels: Pixels = np.ascontiguousarray(values.transpose(2, 0, 1), np.float32)
    grey = image.mode in ("1", "L", "LA", "La") or (
        image.mode in ("P", "PA") and bool((pixels == pixels[:1]).all())
    )
    return Decoded(pixels[:1] if grey else pixels, transparent)


def _sixteen_bits(values: NDArray[np.generic]) -> Pixels:
    """Scale 16-bit values, which come as integers of 16 or 32 bits."""
    wide = values.astype(np.float64)
    if wide.min() < 0 or wide.max() > 65535:
        raise ValueError(
            f"values from {wide.min():g} to {wide.max():g} do not fit into 16 unsigned bits"
        )
    return (wide / 65535).astype(np.float32)[None]


def _floats(values: NDArray[np.generic]) -> Pixels:
    """Take floating-point values as they are."""
    pixels = values.astype(np.float32)
    if not np.isfinite(pixels).all() or pixels.min() < 0 or pixels.max() > 1:
        raise ValueError(
            "floating-point values beyond 0 to 1: which of them is white is unknown, scale them"
        )
    return pixels[None]
