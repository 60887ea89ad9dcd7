"""AUROC of the trivial detectors on a task, so that no table stands without them."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import loky

from lamp.checkpoint import write_info
from lamp.data import hold_out
from lamp.detection import auroc
from lamp.detection.baselines import fit_baselines
from lamp.experiments.processes import spread
from lamp.experiments.settings import TaskSettings
from lamp.experiments.tasks import load_task
from lamp.training import Progress

NAMES = ("PCA", "mean image", "brightness")


def run_baselines(
    tasks: Sequence[TaskSettings],
    folder: Path,
    *,
    latent: int,
    root: Path | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> list[dict[str, float]]:
    """Judge the trivial detectors on tasks, or read how they were judged.

    Args:
        tasks: Which.
        folder: Where results are kept.
        latent: Numbers in the latent code of the models to compare with.
        root: Folder of the data.
        workers: Processes; None: one for each core.
        progress: Called as progress(tasks done, tasks in all, info).

    Returns:
        AUROC by name, one dictionary for each task.

    Raises:
        FileNotFoundError: If data are missing.
        ValueError: If a task has no test images.
    """
    files = {task: _file(folder, task, latent) for task in tasks}
    todo = [task for task in tasks if not files[task].exists()]
    work = partial(_judge, root=root)
    finished = spread(work, todo, workers=workers or int(loky.cpu_count()))
    for done, (task, found) in enumerate(finished, start=len(tasks) - len(todo) + 1):
        write_info(files[task], {"task": task.model_dump(), "latent": latent, "auroc": found})
        if progress is not None:
            progress(done, len(tasks), {"task": task.name})
    return [json.loads(files[task].read_text())["auroc"] for task in tasks]


def _file(folder: Path, task: TaskSettings, latent: int) -> Path:
    """Path of a result."""
    name = task.name.replace(" ", "-").replace("/", "-")
    return folder / f"{name}_size{task.size}_latent{latent}.baselines.json"


def _judge(task: TaskSettings, *, root: Path | None) -> dict[str, float]:
    """Judge the detectors on one task: fitted to the images that models are trained on."""
    images = load_task(task, root)
    if images.test is None or images.labels is None:
        raise ValueError(f"expected normal and anomalous test images of {task.name}, got none")
    train_on, _ = hold_out(len(images.normal))
    detectors = fit_baselines(images.normal[train_on])
    return {
        each.name: auroc(each.detect(images.test)[0], images.labels)
        for each in detectors
        if each.name in NAMES
    }
