"""Models: the paper's autoencoder and classifier, and what is borrowed from any model."""

from lamp.models.autoencoder import Autoencoder
from lamp.models.borrowed import channels_last, mode
from lamp.models.classifier import Classifier
from lamp.models.patches import Patchwise, split_patches, stitch_patches
from lamp.models.settings import build_model, describe_model
from lamp.models.upsample import UpsampleConv2d

__all__ = [
    # the paper's
    "Autoencoder",
    "Classifier",
    "Patchwise",
    "UpsampleConv2d",
    "split_patches",
    "stitch_patches",
    # to and from a checkpoint
    "build_model",
    "describe_model",
    # borrowed and given back
    "channels_last",
    "mode",
]
