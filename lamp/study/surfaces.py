"""The loss surface of every model of a study, under a common lens and under its own loss."""

from functools import partial
from pathlib import Path

from torch import nn

from lamp.data import OneVsRest
from lamp.experiments.lens import COMMON, OWN, BothLenses
from lamp.experiments.processes import spread
from lamp.losses.settings import make_loss
from lamp.study.settings import Run, StudySettings
from lamp.study.trainings import Folder, load_model, loss_settings
from landscape.filling import Progress
from landscape.problem import Problem
from landscape.sampling import compute
from landscape.surface import Status, Surface, load

_BATCH = 128


def make_problem(settings: StudySettings, run: Run, model: nn.Module, task: OneVsRest) -> Problem:
    """Make the problem of one model: its training images under both lenses."""
    images = task.train[: settings.samples]
    batches = [images[start : start + _BATCH] for start in range(0, len(images), _BATCH)]
    return Problem(
        model, BothLenses(make_loss(loss_settings(run.loss, settings))), batches, spec=run.name
    )


def compute_all(
    settings: StudySettings,
    folder: Folder,
    task: OneVsRest,
    *,
    workers: int,
    progress: Progress | None = None,
) -> dict[Run, Surface]:
    """Compute or load the surface of every model, spread over the cores.

    All models share the direction seeds, the radius and the images.

    Args:
        settings: The study.
        folder: Where checkpoints are and surfaces go.
        task: Its images.
        workers: Number of processes.
        progress: Called as progress(surfaces done, surfaces in all, info).

    Returns:
        The surfaces.
    """
    runs = list(settings.runs())
    todo = [run for run in runs if not _is_complete(folder.surface(run))]
    work = partial(_compute_one, settings=settings, folder=folder, task=task)
    finished = spread(work, todo, workers=workers)
    failed = 0
    for done, (_, failures) in enumerate(finished, start=len(runs) - len(todo) + 1):
        failed += failures
        if progress is not None:
            progress(done, len(runs), {"failed": failed})
    return {run: load(folder.surface(run)) for run in runs}


def _is_complete(path: Path) -> bool:
    """Tell whether a surface is there and finished; whether it is the right one, `compute` asks."""
    return path.exists() and load(path).is_complete


def _compute_one(run: Run, *, settings: StudySettings, folder: Folder, task: OneVsRest) -> int:
    """Compute the surface of one model in this process; return the number of failed points."""
    path = folder.surface(run)
    path.parent.mkdir(parents=True, exist_ok=True)
    surface = compute(
        make_problem(settings, run, load_model(folder, run), task),
        path=path,
        workers=1,
        device="cpu",
        store_directions=False,  # seed and center say it all, and the files stay small
        planes=settings.planes,
        steps=settings.steps,
        radius=settings.radius,
        seed=settings.direction_seed,
        tolerance=settings.tolerance,
        tolerance_metrics=(COMMON, OWN),
    )
    return int((surface.status == Status.FAILED).sum())
