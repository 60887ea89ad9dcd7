"""What a training was, told by its own file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from lamp.checkpoint import damage_errors, fingerprint, read_tensors
from lamp.training.settings import TrainingSettings


@dataclass(frozen=True, kw_only=True)
class TrainingRecord:
    """What a training was, by its own file.

    Args:
        model: Class and config of the model.
        settings: How it was trained.
        loss: The loss in words.
        loss_content: Digest of all that is in the loss.
        images: Digest of the images.
        finished: Whether it came to its end.
    """

    model: Mapping[str, Any]
    settings: TrainingSettings
    loss: str
    loss_content: str
    images: str
    finished: bool

    def saw(self, images: Tensor) -> bool:
        """Tell whether these are the images that it was trained on, shape (N, C, H, W)."""
        return self.images == fingerprint({"images": images})


def read_training(path: str | Path) -> TrainingRecord:
    """Read what a checkpoint was trained on.

    Args:
        path: A checkpoint of `train`, finished or not.

    Returns:
        The record.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is damaged, or no checkpoint of a training; it names the file.

    Example:
        >>> import tempfile, torch
        >>> from lamp.losses import BaseLoss
        >>> from lamp.models import Autoencoder
        >>> from lamp.training import train
        >>> images, settings = torch.zeros(4, 1, 16, 16), TrainingSettings(samples=32)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = f"{folder}/a.safetensors"
        ...     _ = train(Autoencoder(16, width=2), BaseLoss("l1"), images, settings, path=path)
        ...     record = read_training(path)
        >>> record.loss, record.settings == settings, record.saw(images), record.saw(images + 1)
        ("BaseLoss(base='l1', reduction='mean')", True, True, False)
    """
    _, info = read_tensors(path)
    if "loss_content" not in info:
        raise ValueError(f"expected a checkpoint of a training, got one of another kind: {path}")
    with damage_errors(path):
        return TrainingRecord(
            model=dict(info["model"]),
            settings=TrainingSettings.model_validate(info["settings"]),
            loss=str(info["loss"]),
            loss_content=str(info["loss_content"]),
            images=str(info["images"]),
            finished=bool(info["finished"]),
        )
