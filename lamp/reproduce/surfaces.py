"""Surfaces of several models on the same planes, spread over the cores, resumable."""

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import loky
import numpy as np
from torch import Tensor

from lamp.experiments import Trial
from lamp.experiments.processes import spread
from lamp.experiments.tasks import load_task
from lamp.experiments.trial import check_images, split_normal
from lamp.reproduce.work import Work
from landscape.figures import Levels, levels_for
from landscape.measures import plane_values
from landscape.problem import Problem
from landscape.sampling import compute
from landscape.settings import GridSettings
from landscape.surface import Status, Surface, load

_MOST_LEVELS = 20  # more are not told apart


def compute_surfaces(
    work: Work, problems: Mapping[str, Problem], grid: GridSettings, *, title: str = "surfaces"
) -> dict[str, Surface]:
    """Compute the surface of every problem, or read those that are there.

    All share seeds of directions, radius and steps. Files are in the folder `surfaces` of the
    work; a file that belongs to another model or other images is refused.

    Args:
        work: Where, and on how many processes.
        problems: By the names of their files.
        grid: The planes.
        title: Of the progress display.

    Returns:
        The surfaces, by the same names.

    Raises:
        ArithmeticError: If points could not be evaluated.
        SettingsMismatchError: If a file is of another model, or of other images.
    """
    digest = hashlib.sha256(grid.model_dump_json().encode()).hexdigest()[:8]
    paths = {name: work.folder / "surfaces" / f"{name}_{digest}.h5" for name in problems}
    todo = [
        _Job(name, problems[name], path, grid)
        for name, path in paths.items()
        if not (path.exists() and load(path).is_complete)
    ]
    with work.stages(title) as progress:
        finished = spread(_compute_one, todo, workers=work.workers or int(loky.cpu_count()))
        for done, (job, _) in enumerate(finished, start=len(problems) - len(todo) + 1):
            progress(done, len(problems), {"surface": job.name})
    # Complete files are read, once it is certain whose they are.
    found = {name: _compute(problems[name], paths[name], grid) for name in problems}
    failed = sum(int((surface.status == Status.FAILED).sum()) for surface in found.values())
    if failed:
        raise ArithmeticError(
            f"{failed} points of the surfaces in {work.folder / 'surfaces'} could not be evaluated"
        )
    return found


def accuracy_in_words(grid: GridSettings) -> str:
    """Say which points of a grid are measured, and how well the others are known.

    Example:
        >>> accuracy_in_words(GridSettings(tolerance=0.01))
        'a part measured, the rest estimated to 0.01 of its value up to 10 times the center'
        >>> accuracy_in_words(GridSettings())
        'all measured'
    """
    if grid.tolerance is None:
        return "all measured"
    return (
        f"a part measured, the rest estimated to {grid.tolerance:g} of its value up to "
        f"{grid.clip:g} times the center"
    )


def absolute_levels(surfaces: Iterable[Surface], metric: str) -> Levels:
    """Choose absolute levels for losses in different units, as the paper draws them.

    Round numbers, 1, 1.5, 2, 3, 5, 7, 10, or fewer where these would be too many, from the lowest
    loss at a center to where the first of the surfaces is no longer accurate.

    Args:
        surfaces: Of positive losses.
        metric: Which loss.

    Returns:
        The levels.

    Raises:
        LandscapeError: If there are not two such numbers.
    """
    many = list(surfaces)
    low = min(surface.center[metric] for surface in many)
    planes = [plane for one in many for plane in plane_values(one, metric)]
    limit = min(plane.level for plane in planes)
    high = max(float(np.nanmax(plane.values)) for plane in planes)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    inside: list[float] = []
    for steps in ((1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1,)):
        rungs = [float(f"{step}e{decade}") for decade in decades for step in steps]
        inside = [rung for rung in rungs if low < rung < min(high, limit)]
        if len(inside) <= _MOST_LEVELS:
            break
    return levels_for(many, metric=metric, kind="absolute", values=inside)


def seen_images(trial: Trial, root: Path | None, count: int) -> Tensor:
    """Return the first images that the model of a trial was trained on.

    Args:
        trial: Whose; trials of one task and seed have the same.
        root: Folder of the data.
        count: How many, at most.

    Returns:
        Shape (N, C, H, W).

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


def _compute_one(job: _Job) -> None:
    """Compute one surface in a worker process."""
    job.path.parent.mkdir(parents=True, exist_ok=True)
    _compute(job.problem, job.path, job.grid)


def _compute(problem: Problem, path: Path, grid: GridSettings) -> Surface:
    """Compute, continue or read a surface in this process."""
    return compute(
        problem,
        path=path,
        workers=1,
        device="cpu",
        store_directions=False,  # seed and center say it all, and the files stay small
        **grid.model_dump(),
    )
