"""Classifiers of Fig. 3: trained by L2 or LAMP between softmax and one-hot labels, resumable."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import loky
import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn import functional

from lamp.checkpoint import fingerprint, load_checkpoint, write_info
from lamp.data.split import LabelledImages
from lamp.experiments.lens import COMMON, OWN
from lamp.experiments.processes import spread
from lamp.experiments.tasks import labelled_images
from lamp.losses import BaseLoss, PerSampleLoss
from lamp.losses.settings import LossSettings, make_loss
from lamp.models import Classifier, mode
from lamp.reproduce.work import Work
from lamp.training import TrainingSettings, train

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
        words = [
            f"classifier_{self.data}_{self.loss.name}",
            f"batch{self.training.batch_size}",
            f"seed{self.training.seed}",
            hashlib.sha256(self.model_dump_json(exclude_defaults=True).encode()).hexdigest()[:8],
        ]
        return "_".join(words)


@dataclass(frozen=True, kw_only=True, eq=False)
class Trained:
    """A trained classifier.

    Args:
        settings: How it was trained.
        model: In eval mode.
        accuracy: Share of the test images whose class is found.
        data: SHA-256 of all images and labels.
    """

    settings: ClassifierSettings
    model: nn.Module
    accuracy: float
    data: str


@dataclass(frozen=True)
class ClassifierLenses:
    """Evaluate plain L2, the training loss, cross-entropy and accuracy from one forward pass.

    Args:
        own: The loss that the classifier was trained with.
    """

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


def train_classifiers(work: Work, cells: Sequence[ClassifierSettings]) -> list[Trained]:
    """Train classifiers on worker processes with one thread each, or read those that are there.

    Args:
        work: Where, and on how many processes.
        cells: Which, all of one data set.

    Returns:
        What came of them, in the order given.

    Raises:
        FloatingPointError: If a training diverged.
        FileNotFoundError: If data are missing.
        ValueError: If stored results are of other images.
    """
    folder = work.folder / "classifiers"
    data = load_labelled(cells[0], work.root)  # first of all: nothing is trained without data
    # The smallest batches take the longest: they start first, so that all cores end together.
    ordered = sorted(cells, key=lambda cell: cell.training.batch_size)
    todo = [cell for cell in ordered if not _result(folder, cell).exists()]
    one = partial(_train_one, folder=folder, root=work.root)
    with work.stages("classifiers") as progress:
        finished = spread(one, todo, workers=work.workers or int(loky.cpu_count()))
        for done, (cell, accuracy) in enumerate(finished, start=len(cells) - len(todo) + 1):
            progress(done, len(cells), {"classifier": cell.key, "accuracy": f"{accuracy:.3f}"})
    digest = _digest(data)
    return [_read(folder, cell, digest) for cell in cells]


def load_labelled(settings: ClassifierSettings, root: Path | None) -> LabelledImages:
    """Read the images of a classifier; those of the last call are kept."""
    return labelled_images(settings.data, settings.size, root)


def one_hot(labels: Tensor) -> Tensor:
    """Return the targets of labels from 0 to 9, shape (N, 10), float."""
    return functional.one_hot(labels, 10).float()


def _train_one(settings: ClassifierSettings, *, folder: Path, root: Path | None) -> float:
    """Train one classifier in a worker process, and write its accuracy on the test images."""
    data = load_labelled(settings, root)
    model = Classifier(
        settings.size, depth=settings.depth, width=settings.width, seed=settings.training.seed
    )
    train(
        model,
        make_loss(settings.loss),
        (data.train_images, one_hot(data.train_labels)),
        settings.training,
        path=_checkpoint(folder, settings),
    )
    with mode(model, training=False), torch.inference_mode():
        found = torch.cat([model(part).argmax(1) for part in torch.split(data.test_images, _BATCH)])
    accuracy = (found == data.test_labels).float().mean().item()
    document = {
        "settings": settings.model_dump(mode="json"),
        "accuracy": accuracy,
        "data": _digest(data),
    }
    write_info(_result(folder, settings), document)
    return accuracy


def _read(folder: Path, settings: ClassifierSettings, digest: str) -> Trained:
    """Read a classifier and its accuracy."""
    found = json.loads(_result(folder, settings).read_text())
    if found["data"] != digest:
        raise ValueError(
            f"expected the images of {settings.data} that the stored classifiers saw, got others: "
            "give another --out, or the data as they were"
        )
    model, _ = load_checkpoint(_checkpoint(folder, settings))
    return Trained(settings=settings, model=model, accuracy=found["accuracy"], data=digest)


def _digest(data: LabelledImages) -> str:
    """Return the SHA-256 of all images and labels."""
    names = ("train_images", "train_labels", "test_images", "test_labels")
    return fingerprint({name: getattr(data, name) for name in names})


def _checkpoint(folder: Path, settings: ClassifierSettings) -> Path:
    """Path of a trained classifier."""
    return folder / f"{settings.key}.safetensors"


def _result(folder: Path, settings: ClassifierSettings) -> Path:
    """Path of what came of it, written when all is done."""
    return folder / f"{settings.key}.result.json"
