"""A trained model with what detection needs: held-out scores, and how it all came to be."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor, nn

from lamp.checkpoint import fingerprint, load_checkpoint, read_tensors, save_checkpoint
from lamp.data import hold_out
from lamp.detection.checks import Scores
from lamp.detection.scores import anomaly_scores
from lamp.losses import BaseLoss, LampLoss
from lamp.losses.base import base_name
from lamp.models import Patchwise
from lamp.training import Loss, Progress, TrainingSettings, train

_KEY = "detection"


@dataclass(frozen=True, kw_only=True, eq=False)
class Detector:
    """A model to score images with.

    Args:
        model: Reconstructs images.
        held_out: Scores of normal images that it was not trained on, shape (n,).
        info: All that is in its checkpoint: architecture, loss, settings, history, versions.
    """

    model: nn.Module
    held_out: Scores
    info: Mapping[str, Any]

    @property
    def size(self) -> int:
        """Side of the images in pixels."""
        return int(self._record["size"])

    @property
    def channels(self) -> int:
        """1 for grey images, 3 for colour."""
        return int(self._record["channels"])

    @property
    def latent(self) -> int:
        """Numbers in the latent code of one image."""
        return int(self._record["latent"])

    @property
    def seed(self) -> int:
        """Seed of the split and of the order of samples."""
        return int(self.info["settings"]["seed"])

    @property
    def loss(self) -> str:
        """The training loss, as tables write it, such as `L2-LAMP`."""
        return str(self._record["loss"])

    def split(self, normal: Tensor) -> tuple[Tensor, Tensor] | None:
        """Find the images that it was trained on, and those held out.

        Args:
            normal: All normal images, as given to `fit_detector`.

        Returns:
            Both, or None if `normal` is not the set that it was fitted to.
        """
        if fingerprint({"images": normal}) != self._record["images"]:
            return None
        train, held_out = hold_out(len(normal), self._record["fraction"], seed=self.seed)
        return normal[train], normal[held_out]

    @property
    def _record(self) -> Mapping[str, Any]:
        record: Mapping[str, Any] = self.info[_KEY]
        return record


def fit_detector(
    model: nn.Module,
    loss: Loss,
    normal: Tensor,
    settings: TrainingSettings,
    *,
    path: str | Path,
    fraction: float = 0.1,
    progress: Progress | None = None,
) -> Detector:
    """Train a model on normal images, hold some of them out, and write all that scoring needs.

    Interrupted, it goes on when it is called again with the same arguments (`lamp.training.train`).

    Args:
        model: With an `encoder`, such as `Autoencoder`; trained in place.
        loss: Training loss. Scores are L2 whatever it is.
        normal: Normal images, shape (N, C, H, W), float in [0, 1].
        settings: How to train; its seed also draws the images to hold out.
        path: Checkpoint, ends in `.safetensors`.
        fraction: Share of the normal images to hold out.
        progress: As in `train`.

    Returns:
        The detector.

    Raises:
        ValueError: If images are too few for the split or a batch, or `path` belongs to another
            training.
        FloatingPointError: If the training diverges.
    """
    chosen, held_out = hold_out(len(normal), fraction, seed=settings.seed)
    if settings.batch_size > len(chosen):
        raise ValueError(
            f"expected a batch size of at most {len(chosen)}, the number of images to train on "
            f"({len(normal)} less {len(held_out)} held out), got {settings.batch_size}: take a "
            "smaller batch"
        )
    train(model, loss, normal[chosen], settings, path=path, progress=progress)
    scores = anomaly_scores(model, normal[held_out], batch_size=32)
    if not np.isfinite(scores).all():
        raise FloatingPointError(
            "scores of held-out images are NaN or infinite: lower the learning rate "
            f"({settings.learning_rate:g})"
        )
    record = {
        "size": normal.shape[-1],
        "channels": normal.shape[1],
        "loss": _loss_name(loss),
        "latent": _latent(model, normal[:1]),
        "fraction": fraction,
        "images": fingerprint({"images": normal}),
        "held_out_scores": scores.tolist(),
    }
    _, info = load_checkpoint(path, model)
    save_checkpoint(path, model, {**info, _KEY: record})
    return load_detector(path)


def load_detector(path: str | Path) -> Detector:
    """Read a detector that `fit_detector` wrote.

    Args:
        path: The checkpoint.

    Returns:
        The detector, on the CPU, in eval mode.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is damaged, unfinished, or a checkpoint of another kind.
    """
    _, info = read_tensors(path)
    if info and not info.get("finished", True):
        raise ValueError(
            f"{path} is of a training that is not finished: give its command again, it goes on "
            "where it stopped"
        )
    if _KEY not in info:
        kind = f"one of {info['model']['class']}" if "model" in info else "one of another program"
        raise ValueError(
            f"expected a detector, as `lamp train` writes it, got a checkpoint without held-out "
            f"scores, {kind}: {path}"
        )
    model, info = load_checkpoint(path)
    return Detector(model=model, held_out=np.array(info[_KEY]["held_out_scores"]), info=info)


def _loss_name(loss: Loss) -> str:
    """Name a training loss as tables do."""
    if isinstance(loss, BaseLoss | LampLoss):
        return base_name(loss.base).upper() + ("-LAMP" if isinstance(loss, LampLoss) else "")
    return str(getattr(loss, "__qualname__", type(loss).__qualname__))


def _latent(model: nn.Module, image: Tensor) -> int:
    """Count the numbers between encoder and decoder, for one image."""
    counts: list[int] = []
    # Of patches, which follow one another as a batch, all codes are counted.
    encoder = (model.model if isinstance(model, Patchwise) else model).get_submodule("encoder")
    hook = encoder.register_forward_hook(lambda _module, _input, code: counts.append(code.numel()))
    device = next(model.parameters()).device
    try:
        anomaly_scores(model, image.to(device))
    finally:
        hook.remove()
    return counts[0]
