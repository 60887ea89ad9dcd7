"""The paper's convolutional autoencoder (section 3.1)."""

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from lamp.models.encoder import (
    NEGATIVE_SLOPE,
    check_config,
    check_images,
    initialize,
    make_encoder,
)
from lamp.models.upsample import UpsampleConv2d


class Autoencoder(nn.Module):
    """Convolutional autoencoder without skip connections (paper section 3.1).

    Encoder: `depth` blocks of convolution (stride 2), BatchNorm, LeakyReLU, with `width * 2^i`
    channels. Decoder: as many blocks of nearest-neighbour upsampling (x2) and convolution
    (`UpsampleConv2d`), BatchNorm, LeakyReLU, the last one with a sigmoid in place of the last
    two: a clamp instead has no gradient outside [0, 1]. Convolutions before BatchNorm have no
    bias, which it would cancel.

    The paper gives the depths (6 for MVTec AD, 4 for MNIST) and cites Collin & De Vleeschouwer
    2021 for the rest, whose public configuration `AE_d6_f5_n16` is `depth=6, kernel_size=5,
    width=16` at 256 x 256. For MNIST padded to 32 x 32 the defaults leave 128 x 2 x 2.

    Args:
        size: Height and width of the images in pixels, a multiple of `2^depth`.
        channels: Channels of the images.
        depth: Blocks in the encoder, and in the decoder.
        width: Channels after the first block.
        kernel_size: Side of the convolutions' kernels, odd.
        latent_channels: Channels of the last encoder block, the bottleneck. The default goes on
            doubling: `width * 2^(depth - 1)`.
        seed: Seed of the initial parameters, drawn as torch's own convolutions draw them but
            from a generator of their own: the global random state is left alone.

    Attributes:
        encoder: Images (N, channels, size, size) to (N, latent channels, latent size, same).
        decoder: The way back.
        config: The arguments that make the architecture: `Autoencoder(**config)` builds it again.

    Raises:
        ValueError: If a number is out of its range or `size` is not a multiple of `2^depth`.

    Example:
        >>> model = Autoencoder(32)
        >>> images = torch.rand(2, 1, 32, 32)
        >>> model.encoder(images).shape
        torch.Size([2, 128, 2, 2])
        >>> model(images).shape
        torch.Size([2, 1, 32, 32])
    """

    def __init__(
        self,
        size: int,
        *,
        channels: int = 1,
        depth: int = 4,
        width: int = 16,
        kernel_size: int = 3,
        latent_channels: int | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.config: dict[str, Any] = {
            "size": size,
            "channels": channels,
            "depth": depth,
            "width": width,
            "kernel_size": kernel_size,
            "latent_channels": latent_channels,
        }
        check_config(self.config)
        self.latent_size = size // 2**depth
        self.encoder, widths = make_encoder(self.config)
        back = widths[::-1]
        self.decoder = nn.Sequential(
            *(_up(a, b, kernel_size) for a, b in pairwise(back)),
            nn.Sequential(_up_conv(back[-1], channels, kernel_size, bias=True), nn.Sigmoid()),
        )
        initialize(self, torch.Generator().manual_seed(seed))

    def forward(self, images: Tensor) -> Tensor:
        """Reconstruct images.

        Args:
            images: Shape (N, channels, size, size), values in [0, 1].

        Returns:
            Same shape, values in (0, 1).

        Raises:
            ValueError: If the shape is another, or one sample is left to BatchNorm in training.
        """
        check_images(images, self.config, training=self.training)
        latent = self.encoder(images)  # (N, width * 2^(depth-1), size / 2^depth, same)
        reconstruction: Tensor = self.decoder(latent)
        return reconstruction


def _up_conv(inputs: int, outputs: int, kernel_size: int, *, bias: bool) -> UpsampleConv2d:
    """Return a layer of undefined parameters, made without touching the random state."""
    return nn.utils.skip_init(  # type: ignore[no-untyped-call, no-any-return]
        UpsampleConv2d, inputs, outputs, kernel_size, bias=bias
    )


def _up(inputs: int, outputs: int, kernel_size: int) -> nn.Sequential:
    """Return one decoder block: twice the size."""
    return nn.Sequential(
        _up_conv(inputs, outputs, kernel_size, bias=False),
        nn.BatchNorm2d(outputs),
        nn.LeakyReLU(NEGATIVE_SLOPE),
    )
