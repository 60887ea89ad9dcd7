"""Loss surfaces of several trained models on the same planes, over all cores."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

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
from landscape.errors import LandscapeError, SettingsMismatchError, SurfaceFileError
from landscape.problem import Problem
from landscape.sampling import compute
from landscape.settings import GridSettings
from landscape.surface import Status, Surface
from landscape.surface.file import REPLACE_HINT


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
        problems: By name, as are their surfaces; the first are started first.
        grid: The planes.
        folder: Of the files, `<name>_<digest of the grid>.h5`.
        workers: Processes with one thread each; None: one for each core.
        progress: Called as progress(surfaces done, surfaces in all, info).

    Raises:
        SettingsMismatchError: If a file is of another model, or of other images.
        LandscapeError: If points could not be evaluated, or processes die again and again.
    """
    work = partial(_compute, grid=grid, folder=folder)
    found: dict[str, Surface] = {}
    finished = spread(work, list(problems.items()), workers=workers)
    for (name, _), surface in finished:
        found[name] = surface
        if progress is not None:
            progress(len(found), len(problems), {"surface": name})
    for name, surface in found.items():
        if failed := int((surface.status == Status.FAILED).sum()):
            raise LandscapeError(
                f"{failed} points of the surface {_path(folder, name, grid)} could not be "
                "evaluated",
                hint="they may need more memory: use fewer workers; what is measured is kept",
            )
    return {name: found[name] for name in problems}


def compute_surface(problem: Problem, path: Path, grid: GridSettings) -> Surface:
    """Compute a surface in this process, go on with it, or read it.

    Raises:
        SettingsMismatchError: If the file is of another model, of other images or planes.
        SurfaceFileError: If it is damaged, or cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return compute(
            problem,
            path=path,
            workers=1,
            device="cpu",
            progress=None,
            store_directions=False,  # seed and center say it all, and the files stay small
            **grid.model_dump(),
        )
    except (SettingsMismatchError, SurfaceFileError) as error:
        if isinstance(error, SurfaceFileError) and error.hint != REPLACE_HINT:
            raise
        hint = f"remove {path} to compute it anew, or choose another --out"
        raise type(error)(str(error), hint=hint) from error


def model_problem(
    model: nn.Module, images: Tensor, own: LossSettings, *, encoder: bool = False
) -> Problem:
    """Make the problem of an autoencoder: plain L2, and a loss of its own, of images.

    Args:
        model: Trained; of an `Autoencoder` the decoder is put into eval mode.
        images: Shape (N, C, H, W).
        own: The loss that it was trained with, or another in its place, such as a multiple of it.
        encoder: Move the parameters of the encoder alone; the decoder stays. The center is that
            of the whole autoencoder.

    Returns:
        A problem with the metrics `COMMON` and `OWN` of `lamp.experiments.lens`.
    """
    lenses = BothLenses(make_loss(own))
    if not encoder:
        return Problem(model, lenses, [images])
    assert isinstance(model, Autoencoder)
    return Problem(model.encoder, EncoderLenses(model.decoder.eval(), lenses.own), [images])


@dataclass(frozen=True)
class EncoderLenses:
    """Evaluate a moving encoder before a decoder that stays, in eval mode: L2 and its own loss."""

    decoder: nn.Module
    own: PerSampleLoss

    def __call__(self, encoder: nn.Module, images: Tensor) -> dict[str, Tensor]:
        """Return plain L2 and the training loss of each image, shape (N,) each."""
        return BothLenses(self.own)(lambda batch: self.decoder(encoder(batch)), images)


def trained_model(trial: Trial, folder: Path) -> nn.Module:
    """Read the model at the end of a trial, in eval mode.

    Raises:
        FloatingPointError: If the training diverged.
    """
    if trial.failure:
        raise FloatingPointError(f"{trial.settings.key}: {trial.failure}")
    return load_checkpoint(Files(folder, trial.settings).checkpoint)[0]


def seen_images(trial: Trial, root: Path | None, count: int) -> Tensor:
    """Return the first images that the model of a trial was trained on, shape (count, C, H, W).

    Raises:
        ValueError: If the images are not those that the trial saw.
    """
    task = load_task(trial.settings.task, root)
    check_images(trial, task)
    return split_normal(trial.settings, task)[0][:count]


def _compute(job: tuple[str, Problem], *, grid: GridSettings, folder: Path) -> Surface:
    """Compute the surface of a name."""
    name, problem = job
    return compute_surface(problem, _path(folder, name, grid), grid)


def _path(folder: Path, name: str, grid: GridSettings) -> Path:
    """Path of a surface."""
    digest = hashlib.sha256(grid.model_dump_json().encode()).hexdigest()[:8]
    return folder / f"{name}_{digest}.h5"
