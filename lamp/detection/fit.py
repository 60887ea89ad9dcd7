"""Train a model to detect: normal images are trained on, chosen by, or calibrated on."""

import copy
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from lamp.checkpoint import fingerprint, load_checkpoint, save_checkpoint
from lamp.data import ImageSet, copies, hold_out
from lamp.data.split import digests
from lamp.detection.detector import RECORD, SCORES, Detector, load_detector
from lamp.detection.scores import Maps, score_images
from lamp.losses import BaseLoss, LampLoss
from lamp.losses.base import base_name
from lamp.models import Patchwise, mode
from lamp.training import Loss, Progress, TrainingSettings, train

Indices = Iterable[int] | Tensor

_LEAST = 0.01  # share of the error below which a heat-map does not tell of one pixel alone


def fit_detector(
    model: nn.Module,
    loss: Loss,
    normal: Tensor | ImageSet,
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
        normal: Normal images, shape (N, C, H, W), float in [0, 1]; or a set that was loaded from
            files, whose black and white the detector then keeps.
        settings: How to train; its seed also draws the images to hold out.
        path: Checkpoint, ends in `.safetensors`.
        fraction: Share to calibrate on of the normal images that were not chosen by, drawn by
            chance.
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
    intensity = normal.intensity if isinstance(normal, ImageSet) else None
    normal = normal.images if isinstance(normal, ImageSet) else normal
    choose = [int(i) for i in choose]
    if calibrate is None:
        others = torch.tensor(sorted(set(range(len(normal))) - set(choose)))
        calibrate = others[hold_out(len(others), fraction, seed=settings.seed)[1]]
    parts = _parts(len(normal), calibrate, choose)
    train_on = normal[parts["train"]]
    if settings.batch_size > len(train_on):
        raise ValueError(
            f"expected a batch size of at most {len(train_on)}, the number of images to train on "
            f"({len(normal)} less {len(normal) - len(train_on)} held out), got "
            f"{settings.batch_size}: take a smaller batch (`lamp train --batch-size`)"
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
        "intensity": intensity,
        "images": fingerprint({"images": normal}),
        "split": parts,
        "trained_on": digests(train_on),
        SCORES: scored.scores.tolist(),
        "notes": _notes(loss, scored.maps, len(copies(train_on, held_out))),
    }
    _, info = load_checkpoint(path, model)
    save_checkpoint(path, model, {**info, RECORD: record})
    return load_detector(path, copy.deepcopy(model).cpu())


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


def _notes(loss: Loss, maps: Maps, copied: int) -> list[str]:
    """Say what must be known of a detector."""
    notes = []
    if (worst := worst_pixel(maps)) is not None:
        # The larger LAMP's maximum, the smaller all other terms: one pixel given away pays.
        remedy = (
            "train with LAMP's maximum detached (`detach=True`, as `lamp train` does by default)"
            if isinstance(loss, LampLoss) and not loss.detach
            else "look at that place in the images, and train longer or with another seed"
        )
        notes.append(f"{worst}: heat-maps show it whatever the image is; {remedy}")
    if copied:
        notes.append(
            f"{copied} of {len(maps)} held-out images are copies of images trained on: the "
            "threshold and the p-values promise too much; keep one copy of each image"
        )
    return notes


def worst_pixel(maps: Maps) -> str | None:
    """Look for one pixel that is the worst of most images, as an amplified loss can leave it.

    Args:
        maps: Squared errors, shape (N, H, W).

    Returns:
        What it costs; None if there is no such pixel, if it has less than 1 % of the error, or if
        there is but one image.

    Example:
        >>> maps = np.zeros((3, 2, 2), np.float32)
        >>> maps[:, 1, 0], maps[:, 0, 0] = 3.0, 1.0
        >>> print(worst_pixel(maps)[:62])
        one pixel, row 1, column 0, is the worst of 3 of 3 held-out im
    """
    flat = maps.reshape(len(maps), -1).astype(np.float64)
    wrong = flat[flat.max(1, initial=0) > 0]  # a perfect reconstruction has no worst pixel
    places = wrong.argmax(1)
    counts = np.bincount(places, minlength=1)
    place = int(counts.argmax())
    if len(flat) == 1 or 2 * counts[place] <= len(flat):
        return None
    members = wrong[places == place]
    share = float((members[:, place] / members.sum(1)).mean())
    if share < _LEAST:
        return None
    row, column = divmod(place, maps.shape[2])
    return (
        f"one pixel, row {row}, column {column}, is the worst of {len(members)} of {len(flat)} "
        f"held-out images and has {share:.1%} of their error"
    )


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
