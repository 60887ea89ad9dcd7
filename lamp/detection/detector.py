"""A trained model with what detection needs: held-out scores, and how it all came to be."""

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lamp.checkpoint import fingerprint, load_checkpoint, read_tensors, save_checkpoint
from lamp.data import hold_out
from lamp.detection.checks import Scores
from lamp.detection.decisions import Decisions, about_threshold
from lamp.detection.inputs import Photographs, as_images
from lamp.detection.scores import Maps, score_images, smooth
from lamp.detection.threshold import normal_threshold, p_values
from lamp.detection.worst import about_worst, worst_pixel
from lamp.losses import BaseLoss, LampLoss
from lamp.losses.base import base_name
from lamp.models import Patchwise, mode
from lamp.training import Loss, Progress, TrainingSettings, train

Indices = Iterable[int] | Tensor

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

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be known of it."""
        return tuple(self._record["notes"])

    def score(
        self,
        photographs: Photographs,
        *,
        false_alarms: float = 0.05,
        smoothing: float | None = None,
    ) -> Decisions:
        """Score photographs and decide which are anomalous.

        Args:
            photographs: One or several: a file, a folder, an array, or what `lamp.data` loaded
                (`as_images` tells all forms). They are brought to the size of the detector.
            false_alarms: Share of normal images that may be called anomalous.
            smoothing: Standard deviation of the Gaussian that smooths heat-maps, in pixels; by
                default 4 at a size of 256, as in PaDiM and SPADE, in proportion at others.

        Returns:
            Scores, heat-maps, decisions and p-values.

        Raises:
            FileNotFoundError: If there is no such file.
            ValueError: If they cannot be read, or a setting is out of its range.
        """
        images = as_images(photographs, size=self.size, channels=self.channels)
        threshold = normal_threshold(self.held_out, false_alarms)
        scored = score_images(self.model, images.images)
        sigma = self.size / 64 if smoothing is None else smoothing
        return Decisions(
            images=images,
            scored=scored,
            heat_maps=smooth(scored.maps, sigma),
            threshold=threshold,
            p_values=p_values(scored.scores, self.held_out),
            false_alarms=false_alarms,
            sigma=sigma,
            notes=(*self.notes, *about_threshold(threshold, false_alarms)),
        )

    def split(self, normal: Tensor) -> tuple[Tensor, Tensor] | None:
        """Find the images that it was trained on, and those that give the threshold.

        Args:
            normal: All normal images, as given to `fit_detector`.

        Returns:
            Both, or None if `normal` is not the set that it was fitted to.
        """
        if fingerprint({"images": normal}) != self._record["images"]:
            return None
        parts = self._record["split"]
        return normal[parts["train"]], normal[parts["calibrate"]]

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
    calibrate: Indices | None = None,
    choose: Indices = (),
    progress: Progress | None = None,
) -> Detector:
    """Train a model on normal images, hold some of them out, and write all that scoring needs.

    Interrupted, it goes on when it is called again with the same arguments (`lamp.training.train`).

    What the threshold promises holds for images that nothing was chosen by. Where several models
    were trained and one was chosen by its error on some images, name those as `choose`, and others
    as `calibrate`: neither is trained on, and only the latter give the threshold.

    Args:
        model: With an `encoder`, such as `Autoencoder`; trained in place.
        loss: Training loss. Scores are L2 whatever it is.
        normal: Normal images, shape (N, C, H, W), float in [0, 1].
        settings: How to train; its seed also draws the images to hold out.
        path: Checkpoint, ends in `.safetensors`.
        fraction: Share of the normal images to calibrate on, drawn by chance.
        calibrate: Indices of the images to calibrate on, in place of a draw.
        choose: Indices of images that the model was chosen by.
        progress: As in `train`.

    Returns:
        The detector.

    Raises:
        ValueError: If images are too few for the split or a batch, indices are wrong, or `path`
            belongs to another training.
        FloatingPointError: If the training diverges.
    """
    if calibrate is None:
        calibrate = hold_out(len(normal), fraction, seed=settings.seed)[1]
    parts = _parts(len(normal), calibrate, choose)
    train_on = normal[parts["train"]]
    if settings.batch_size > len(train_on):
        raise ValueError(
            f"expected a batch size of at most {len(train_on)}, the number of images to train on "
            f"({len(normal)} less {len(normal) - len(train_on)} held out), got "
            f"{settings.batch_size}: take a smaller batch"
        )
    train(model, loss, train_on, settings, path=path, progress=progress)
    held_out = normal[parts["calibrate"]]
    scored = score_images(model, held_out)
    if not np.isfinite(scored.scores).all():
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
        "split": parts,
        "held_out_scores": scored.scores.tolist(),
        "notes": _notes(loss, scored.maps, copies(held_out, train_on), len(held_out)),
    }
    _, info = load_checkpoint(path, model)
    save_checkpoint(path, model, {**info, _KEY: record})
    return load_detector(path, copy.deepcopy(model).cpu())


def load_detector(path: str | Path, model: nn.Module | None = None) -> Detector:
    """Read a detector that `fit_detector` wrote.

    Args:
        path: The checkpoint.
        model: Of the architecture that was trained, loaded in place; by default the one that the
            checkpoint describes, which one of your own has to be given here.

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
    model, info = load_checkpoint(path, model)
    return Detector(model=model.eval(), held_out=np.array(info[_KEY]["held_out_scores"]), info=info)


def copies(images: Tensor, among: Tensor) -> int:
    """Count the images that are, pixel for pixel, also among others.

    Args:
        images: Shape (N, C, H, W).
        among: Shape (M, C, H, W).

    Returns:
        How many of the N.

    Example:
        >>> images = torch.arange(6.0).view(3, 1, 1, 2)
        >>> copies(images, images[1:])
        2
    """
    known = {image.numpy().tobytes() for image in among}
    return sum(image.numpy().tobytes() in known for image in images)


def _parts(count: int, calibrate: Indices, choose: Indices) -> dict[str, list[int]]:
    """Divide the normal images: what is neither chosen by nor calibrated on is trained on."""
    held = {"choose": [int(i) for i in choose], "calibrate": [int(i) for i in calibrate]}
    together = [*held["choose"], *held["calibrate"]]
    if not held["calibrate"]:
        raise ValueError("expected at least one image to calibrate on, got none")
    if len(set(together)) < len(together) or not all(0 <= i < count for i in together):
        raise ValueError(
            f"expected indices from 0 to {count - 1}, each once, to choose by or to calibrate on, "
            f"got {together[:8]}{' ...' if len(together) > 8 else ''}"
        )
    train_on = sorted(set(range(count)) - set(together))
    if not train_on:
        raise ValueError(f"expected images to train on, got all {count} held out")
    return {"train": train_on, **held}


def _notes(loss: Loss, maps: Maps, copied: int, held_out: int) -> list[str]:
    """Say what must be known of a detector."""
    notes = []
    if (worst := worst_pixel(maps)) is not None:
        literal = isinstance(loss, LampLoss) and not loss.detach
        notes.append(about_worst(worst, amplified=literal))
    if copied:
        notes.append(
            f"{copied} of {held_out} held-out images are copies of images trained on: the "
            "threshold and the p-values promise too much; keep one copy of each image"
        )
    return notes


def _loss_name(loss: Loss) -> str:
    """Name a training loss as tables do."""
    if isinstance(loss, LampLoss):
        detached = ", maximum detached" if loss.detach else ""
        return f"{base_name(loss.base).upper()}-LAMP{detached}"
    if isinstance(loss, BaseLoss):
        return base_name(loss.base).upper()
    return str(getattr(loss, "__qualname__", type(loss).__qualname__))


def _latent(model: nn.Module, image: Tensor) -> int:
    """Count the numbers between encoder and decoder, for one image."""
    counts: list[int] = []
    # Of patches, which follow one another as a batch, all codes are counted.
    encoder = (model.model if isinstance(model, Patchwise) else model).get_submodule("encoder")
    hook = encoder.register_forward_hook(lambda _module, _input, code: counts.append(code.numel()))
    try:
        with mode(model, training=False), torch.inference_mode():
            model(image.to(next(model.parameters()).device))
    finally:
        hook.remove()
    return counts[0]
