"""Loss surfaces of several trained models on the same planes, over all cores."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import loky
import torch
from torch import Tensor, nn

from lamp.checkpoint import load_checkpoint
from lamp.experiments.lens import BothLenses
from lamp.experiments.processes import spread
from lamp.experiments.tasks import load_task
from lamp.experiments.trial import Files, Trial, check_images, split_normal
from lamp.losses import PerSampleLoss
from lamp.losses.settings import LossSettings, make_loss
from lamp.models import Autoencoder
from lamp.training import Progress
from landscape.errors import LandscapeError
from landscape.problem import Problem
from landscape.sampling import compute
from landscape.settings import GridSettings
from landscape.surface import Status, Surface, load

_BATCH = 128


def run_surfaces(
    problems: Mapping[str, Problem],
    grid: GridSettings,
    folder: Path,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
) -> dict[str, Surface]:
    """Compute the surface of every problem on worker processes; those that are there are read.

    All share the seed of the directions, radius and steps, so that models of one architecture are
    seen on the same planes. An unfinished surface goes on where it stopped.

    Args:
        problems: By name; the first are started first.
        grid: The planes.
        folder: Of the files, `<name>_<digest of the grid>.h5`.
        workers: Processes with one thread each; None: one for each core.
        progress: Called as progress(surfaces done, surfaces in all, info).

    Returns:
        The surfaces, by the same names.

    Raises:
        SettingsMismatchError: If a file is of another model, or of other images.
        LandscapeError: If points could not be evaluated, or processes die again and again.
    """
    digest = hashlib.sha256(grid.model_dump_json().encode()).hexdigest()[:8]
    jobs = {
        name: _Job(name, problem, folder / f"{name}_{digest}.h5", grid)
        for name, problem in problems.items()
    }
    todo = [job for job in jobs.values() if not (job.path.exists() and load(job.path).is_complete)]
    folder.mkdir(parents=True, exist_ok=True)
    finished = spread(_compute_file, todo, workers=workers or int(loky.cpu_count()))
    for done, (job, _) in enumerate(finished, start=len(jobs) - len(todo) + 1):
        if progress is not None:
            progress(done, len(jobs), {"surface": job.name})
    # A complete file is read by `compute`, which refuses that of another model or other images.
    found = {name: _compute(job) for name, job in jobs.items()}
    for name, surface in found.items():
        if failed := int((surface.status == Status.FAILED).sum()):
            raise LandscapeError(
                f"{failed} points of the surface {jobs[name].path} could not be evaluated",
                hint="they may need more memory: use fewer workers; what is measured is kept",
            )
    return found


def trial_problem(
    trial: Trial,
    folder: Path,
    *,
    root: Path | None = None,
    images: int = 128,
    own: LossSettings | None = None,
    encoder: bool = False,
) -> Problem:
    """Make the problem of a trial's model: plain L2 and its own loss of images it was trained on.

    Args:
        trial: Whose; trials of one task and seed have the same images.
        folder: Of the trials.
        root: Folder of the data.
        images: How many of its training images, the first ones.
        own: Another loss in place of that of its training, such as a multiple of it.
        encoder: Move the parameters of the encoder alone; the decoder stays. The center is that
            of the whole autoencoder.

    Returns:
        A problem with the metrics `COMMON` and `OWN` of `lamp.experiments.lens`.

    Raises:
        FloatingPointError: If the training diverged.
        ValueError: If the images are not those that the trial saw.
    """
    model = trained_model(trial, folder)
    batches = list(torch.split(seen_images(trial, root, images), _BATCH))
    lenses = BothLenses(make_loss(own or trial.settings.loss))
    if not encoder:
        return Problem(model, lenses, batches)
    assert isinstance(model, Autoencoder)
    return Problem(model.encoder, EncoderLenses(model.decoder.eval(), lenses.own), batches)


@dataclass(frozen=True)
class EncoderLenses:
    """Evaluate the reconstruction of a moving encoder and a decoder that stays.

    Args:
        decoder: In eval mode.
        own: The loss that the autoencoder was trained with.
    """

    decoder: nn.Module
    own: PerSampleLoss

    def __call__(self, encoder: nn.Module, images: Tensor) -> dict[str, Tensor]:
        """Return plain L2 and the training loss of each image, shape (N,) each."""
        return BothLenses(self.own)(lambda batch: self.decoder(encoder(batch)), images)


def trained_model(trial: Trial, folder: Path) -> nn.Module:
    """Read the model at the end of a trial.

    Args:
        trial: Which.
        folder: Of the trials.

    Returns:
        The model, in eval mode.

    Raises:
        FloatingPointError: If the training diverged.
    """
    if trial.failure:
        raise FloatingPointError(f"{trial.settings.key}: {trial.failure}")
    return load_checkpoint(Files(folder, trial.settings).checkpoint)[0]


def seen_images(trial: Trial, root: Path | None, count: int) -> Tensor:
    """Return the first images that the model of a trial was trained on, shape (count, C, H, W).

    Args:
        trial: Whose.
        root: Folder of the data.
        count: How many, at most.

    Raises:
        ValueError: If the images are not those that the trial saw.
    """
    task = load_task(trial.settings.task, root)
    check_images(trial, task)
    return split_normal(trial.settings, task)[0][:count]


@dataclass(frozen=True)
class _Job:
    """One surface to compute."""

    name: str
    problem: Problem
    path: Path
    grid: GridSettings


def _compute_file(job: _Job) -> None:
    """Compute one surface in a worker process; the values stay in its file."""
    _compute(job)


def _compute(job: _Job) -> Surface:
    """Compute, continue or read a surface in this process."""
    return compute(
        job.problem,
        path=job.path,
        workers=1,
        device="cpu",
        store_directions=False,  # seed and center say it all, and the files stay small
        **job.grid.model_dump(),
    )
