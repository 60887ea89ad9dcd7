"""Pixels to the size and the channels of a model."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.float32]

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as Pillow's own conversion


def to_channels(pixels: Pixels, channels: int) -> Pixels:
    """Convert pixels (C, H, W), grey or colour, to so many channels (luma of ITU-R BT.601).

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
    """Resize pixels (C, H, W) to a square, with antialiasing (Pillow's bilinear filter in float).

    Images that are not square are stretched: nothing is cropped, so that no defect is lost.

    Example:
        >>> resize(np.array([[[0.0, 1.0], [0.0, 1.0]]], np.float32), 1).tolist()
        [[[0.5]]]
    """
    if pixels.shape[1:] == (size, size):
        return pixels
    return _scaled(pixels, size, Image.Resampling.BILINEAR)


def resize_mask(mask: NDArray[np.bool_], size: int) -> NDArray[np.bool_]:
    """Resize a mask (H, W) to a square: a pixel is defective if at least half of its area is.

    If no pixel comes to a half, those that come nearest count: small defects are not lost.

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
