"""Another reading of Fig. 3: a trained autoencoder of which only the encoder moves."""

from dataclasses import dataclass

from torch import Tensor, nn

from lamp.experiments.lens import BothLenses
from lamp.losses import PerSampleLoss
from lamp.models import Autoencoder
from landscape.problem import Problem


@dataclass(frozen=True)
class EncoderLenses:
    """Evaluate the reconstruction of a moving encoder and a decoder that stays.

    Args:
        decoder: In eval mode.
        own: The loss that the autoencoder was trained with.
    """

    decoder: nn.Module
    own: PerSampleLoss

    def __call__(self, encoder: nn.Module, images: Tensor) -> dict[str, Tensor]:
        """Return plain L2 and the training loss of each image, shape (N,) each."""
        return BothLenses(self.own)(lambda batch: self.decoder(encoder(batch)), images)


def encoder_problem(model: Autoencoder, own: PerSampleLoss, images: Tensor) -> Problem:
    """Make the problem whose parameters are those of the encoder alone.

    Args:
        model: A trained autoencoder.
        own: The loss it was trained with.
        images: Shape (N, C, H, W).

    Returns:
        A problem whose center is that of the whole autoencoder.

    Example:
        >>> import torch
        >>> from lamp.losses import BaseLoss
        >>> model = Autoencoder(16, width=2)
        >>> problem = encoder_problem(model, BaseLoss("l2"), torch.rand(3, 1, 16, 16))
        >>> problem.model is model.encoder
        True
    """
    return Problem(model.encoder, EncoderLenses(model.decoder.eval(), own), [images])
