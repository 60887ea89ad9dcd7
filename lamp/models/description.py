"""What a checkpoint says of a model, and a model from what it says."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from lamp.models.autoencoder import Autoencoder
from lamp.models.classifier import Classifier
from lamp.models.patches import Patchwise


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
