"""Numbers of many trials as tables: one row for each task, one column for each seed."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from lamp.experiments.trial import Trial

Array = NDArray[np.float64]
Quantity = Callable[[Trial], float]


def final_auroc(trial: Trial) -> float:
    """Return the AUROC at the end; NaN if the training diverged or nothing was tested."""
    found = trial.last.auroc if trial.marks else None
    return math.nan if found is None else found


def auroc_at(part: int) -> Quantity:
    """Return the quantity "AUROC at a mark", counted from 0; NaN where there is none."""

    def at_mark(trial: Trial) -> float:
        found = trial.marks[part].judged.auroc if part < len(trial.marks) else None
        return math.nan if found is None else found

    return at_mark


def matrix(trials: Sequence[Trial], of: Quantity = final_auroc) -> Array:
    """Put a number of each trial in a table.

    Args:
        trials: They differ in task and seed only.
        of: The number.

    Returns:
        Shape (tasks, seeds), in the order of the trials; NaN where a trial is missing.
    """
    found = {_place(trial): of(trial) for trial in trials}
    tasks = list(dict.fromkeys(task for task, _ in found))
    seeds = sorted({seed for _, seed in found})
    return np.array([[found.get((task, seed), math.nan) for seed in seeds] for task in tasks])


def difference(
    trials: Sequence[Trial], reference: Sequence[Trial], of: Quantity = final_auroc
) -> Array:
    """Subtract from a number of each trial that of the reference with the same task and seed.

    Args:
        trials: They differ in task and seed only.
        reference: So do they.
        of: The number.

    Returns:
        Shape (tasks, seeds); NaN where one of the two is missing. A task without any pair has no
        row.
    """
    other = {_place(trial): of(trial) for trial in reference}
    tasks = list(dict.fromkeys(_place(trial)[0] for trial in trials))
    seeds = sorted({_place(trial)[1] for trial in trials})
    found = {_place(t): of(t) - other.get(_place(t), math.nan) for t in trials}
    table = np.array([[found.get((task, seed), math.nan) for seed in seeds] for task in tasks])
    kept: Array = table[~np.isnan(table).all(axis=1)]
    return kept


def digests(trials: Sequence[Trial]) -> dict[str, str]:
    """Return the SHA-256 of the images of each task."""
    return {f"images of {trial.settings.task.name} (SHA-256)": trial.data for trial in trials}


def _place(trial: Trial) -> tuple[str, int]:
    """Return the task and seed of a trial."""
    return trial.settings.task.name, trial.settings.training.seed
