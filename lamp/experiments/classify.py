"""Classifiers trained by L2 or LAMP between softmax and one-hot labels, resumable (Fig. 3)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn import functional

from lamp.checkpoint import load_checkpoint
from lamp.experiments.lens import COMMON, OWN
from lamp.experiments.processes import spread
from lamp.experiments.tasks import labelled_images
from lamp.losses import BaseLoss, PerSampleLoss
from lamp.losses.settings import LossSettings, make_loss
from lamp.models import Classifier, mode
from lamp.training import Progress, TrainingSettings, train

CROSS_ENTROPY, ACCURACY = "cross_entropy", "accuracy"
"""Further metrics of the surfaces of classifiers."""

_BATCH = 1000


class ClassifierSettings(BaseModel):
    """One training of a classifier.

    Args:
        data: MNIST, or the digits of scikit-learn; all classes.
        size: Side of the images in pixels.
        depth: Blocks of the encoder.
        width: Channels after the first block.
        loss: Between softmax and one-hot labels.
        training: How to train. Initial weights come from its seed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Literal["digits", "mnist"] = "mnist"
    size: int = Field(32, ge=1)
    depth: int = Field(4, ge=1)
    width: int = Field(16, ge=1)
    loss: LossSettings = LossSettings()
    training: TrainingSettings = TrainingSettings()

    @property
    def key(self) -> str:
        """Name of its files: what people look for, and a digest of everything.

        Example:
            >>> ClassifierSettings().key[:-8]
            'classifier_mnist_l2_batch16_seed0_'
        """
        digest = hashlib.sha256(self.model_dump_json(exclude_defaults=True).encode()).hexdigest()
        size, seed = self.training.batch_size, self.training.seed
        return f"classifier_{self.data}_{self.loss.name}_batch{size}_seed{seed}_{digest[:8]}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Classified:
    """A classifier, trained and in eval mode, and on what share of the test images it is right."""

    settings: ClassifierSettings
    model: nn.Module
    accuracy: float


@dataclass(frozen=True)
class ClassifierLenses:
    """Evaluate plain L2, its own training loss, cross-entropy and accuracy in one forward pass."""

    own: PerSampleLoss

    def __call__(self, model: nn.Module, batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        """Return per-sample values, shape (N,) each.

        Where a probability underflows, cross-entropy is that of the smallest normal float, 87.
        """
        images, targets = batch
        found = model(images)  # (N, classes)
        logarithm = found.clamp_min(torch.finfo(found.dtype).tiny).log()
        return {
            COMMON: BaseLoss("l2").per_sample(found, targets),
            OWN: self.own.per_sample(found, targets),
            CROSS_ENTROPY: -(targets * logarithm).sum(1),
            ACCURACY: (found.argmax(1) == targets.argmax(1)).to(found.dtype),
        }


def run_classifiers(
    settings: Sequence[ClassifierSettings],
    folder: Path,
    *,
    root: Path | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> list[Classified]:
    """Train classifiers on worker processes with one thread each; those that are there are read.

    Args:
        settings: Which; what comes of them is in this order.
        folder: Of their checkpoints.
        root: Folder of the data.
        workers: Processes; None: one for each core.
        progress: Called as progress(classifiers done, classifiers in all, info).

    Raises:
        FloatingPointError: If a training diverged, saying which.
        FileNotFoundError: If data are missing.
        ValueError: If a checkpoint is of other images.
    """
    for one in settings:
        labelled_images(one.data, one.size, root)  # nothing is trained where data are missing
    found: dict[str, float] = {}
    work = partial(_train, folder=folder, root=root)
    # The smallest batches take the longest: they start first, so that all cores end together.
    ordered = sorted(settings, key=lambda one: one.training.batch_size)
    for one, accuracy in spread(work, ordered, workers=workers):
        found[one.key] = accuracy
        if progress is not None:
            progress(len(found), len(settings), {"classifier": one.key, "accuracy": accuracy})
    models = [load_checkpoint(_checkpoint(folder, one))[0] for one in settings]
    return [
        Classified(settings=one, model=model, accuracy=found[one.key])
        for one, model in zip(settings, models, strict=True)
    ]


def one_hot(labels: Tensor) -> Tensor:
    """Return the targets of labels from 0 to 9, shape (N, 10), float."""
    return functional.one_hot(labels, 10).float()


def _train(settings: ClassifierSettings, *, folder: Path, root: Path | None) -> float:
    """Train or read a classifier in a worker process; return its accuracy on the test images."""
    data = labelled_images(settings.data, settings.size, root)
    model = Classifier(
        settings.size, depth=settings.depth, width=settings.width, seed=settings.training.seed
    )
    folder.mkdir(parents=True, exist_ok=True)
    pair = (data.train_images, one_hot(data.train_labels))
    path = _checkpoint(folder, settings)
    try:
        train(model, make_loss(settings.loss), pair, settings.training, path=path)
    except FloatingPointError as error:
        raise FloatingPointError(f"{settings.key}: {error}") from error
    with mode(model, training=False), torch.inference_mode():
        found = torch.cat([model(part).argmax(1) for part in torch.split(data.test_images, _BATCH)])
    return (found == data.test_labels).float().mean().item()


def _checkpoint(folder: Path, settings: ClassifierSettings) -> Path:
    """Path of a trained classifier."""
    return folder / f"{settings.key}.safetensors"
