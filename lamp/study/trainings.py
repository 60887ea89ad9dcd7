"""Train every model of a study, spread over the cores, each from where it stopped."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from lamp.checkpoint import load_checkpoint
from lamp.data import OneVsRest, load_digits, load_mnist, one_vs_rest
from lamp.experiments.processes import spread
from lamp.losses.settings import LossSettings, make_loss
from lamp.models import Autoencoder
from lamp.models.settings import ModelSettings, make_model
from lamp.study.settings import LossName, Run, StudySettings
from lamp.training import Progress, TrainingSettings, train


@dataclass(frozen=True)
class Folder:
    """Where a study's files are."""

    root: Path

    def checkpoint(self, run: Run) -> Path:
        """Path of a trained model."""
        return self.root / "models" / f"{run.name}.safetensors"

    def surface(self, run: Run) -> Path:
        """Path of a surface."""
        return self.root / "surfaces" / f"{run.name}.h5"

    @property
    def settings(self) -> Path:
        """Path of the settings."""
        return self.root / "study.json"

    @property
    def results(self) -> Path:
        """Path of the numbers."""
        return self.root / "results.json"

    @property
    def figures(self) -> Path:
        """Folder of the figures."""
        return self.root / "figures"

    @property
    def report(self) -> Path:
        """Path of the page."""
        return self.root / "report.html"


def load_task(settings: StudySettings, data_root: Path | None) -> OneVsRest:
    """Load the images of a study.

    Args:
        settings: Which data, and which class is normal.
        data_root: Where MNIST is.

    Returns:
        The task.

    Raises:
        ValueError: If MNIST is asked for without its folder, or the class does not exist.
    """
    if settings.data == "digits":
        return one_vs_rest(load_digits(settings.image_size), settings.normal)
    if data_root is None:
        raise ValueError(
            "mnist needs --data-root, the folder that holds it; `lamp data mnist --data-root DIR` "
            "downloads it there"
        )
    return one_vs_rest(load_mnist(data_root), settings.normal)


def loss_settings(name: LossName, settings: StudySettings) -> LossSettings:
    """Return the settings of a training loss of the study.

    Example:
        >>> loss_settings("l2-lamp", StudySettings(epsilon=0.2)).epsilon
        0.2
    """
    return LossSettings(
        name=name, epsilon=settings.epsilon, scale=settings.scale, detach=settings.detach
    )


def model_settings(settings: StudySettings) -> ModelSettings:
    """Return the settings of the study's autoencoder."""
    return ModelSettings(
        size=settings.image_size, width=settings.width, kernel_size=settings.kernel_size
    )


def train_all(
    settings: StudySettings,
    folder: Folder,
    task: OneVsRest,
    *,
    workers: int,
    progress: Progress | None = None,
) -> None:
    """Train all models of a study on worker processes with one thread each.

    Finished models are kept, interrupted ones go on.

    Args:
        settings: The study.
        folder: Where the checkpoints go.
        task: Its images.
        workers: Number of processes.
        progress: Called as progress(models done, models in all, info).

    Raises:
        FloatingPointError: If a training diverges.
        ValueError: If a checkpoint was trained with other settings.
    """
    # The smallest batches take the longest: they start first, so that all cores end together.
    runs = sorted(settings.runs(), key=lambda run: run.batch_size)
    todo = [run for run in runs if not folder.checkpoint(run).with_suffix(".json").exists()]
    work = partial(_train_one, settings=settings, folder=folder, images=task.train)
    finished = spread(work, todo, workers=workers)
    for done, (run, steps) in enumerate(finished, start=len(runs) - len(todo) + 1):
        if progress is not None:
            progress(done, len(runs), {"name": run.name, "steps": steps})


def _train_one(run: Run, *, settings: StudySettings, folder: Folder, images: torch.Tensor) -> int:
    """Train one model in a worker process."""
    plan = TrainingSettings(
        optimizer=settings.optimizer,
        learning_rate=settings.learning_rate,
        batch_size=run.batch_size,
        samples=settings.train_samples,
        seed=run.seed,
    )
    model = make_model(model_settings(settings), seed=run.seed)
    loss = make_loss(loss_settings(run.loss, settings))
    return train(model, loss, images, plan, path=folder.checkpoint(run)).steps


def load_model(folder: Folder, run: Run) -> Autoencoder:
    """Load a trained model of a study."""
    model, _ = load_checkpoint(folder.checkpoint(run))
    assert isinstance(model, Autoencoder)
    return model
