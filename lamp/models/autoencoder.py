"""The paper's convolutional autoencoder, and the encoder that its classifier shares (section 3)."""

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from lamp.bounds import check_encoder
from lamp.models.upsample import UpsampleConv2d

NEGATIVE_SLOPE = 0.01  # torch's own default for LeakyReLU; the paper names none


def make_encoder(config: Mapping[str, Any]) -> tuple[nn.Sequential, list[int]]:
    """Make an encoder: each block halves the size and doubles the channels.

    Its convolutions are of undefined values. Also returned: the channels after each block.

    Example:
        >>> config = {"channels": 1, "depth": 3, "width": 8, "kernel_size": 3}
        >>> make_encoder({**config, "latent_channels": None})[1]
        [8, 16, 32]
        >>> make_encoder({**config, "latent_channels": 4})[1]
        [8, 16, 4]
    """
    depth, width, kernel_size = config["depth"], config["width"], config["kernel_size"]
    widths = [width * 2**i for i in range(depth)]
    if config["latent_channels"] is not None:
        widths[-1] = config["latent_channels"]
    blocks = (_down(a, b, kernel_size) for a, b in pairwise([config["channels"], *widths]))
    return nn.Sequential(*blocks), widths


def check_config(config: Mapping[str, Any]) -> None:
    """Raise a ValueError for the first number that makes no encoder."""
    for name in ("size", "channels", "depth", "width", "latent_channels"):
        number = config[name]
        if number is not None and number < 1:
            raise ValueError(f"expected {name} of at least 1, got {number}")
    check_encoder(**{name: config[name] for name in ("size", "depth", "kernel_size")})


def check_images(images: Tensor, config: Mapping[str, Any], *, training: bool) -> None:
    """Raise a ValueError for images of another shape, or one that BatchNorm cannot train on."""
    expected = (config["channels"], config["size"], config["size"])
    if images.ndim != 4 or tuple(images.shape[1:]) != expected:
        raise ValueError(
            f"expected images of shape (N, {', '.join(map(str, expected))}), "
            f"got {tuple(images.shape)}"
        )
    if training and config["size"] == 2 ** config["depth"] and images.shape[0] == 1:
        raise ValueError(
            "a batch of 1 cannot be trained on with a 1x1 bottleneck, where BatchNorm sees one "
            f"value a channel: use a batch size of at least 2, a depth below "
            f"{config['depth']}, or larger images"
        )


def initialize(model: nn.Module, generator: torch.Generator) -> None:
    """Draw convolutions and linear layers as their `reset_parameters` does."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_uniform_(module.weight, a=math.sqrt(5), generator=generator)
            if module.bias is not None:
                bound = 1 / math.sqrt(module.weight[0].numel())
                nn.init.uniform_(module.bias, -bound, bound, generator=generator)


def _down(inputs: int, outputs: int, kernel_size: int) -> nn.Sequential:
    """Return one block: half the size. Made without touching the random state."""
    convolution = nn.utils.skip_init(  # type: ignore[no-untyped-call]
        nn.Conv2d, inputs, outputs, kernel_size, 2, padding=kernel_size // 2, bias=False
    )
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.LeakyReLU(NEGATIVE_SLOPE))


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
