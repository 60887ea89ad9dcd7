"""What the settings of a command stand for: loss, model, plan, device."""

import torch

from lamp.cli.settings import DetectorSettings, Device
from lamp.losses.settings import LossSettings
from lamp.models.settings import ModelSettings
from lamp.training import TrainingSettings
from landscape.errors import LandscapeError
from landscape.settings import settings_from


def loss_settings(settings: DetectorSettings) -> LossSettings:
    """Return the settings of the training loss.

    Example:
        >>> loss_settings(DetectorSettings(loss="l1-lamp", epsilon=0.2)).epsilon
        0.2
    """
    return LossSettings(
        name=settings.loss,
        epsilon=settings.epsilon,
        scale=settings.scale,
        detach=settings.detach,
    )


def model_settings(settings: DetectorSettings, channels: int) -> ModelSettings:
    """Return the settings of the autoencoder for images of so many channels."""
    return settings_from(
        ModelSettings,
        {
            "size": settings.size,
            "channels": channels,
            "depth": settings.depth,
            "width": settings.width,
            "kernel_size": settings.kernel_size,
            "latent_channels": settings.latent_channels,
            "patches": settings.patches,
        },
    )


def make_plan(settings: DetectorSettings, images: int) -> TrainingSettings:
    """Make the settings of a training on so many images.

    Example:
        >>> make_plan(DetectorSettings(epochs=3), 100).samples
        300
    """
    fixed = {} if settings.samples is None else {"samples": settings.samples}
    budget = fixed if settings.epochs is None else {"samples": settings.epochs * images}
    return TrainingSettings(
        optimizer=settings.optimizer,
        learning_rate=settings.learning_rate,
        batch_size=settings.batch_size,
        seed=settings.seed,
        **budget,
    )


def resolve_device(device: Device) -> torch.device:
    """Find the device that is meant.

    Raises:
        LandscapeError: If there is none.

    Example:
        >>> resolve_device("cpu")
        device(type='cpu')
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise LandscapeError("torch finds no CUDA device", hint="use --device cpu")
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(device)
