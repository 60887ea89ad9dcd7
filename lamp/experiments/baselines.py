"""AUROC of the trivial detectors on a task, so that no table stands without them."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from lamp.data import hold_out
from lamp.detection import auroc, fit_baselines, pca_auroc
from lamp.experiments.processes import spread
from lamp.experiments.settings import TaskSettings
from lamp.experiments.table import read_table, write_table
from lamp.experiments.tasks import load_task
from lamp.training import Progress


def run_baselines(
    tasks: Sequence[TaskSettings],
    folder: Path,
    *,
    root: Path | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Judge the trivial detectors on tasks, or read how they were judged on the same images.

    Args:
        tasks: Which.
        folder: Where results are kept.
        root: Folder of the data.
        workers: Processes; None: one for each core.
        progress: Called as progress(tasks done, tasks in all, info).

    Returns:
        Columns `task`, `detector`, `detail`, `oracle` (whether test labels chose its setting, as
        they do for the best number of principal components) and `auroc`.

    Raises:
        FileNotFoundError: If data are missing.
        ValueError: If a task has no test images.
    """
    found = {}
    work = partial(_judge, folder=folder, root=root)
    for task, table in spread(work, tasks, workers=workers):
        found[task] = table
        if progress is not None:
            progress(len(found), len(tasks), {"task": task.name})
    return pd.concat([found[task] for task in tasks], ignore_index=True)


def _judge(task: TaskSettings, *, folder: Path, root: Path | None) -> pd.DataFrame:
    """Judge the detectors on one task: fitted to the images that models are trained on."""
    images = load_task(task, root)
    if images.test is None or images.labels is None:
        raise ValueError(f"expected normal and anomalous test images of {task.name}, got none")
    name = f"{task.name.replace(' ', '-').replace('/', '-')}_{images.digest[:12]}.baselines.csv"
    if not (folder / name).exists():
        normal = images.normal[hold_out(len(images.normal))[0]]
        rows = [
            (found.name, found.detail, False, auroc(found.detect(images.test)[0], images.labels))
            for found in fit_baselines(normal)
        ]
        by_count = pca_auroc(normal, images.test, images.labels)
        best = by_count.oracle
        rows.append(("PCA", f"{best} components", True, by_count.auroc[best]))
        table = pd.DataFrame(rows, columns=["detector", "detail", "oracle", "auroc"])
        table.insert(0, "task", task.name)
        write_table(folder / name, table)
    return read_table(folder / name)  # what is read later has as many digits
