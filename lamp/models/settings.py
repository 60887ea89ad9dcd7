"""A model in words: what makes it, for files and command lines."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import nn

from lamp.bounds import check_patches
from lamp.models.autoencoder import Autoencoder
from lamp.models.classifier import Classifier
from lamp.models.patches import Patchwise


class ModelSettings(BaseModel):
    """Everything that makes an autoencoder, but for its initial weights.

    Args:
        size: Height and width of the images in pixels.
        channels: Channels of the images.
        depth: Blocks of the encoder, and of the decoder, for the whole image.
        width: Channels after the first block.
        kernel_size: Side of the kernels.
        latent_channels: Channels of the bottleneck; None doubles on.
        patches: Patches along each side that are reconstructed one by one (`Patchwise`), a power
            of two. A patch of half the side has one block less, so that the bottleneck of a patch
            has the height and width that the image's would have.

    Example:
        >>> make_model(ModelSettings(size=32, patches=2)).model.config["depth"]
        3
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int = Field(32, ge=1)
    channels: int = Field(1, ge=1)
    depth: int = Field(4, ge=1)
    width: int = Field(16, ge=1)
    kernel_size: int = Field(3, ge=1)
    latent_channels: int | None = Field(None, ge=1)
    patches: int = Field(1, ge=1)

    @model_validator(mode="after")
    def _patches_fit(self) -> Self:
        """Refuse patches that leave no block, or do not tile."""
        check_patches(self.patches, size=self.size, depth=self.depth)
        return self


def make_model(settings: ModelSettings, *, seed: int = 0) -> Autoencoder | Patchwise:
    """Make an autoencoder with the initial weights of a seed.

    Raises:
        ValueError: As `Autoencoder`.
    """
    whole = settings.patches == 1
    model = Autoencoder(
        settings.size // settings.patches,
        channels=settings.channels,
        depth=settings.depth - (settings.patches.bit_length() - 1),
        width=settings.width,
        kernel_size=settings.kernel_size,
        latent_channels=settings.latent_channels,
        seed=seed,
    )
    return model if whole else Patchwise(model, settings.patches)


def describe_model(model: nn.Module) -> dict[str, Any]:
    """Return the class and, where it has one, the `config` of a model, a dictionary.

    Example:
        >>> describe_model(nn.Linear(2, 1))
        {'class': 'Linear', 'config': None}
        >>> describe_model(Patchwise(nn.Sigmoid(), 2))["config"]
        {'per_side': 2, 'model': {'class': 'Sigmoid', 'config': None}}
    """
    config = getattr(model, "config", None)
    known = dict(config) if isinstance(config, Mapping) else None
    if isinstance(model, Patchwise) and known is not None:
        known["model"] = describe_model(model.model)
    return {"class": type(model).__qualname__, "config": known}


def build_model(description: Mapping[str, Any]) -> nn.Module:
    """Build the model that `describe_model` described, with initial parameters.

    Raises:
        ValueError: If it is none of this package.

    Example:
        >>> model = Patchwise(Autoencoder(16, width=4), 2)
        >>> describe_model(build_model(describe_model(model))) == describe_model(model)
        True
    """
    name, config = description.get("class"), description.get("config") or {}
    if name == Autoencoder.__qualname__:
        return Autoencoder(**config)
    if name == Classifier.__qualname__:
        return Classifier(**config)
    if name == Patchwise.__qualname__:
        return Patchwise(build_model(config["model"]), config["per_side"])
    raise ValueError(f"expected Autoencoder, Classifier or Patchwise, got class {name!r}")
