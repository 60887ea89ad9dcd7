"""The structural similarity of two images as a map of errors (Wang et al. 2004)."""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from lamp.losses.errors import matched

WINDOW, SIGMA = 11, 1.5  # Wang et al. 2004, section III.B
_C1, _C2 = 0.01**2, 0.03**2  # (K L)^2 of the same section, for images in [0, 1], L = 1


def ssim_error(reconstruction: Tensor, target: Tensor) -> Tensor:
    """Compute the SSIM error `(1 - S) / 2` at each pixel, in [0, 1] (paper section 2.2).

        S = (2 m_x m_y + C1) (2 v_xy + C2) / ((m_x^2 + m_y^2 + C1) (v_x + v_y + C2))

    with means m and (co)variances v over a Gaussian window, sigma 1.5 pixels, 11 pixels a side, or
    the largest odd number that fits in the image. Borders are mirrored. Values are those of
    scikit-image's `structural_similarity(..., gaussian_weights=True, sigma=1.5,
    use_sample_covariance=False, data_range=1, full=True)`, channel by channel.

    The paper does not say how it makes an error of S. `(1 - S) / 2` has gradients everywhere; the
    widespread form that clamps it to [0, 1] after 1 - S has none where S < 0.

    Source: Wang, Bovik, Sheikh, Simoncelli, IEEE Trans. Image Process. 13(4), 2004, Eq. 13.

    Args:
        reconstruction: Images in [0, 1], shape (N, ..., H, W); each H x W is an image of its own.
        target: Same shape.

    Returns:
        Same shape; float32, or wider where an input is.

    Raises:
        ValueError: If shapes differ, there is no element, or there are less than 3 dimensions.

    Example:
        >>> black, white = torch.zeros(1, 1, 16, 16), torch.ones(1, 1, 16, 16)
        >>> error = ssim_error(black, white)  # no structure: (1 - C1 / (1 + C1)) / 2
        >>> round(float(error.mean()), 5), float(ssim_error(white, white).max())
        (0.49995, 0.0)
    """
    x, y = matched(reconstruction, target)
    if x.ndim < 3:
        raise ValueError(f"expected images of shape (N, ..., H, W) for SSIM, got {tuple(x.shape)}")
    with torch.autocast(x.device.type, enabled=False):  # half precision loses the variances
        moments = _blur(torch.stack([x, y, x * x, y * y, x * y]))
        mean_x, mean_y, square_x, square_y, product = moments.unbind()
        xx, yy, xy = mean_x * mean_x, mean_y * mean_y, mean_x * mean_y
        above = (2 * xy + _C1) * (2 * (product - xy) + _C2)
        below = (xx + yy + _C1) * ((square_x - xx) + (square_y - yy) + _C2)
        return (1 - above / below) / 2


def _blur(images: Tensor) -> Tensor:
    """Take the Gaussian mean around each pixel.

    As two matrix products: on a CPU faster than a convolution of one channel, and borders are in
    the matrix.
    """
    height, width = images.shape[-2:]
    size = min(height, width)
    window = min(WINDOW, size - 1 + size % 2)
    vertical = _mixing(height, window, images.dtype, images.device)
    horizontal = _mixing(width, window, images.dtype, images.device)
    return vertical @ images @ horizontal.T


@lru_cache(maxsize=16)
@torch.inference_mode(False)  # whoever comes first, the matrix must serve training later
def _mixing(length: int, window: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return the matrix (length, length) that smooths a line of pixels with mirrored ends."""
    half = window // 2
    offsets = np.arange(-half, half + 1)
    weights = np.exp(-0.5 * (offsets / SIGMA) ** 2)
    weights /= weights.sum()
    rows = np.arange(length)[:, None]
    columns = rows + offsets
    columns = np.where(columns < 0, -1 - columns, np.minimum(columns, 2 * length - 1 - columns))
    mixing = np.zeros((length, length))
    np.add.at(mixing, (rows, columns), weights)
    return torch.as_tensor(mixing, dtype=dtype, device=device)
