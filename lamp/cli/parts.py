"""What the settings of a command stand for: loss, model, plan, device."""

from typing import Literal, cast

import torch

from lamp.cli.settings import DetectorSettings
from lamp.losses import BaseLoss, LampLoss
from lamp.models import Autoencoder
from lamp.training import TrainingSettings
from landscape.errors import LandscapeError
from landscape.settings import Device


def make_loss(settings: DetectorSettings) -> BaseLoss | LampLoss:
    """Make the training loss.

    Example:
        >>> make_loss(DetectorSettings(loss="l1-lamp", epsilon=0.2)).epsilon
        0.2
    """
    base = cast("Literal['l2', 'l1']", settings.loss.removesuffix("-lamp"))
    if base == settings.loss:
        return BaseLoss(base)
    return LampLoss(base, epsilon=settings.epsilon, scale=settings.scale, detach=settings.detach)


def make_model(settings: DetectorSettings, channels: int) -> Autoencoder:
    """Make the autoencoder for images of so many channels, where it is to be trained."""
    model = Autoencoder(
        settings.size,
        channels=channels,
        depth=settings.depth,
        width=settings.width,
        kernel_size=settings.kernel_size,
        seed=settings.seed,
    )
    return model.to(resolve_device(settings.device))


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
