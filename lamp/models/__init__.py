"""Models: the paper's autoencoder, and what is borrowed from any model and given back."""

from lamp.models.autoencoder import Autoencoder
from lamp.models.layout import channels_last
from lamp.models.mode import mode

__all__ = ["Autoencoder", "channels_last", "mode"]
