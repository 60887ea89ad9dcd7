"""The classifier of the paper's Fig. 3: the autoencoder's encoder with a linear head."""

from typing import Any

import torch
from torch import Tensor, nn

from lamp.models.autoencoder import check_config, check_images, initialize, make_encoder


class Classifier(nn.Module):
    """Encoder of the autoencoder, one linear layer, softmax (paper section 3.2, Fig. 3).

    The paper shows "the loss landscape only for the encoder part of the AE that is trained to
    predict class labels". Read as Li et al.'s code can do it: the mean squared error, here L2 or
    LAMP, between softmax and one-hot labels,
    `LampLoss(scale="none")(model(images), one_hot(labels, 10).float())`. These errors are at most
    1, so that Eq. 2 has nothing to scale. Scaled by their own maximum over the ten classes of a
    sample, and that differentiated, they teach nothing: the worst one, as a rule that of the true
    class, is not pushed down (digits, three seeds: accuracy 0.98 with "none", 0.72 with "sample"
    detached, 0.18 with "sample").

    Args:
        size: Height and width of the images in pixels, a multiple of `2^depth`.
        classes: Number of classes.
        channels: Channels of the images.
        depth: Blocks of the encoder.
        width: Channels after the first block.
        kernel_size: Side of the convolutions' kernels, odd.
        seed: Seed of the initial parameters. The encoder begins as that of an `Autoencoder` of
            this seed.

    Attributes:
        encoder: As that of `Autoencoder`.
        head: Linear, from the flattened latent to one number a class.
        config: The arguments that make the architecture.

    Raises:
        ValueError: If a number is out of its range or `size` is not a multiple of `2^depth`.

    Example:
        >>> model = Classifier(32)
        >>> probabilities = model(torch.rand(4, 1, 32, 32))
        >>> probabilities.shape, torch.allclose(probabilities.sum(1), torch.ones(4))
        (torch.Size([4, 10]), True)
    """

    def __init__(
        self,
        size: int,
        *,
        classes: int = 10,
        channels: int = 1,
        depth: int = 4,
        width: int = 16,
        kernel_size: int = 3,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if classes < 2:
            raise ValueError(f"expected at least 2 classes, got {classes}")
        self.config: dict[str, Any] = {
            "size": size,
            "classes": classes,
            "channels": channels,
            "depth": depth,
            "width": width,
            "kernel_size": kernel_size,
        }
        full = self.config | {"latent_channels": None}
        check_config(full)
        self.encoder, widths = make_encoder(full)
        features = widths[-1] * (size // 2**depth) ** 2
        self.head = nn.utils.skip_init(  # type: ignore[no-untyped-call]
            nn.Linear, features, classes
        )
        initialize(self, torch.Generator().manual_seed(seed))

    def forward(self, images: Tensor) -> Tensor:
        """Return class probabilities.

        Args:
            images: Shape (N, channels, size, size).

        Returns:
            Shape (N, classes), each row sums to 1.

        Raises:
            ValueError: If the shape is another, or one sample is left to BatchNorm in training.
        """
        check_images(images, self.config, training=self.training)
        latent = self.encoder(images)  # (N, width * 2^(depth-1), size / 2^depth, same)
        return torch.softmax(self.head(latent.flatten(1)), dim=1)
