"""Photographs in any form that people have them in, as images that a detector takes."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lamp.data import ImageSet, load_images
from lamp.data.intensity import Intensity, scale
from lamp.data.layout import find_files
from lamp.data.listing import listed
from lamp.data.pixels import resize, to_channels
from lamp.data.reader import Progress

Photograph = Tensor | NDArray[np.generic] | str | Path
Photographs = ImageSet | Photograph | Iterable[Photograph]

_ONE = (Tensor, np.ndarray, str, Path)
_SIXTEEN_BITS = (0.0, 65535.0)


def as_images(
    photographs: Photographs, *, size: int, channels: int, intensity: Intensity | None = None
) -> ImageSet:
    """Bring photographs to the size and channels of a detector.

    Args:
        photographs: Files, a folder, arrays or tensors, one or several, or what `lamp.data` loaded.
            An array is one image, (H, W), (H, W, C) or (C, H, W), or several, (N, H, W, C) or
            (N, C, H, W), with C = 1 or 3; floats in [0, 1] or unsigned integers of 8 or 16 bits.
        size: Side in pixels.
        channels: 1 or 3.
        intensity: Black and white of integers of more than 8 bits, as the detector keeps them; by
            default those of files alone are chosen, and those of 16 bits in memory are 0 and
            65,535.

    Returns:
        The images; those from an array are called by their numbers.

    Raises:
        FileNotFoundError: If there is no image in a folder.
        ValueError: If shapes or values are others, or no file can be read.
    """
    if isinstance(photographs, ImageSet):
        return _checked(photographs, size, channels)
    given: list[Any] = [photographs]
    if isinstance(photographs, Iterable) and not isinstance(photographs, _ONE):
        given = list(photographs)
    files = [Path(each) for each in given if isinstance(each, str | Path)]
    if len(files) == len(given):
        return load_files(files, size, channels, intensity)
    arrays = [each for each in given if isinstance(each, Tensor | np.ndarray)]
    if len(arrays) < len(given):
        kinds = listed(sorted({type(each).__name__ for each in given}))
        raise ValueError(
            f"expected files, folders, arrays or tensors, got {kinds}: `numpy.asarray` makes an "
            "array of an image of another library"
        )
    each = [image for array in arrays for image in _one_by_one(array, intensity or _SIXTEEN_BITS)]
    pixels = [resize(to_channels(image, channels), size) for image in each]
    names = tuple(Path(str(index)) for index in range(len(pixels)))
    return ImageSet(paths=names, images=torch.from_numpy(np.stack(pixels)).clamp(0, 1))


def load_files(
    paths: Sequence[Path],
    size: int,
    channels: int,
    intensity: Intensity | None,
    progress: Progress | None = None,
) -> ImageSet:
    """Load files, and what is in folders.

    Args:
        paths: Both in any order.
        size: Side in pixels.
        channels: 1 or 3; images of the other kind are converted.
        intensity: Black and white of files of more than 8 bits.
        progress: Called as progress(files read, files in all).

    Returns:
        The images; their notes tell what was passed over.

    Raises:
        FileNotFoundError: If there is no image in any folder.
        ValueError: If none of them can be read.
    """
    notes: list[str] = []
    files = find_files(paths, notes)
    images = load_images(
        files, size=size, channels=channels, intensity=intensity, progress=progress
    )
    return replace(images, notes=(*notes, *images.notes))


def _checked(images: ImageSet, size: int, channels: int) -> ImageSet:
    """Refuse images that were loaded for another detector."""
    shape = tuple(images.images.shape[1:])
    if shape != (channels, size, size):
        raise ValueError(
            f"expected images of shape ({channels}, {size}, {size}), as this detector was trained "
            f"on, got {shape}: load them with size={size}, channels={channels}"
        )
    return images


def _one_by_one(
    array: Tensor | NDArray[np.generic], intensity: Intensity
) -> list[NDArray[np.float32]]:
    """Take an array apart into images of shape (C, H, W) in [0, 1]."""
    if isinstance(array, Tensor):  # numpy has no bfloat16
        plain = array.detach().cpu()
        values = _scaled((plain.float() if plain.is_floating_point() else plain).numpy(), intensity)
    else:
        values = _scaled(array, intensity)
    if values.ndim == 2:
        values = values[None]
    if values.ndim in (3, 4) and values.shape[-3] not in (1, 3) and values.shape[-1] in (1, 3):
        values = np.moveaxis(values, -1, -3)
    if values.ndim not in (3, 4) or values.shape[-3] not in (1, 3) or 0 in values.shape:
        raise ValueError(
            "expected one image, (H, W), (H, W, C) or (C, H, W), or several, (N, H, W, C) or "
            f"(N, C, H, W), of C = 1 or 3 channels, got shape {tuple(array.shape)}"
        )
    return list(values if values.ndim == 4 else values[None])


def _scaled(values: NDArray[np.generic], intensity: Intensity) -> NDArray[np.float32]:
    """Bring values to [0, 1]."""
    if values.dtype == np.uint8:
        return values.astype(np.float32) / np.float32(255)
    if values.dtype == np.uint16:
        return scale(values.astype(np.float32), intensity)
    if not np.issubdtype(values.dtype, np.floating):
        raise ValueError(
            "expected floats in [0, 1] or unsigned integers of 8 or 16 bits, "
            f"got {values.dtype}: which value is white is unknown, scale them"
        )
    scaled = np.asarray(values, np.float32)
    # Written so that NaN is refused, too.
    if scaled.size and not (scaled.min() >= 0 and scaled.max() <= 1):
        raise ValueError(
            f"expected floats in [0, 1], got {scaled.min():g} to {scaled.max():g}: scale them"
        )
    return scaled
