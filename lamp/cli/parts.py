"""What the settings of a command stand for: loss, model, plan."""

from typing import TypeVar

from lamp.bounds import BATCH_SIZE
from lamp.cli.notes import note
from lamp.cli.settings import DetectorSettings, FixedSettings
from lamp.losses.settings import LossSettings
from lamp.models.settings import ModelSettings
from lamp.training import TrainingSettings
from landscape.settings import settings_from

S = TypeVar("S", bound=FixedSettings)


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


def shrink_batch(settings: S, name: str, images: int) -> S:
    """Take so many images as one batch, and say so, where the default is more than there are.

    A size that was given is never changed: where it is too large, it is refused.

    Args:
        settings: Of a command.
        name: Its batch size, or its list of them.
        images: How many are trained on.

    Example:
        >>> shrink_batch(DetectorSettings(), "batch_size", 100).batch_size
        16
    """
    if name in settings.model_fields_set or images >= BATCH_SIZE:
        return settings
    option = f"--{name.replace('_', '-')}"
    note([f"{option} is {images}, the number of images to train on, not {BATCH_SIZE}"])
    one = isinstance(getattr(settings, name), int)
    return settings.model_copy(update={name: images if one else (images,)})


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
