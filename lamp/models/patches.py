"""Patch-wise reconstruction: each patch on its own, the loss on the whole image (section 3.1)."""

from typing import Any

import torch
from torch import Tensor, nn


def split_patches(images: Tensor, per_side: int) -> Tensor:
    """Cut images into equal patches that do not overlap.

    Args:
        images: Shape (N, C, H, W).
        per_side: Patches along each side, n.

    Returns:
        Shape (N * n * n, C, H / n, W / n): the patches of an image follow one another, row by row.

    Raises:
        ValueError: If H or W is no multiple of n.

    Example:
        >>> images = torch.arange(16).view(1, 1, 4, 4)
        >>> split_patches(images, 2)[1]  # upper right
        tensor([[[2, 3],
                 [6, 7]]])
    """
    count, channels, height, width = _shape(images, "images")
    if per_side < 1 or height % per_side or width % per_side:
        raise ValueError(
            f"expected height and width to be multiples of the patches per side, got "
            f"{height}x{width} and {per_side}: resize or pad the images, or choose other patches"
        )
    rows, columns = height // per_side, width // per_side
    grid = images.reshape(count, channels, per_side, rows, per_side, columns)
    # (N, n, n, C, H/n, W/n)
    return grid.permute(0, 2, 4, 1, 3, 5).reshape(-1, channels, rows, columns)


def stitch_patches(patches: Tensor, per_side: int) -> Tensor:
    """Put patches together again: the inverse of `split_patches`.

    Args:
        patches: Shape (N * n * n, C, H, W).
        per_side: Patches along each side, n.

    Returns:
        Shape (N, C, n * H, n * W).

    Raises:
        ValueError: If the number of patches is no multiple of n * n.

    Example:
        >>> images = torch.rand(2, 3, 8, 8)
        >>> torch.equal(stitch_patches(split_patches(images, 4), 4), images)
        True
    """
    count, channels, rows, columns = _shape(patches, "patches")
    if per_side < 1 or count % per_side**2:
        raise ValueError(
            f"expected a multiple of {per_side} x {per_side} patches, got {count} of them"
        )
    grid = patches.reshape(-1, per_side, per_side, channels, rows, columns)
    # (N, C, n, H/n, n, W/n)
    return grid.permute(0, 3, 1, 4, 2, 5).reshape(-1, channels, per_side * rows, per_side * columns)


class Patchwise(nn.Module):
    """A model that reconstructs each patch of an image on its own (paper section 3.1, [16]).

    All patches go through one model, as one batch of N * n * n, in which BatchNorm sees them
    together. Losses and scores are those of the stitched image: LAMP's maximum over a sample
    ranges over the image, not over a patch.

    Args:
        model: Reconstructs patches, (N, C, H / n, W / n) to the same shape: for images of
            256 x 256 in 2 x 2 patches, `Autoencoder(128, depth=5)`.
        per_side: Patches along each side, n. The number of patches is a hyper-parameter of the
            paper, without values; this project tries 1, 2 and 4.

    Example:
        >>> from lamp.models import Autoencoder
        >>> model = Patchwise(Autoencoder(16, width=4), 2)
        >>> model(torch.rand(3, 1, 32, 32)).shape
        torch.Size([3, 1, 32, 32])
    """

    def __init__(self, model: nn.Module, per_side: int) -> None:
        super().__init__()
        if per_side < 1:
            raise ValueError(f"expected at least 1 patch per side, got {per_side}")
        self.model = model
        self.per_side = per_side

    @property
    def config(self) -> dict[str, Any]:
        """What makes it, but for the model."""
        return {"per_side": self.per_side}

    def forward(self, images: Tensor) -> Tensor:
        """Reconstruct images (N, C, H, W), same shape."""
        return stitch_patches(self.model(split_patches(images, self.per_side)), self.per_side)

    def extra_repr(self) -> str:
        """Return the number of patches, for `repr`."""
        return f"per_side={self.per_side}"


def _shape(images: Tensor, name: str) -> torch.Size:
    """Return the shape of images, or raise a ValueError."""
    if images.ndim != 4:
        raise ValueError(f"expected {name} of shape (N, C, H, W), got {tuple(images.shape)}")
    return images.shape
