"""What the settings of a command stand for: loss, model, plan."""

from lamp.cli.settings import DetectorSettings
from lamp.losses.settings import LossSettings
from lamp.models.settings import ModelSettings
from lamp.training import TrainingSettings
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
