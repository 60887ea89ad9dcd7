"""The loss surface of every model of a study, under a common lens and under its own loss."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from lamp.data import OneVsRest
from lamp.losses import BaseLoss, LampLoss
from lamp.study.settings import Run, StudySettings
from lamp.study.trainings import Folder, load_model, make_loss
from landscape.objective import Problem
from landscape.sampling import compute
from landscape.sampling.rounds import Progress
from landscape.surface import Surface

COMMON, OWN = "loss", "training_loss"
"""Metrics of a study's surfaces: plain L2 for all models, and the loss each was trained with."""

_BATCH = 128


@dataclass(frozen=True)
class StudyLoss:
    """Evaluate both lenses from one forward pass.

    Args:
        own: The loss that the model was trained with.
    """

    own: BaseLoss | LampLoss

    def __call__(self, model: nn.Module, images: Tensor) -> dict[str, Tensor]:
        """Return per-sample values, shape (N,) each."""
        reconstruction = model(images)
        common = BaseLoss("l2").per_sample(reconstruction, images)
        if isinstance(self.own, BaseLoss) and self.own.base == "l2":
            return {COMMON: common, OWN: common}
        return {COMMON: common, OWN: self.own.per_sample(reconstruction, images)}


def make_problem(settings: StudySettings, run: Run, model: nn.Module, task: OneVsRest) -> Problem:
    """Make the problem of one model: its training images under both lenses."""
    images = task.train[: settings.samples]
    batches = [images[start : start + _BATCH] for start in range(0, len(images), _BATCH)]
    return Problem(model, StudyLoss(make_loss(run.loss, settings)), batches, spec=run.name)


def compute_all(
    settings: StudySettings,
    folder: Folder,
    task: OneVsRest,
    *,
    workers: int | None,
    progress: Progress | None = None,
) -> dict[Run, Surface]:
    """Compute or load the surface of every model.

    All models share the direction seeds, the radius and the images.

    Args:
        settings: The study.
        folder: Where checkpoints are and surfaces go.
        task: Its images.
        workers: Number of processes.
        progress: Called as progress(points done, points in all, info), over all surfaces.

    Returns:
        The surfaces.
    """
    runs = list(settings.runs())
    points = settings.planes * settings.steps**2
    surfaces = {}
    for index, run in enumerate(runs):

        def report(done: int, total: int, info: Mapping[str, Any], index: int = index) -> None:
            if progress is not None:
                progress((index + 1) * points - total + done, len(runs) * points, info)

        surfaces[run] = compute(
            make_problem(settings, run, load_model(folder, run), task),
            path=_fresh(folder.surface(run)),
            workers=workers,
            device="cpu",
            store_directions=False,  # seed and center say it all, and the files stay small
            progress=report,
            planes=settings.planes,
            steps=settings.steps,
            radius=settings.radius,
            seed=settings.direction_seed,
        )
    return surfaces


def _fresh(path: Path) -> Path:
    """Make the folder of a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
