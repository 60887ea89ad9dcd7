"""The encoder that the paper's autoencoder and classifier share (sections 3.1 and 3.2)."""

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

NEGATIVE_SLOPE = 0.01  # torch's own default for LeakyReLU; the paper names none


def make_encoder(config: Mapping[str, Any]) -> tuple[nn.Sequential, list[int]]:
    """Make an encoder: each block halves the size and doubles the channels.

    Args:
        config: Of an `Autoencoder`, or more.

    Returns:
        The encoder, its convolutions of undefined values, and the channels after each block.

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
    kernel_size, size, factor = config["kernel_size"], config["size"], 2 ** config["depth"]
    if kernel_size < 1 or kernel_size % 2 == 0:
        raise ValueError(
            f"expected an odd kernel_size, which leaves the size of an image as it is, "
            f"got {kernel_size}"
        )
    if size % factor:
        below = size - size % factor
        nearest = [str(near) for near in (below, below + factor) if near]
        raise ValueError(
            f"expected size to be a multiple of 2^depth = {factor}, got {size}: "
            f"resize or pad the images to {' or '.join(nearest)}, or use a smaller depth"
        )


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
