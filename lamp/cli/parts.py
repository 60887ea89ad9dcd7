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
    shared = settings.model_dump(include=set(LossSettings.model_fields))
    return LossSettings(name=settings.loss, **shared)


def model_settings(settings: DetectorSettings, channels: int) -> ModelSettings:
    """Return the settings of the autoencoder for images of so many channels."""
    shared = settings.model_dump(include=set(ModelSettings.model_fields))
    return settings_from(ModelSettings, {**shared, "channels": channels})


def make_plan(settings: DetectorSettings, images: int) -> TrainingSettings:
    """Make the settings of a training on so many images.

    Example:
        >>> make_plan(DetectorSettings(epochs=3), 100).samples
        300
    """
    shared = settings.model_dump(include=set(TrainingSettings.model_fields), exclude_none=True)
    if settings.epochs is not None:
        shared["samples"] = settings.epochs * images
    return TrainingSettings(**shared)
