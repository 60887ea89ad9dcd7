"""The paper's convolutional autoencoder (section 3.1)."""

import math
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

NEGATIVE_SLOPE = 0.01  # torch's own default for LeakyReLU; the paper names none


class Autoencoder(nn.Module):
    """Convolutional autoencoder without skip connections (paper section 3.1).

    Encoder: `depth` blocks of convolution (stride 2), BatchNorm, LeakyReLU, with `width * 2^i`
    channels. Decoder: as many blocks of nearest-neighbour upsampling (x2), convolution,
    BatchNorm, LeakyReLU, the last one with a sigmoid in place of the last two: a clamp instead
    has no gradient outside [0, 1]. Convolutions before BatchNorm have no bias, which it would
    cancel.

    The paper gives the depths (6 for MVTec AD, 4 for MNIST) and cites Collin & De Vleeschouwer
    2021 for the rest, whose public configuration `AE_d6_f5_n16` is `depth=6, kernel_size=5,
    width=16` at 256 x 256. For MNIST padded to 32 x 32 the defaults leave 128 x 2 x 2.

    Args:
        size: Height and width of the images in pixels, a multiple of `2^depth`.
        channels: Channels of the images.
        depth: Blocks in the encoder, and in the decoder.
        width: Channels after the first block.
        kernel_size: Side of the convolutions' kernels, odd.
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
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.config: dict[str, Any] = {
            "size": size,
            "channels": channels,
            "depth": depth,
            "width": width,
            "kernel_size": kernel_size,
        }
        _check_config(**self.config)
        self.latent_size = size // 2**depth
        widths = [channels, *(width * 2**i for i in range(depth))]
        self.encoder = nn.Sequential(*(_down(a, b, kernel_size) for a, b in pairwise(widths)))
        back = widths[:0:-1]
        self.decoder = nn.Sequential(
            *(_up(a, b, kernel_size) for a, b in pairwise(back)),
            nn.Sequential(
                nn.Upsample(scale_factor=2, mode="nearest"),
                _conv(width, channels, kernel_size, bias=True),
                nn.Sigmoid(),
            ),
        )
        _initialize(self, torch.Generator().manual_seed(seed))

    def forward(self, images: Tensor) -> Tensor:
        """Reconstruct images.

        Args:
            images: Shape (N, channels, size, size), values in [0, 1].

        Returns:
            Same shape, values in (0, 1).

        Raises:
            ValueError: If the shape is another, or one sample is left to BatchNorm in training.
        """
        expected = (self.config["channels"], self.config["size"], self.config["size"])
        if images.ndim != 4 or tuple(images.shape[1:]) != expected:
            raise ValueError(
                f"expected images of shape (N, {', '.join(map(str, expected))}), "
                f"got {tuple(images.shape)}"
            )
        if self.training and self.latent_size == 1 and images.shape[0] == 1:
            raise ValueError(
                "a batch of 1 cannot be trained on with a 1x1 bottleneck, where BatchNorm sees one "
                f"value a channel: use a batch size of at least 2, a depth below "
                f"{self.config['depth']}, or larger images"
            )
        latent = self.encoder(images)  # (N, width * 2^(depth-1), size / 2^depth, same)
        reconstruction: Tensor = self.decoder(latent)
        return reconstruction


def _check_config(*, size: int, channels: int, depth: int, width: int, kernel_size: int) -> None:
    """Raise a ValueError for the first number that makes no autoencoder."""
    numbers = {"size": size, "channels": channels, "depth": depth, "width": width}
    for name, number in numbers.items():
        if number < 1:
            raise ValueError(f"expected {name} of at least 1, got {number}")
    if kernel_size < 1 or kernel_size % 2 == 0:
        raise ValueError(
            f"expected an odd kernel_size, which leaves the size of an image as it is, "
            f"got {kernel_size}"
        )
    factor = 2**depth
    if size % factor:
        below = size - size % factor
        nearest = [str(near) for near in (below, below + factor) if near]
        raise ValueError(
            f"expected size to be a multiple of 2^depth = {factor}, got {size}: "
            f"resize or pad the images to {' or '.join(nearest)}, or use a smaller depth"
        )


def _conv(inputs: int, outputs: int, kernel_size: int, *, bias: bool, stride: int = 1) -> nn.Conv2d:
    """Return a convolution of undefined parameters, made without touching the random state."""
    return nn.utils.skip_init(  # type: ignore[no-untyped-call, no-any-return]
        nn.Conv2d, inputs, outputs, kernel_size, stride, padding=kernel_size // 2, bias=bias
    )


def _down(inputs: int, outputs: int, kernel_size: int) -> nn.Sequential:
    """Return one encoder block: half the size."""
    return nn.Sequential(
        _conv(inputs, outputs, kernel_size, bias=False, stride=2),
        nn.BatchNorm2d(outputs),
        nn.LeakyReLU(NEGATIVE_SLOPE),
    )


def _up(inputs: int, outputs: int, kernel_size: int) -> nn.Sequential:
    """Return one decoder block: twice the size."""
    return nn.Sequential(
        nn.Upsample(scale_factor=2, mode="nearest"),
        _conv(inputs, outputs, kernel_size, bias=False),
        nn.BatchNorm2d(outputs),
        nn.LeakyReLU(NEGATIVE_SLOPE),
    )


def _initialize(model: nn.Module, generator: torch.Generator) -> None:
    """Draw the convolutions' parameters as `nn.Conv2d.reset_parameters` does."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_uniform_(module.weight, a=math.sqrt(5), generator=generator)
            if module.bias is not None:
                bound = 1 / math.sqrt(module.weight[0].numel())
                nn.init.uniform_(module.bias, -bound, bound, generator=generator)
