"""Many trials over all cores."""

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

import loky

from lamp.experiments.processes import spread
from lamp.experiments.settings import TrialSettings
from lamp.experiments.tasks import load_task
from lamp.experiments.trial import Files, Trial, check_images, run_trial
from lamp.training import Progress


def run_trials(
    trials: Sequence[TrialSettings],
    folder: Path,
    *,
    root: Path | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> list[Trial]:
    """Run trials on worker processes with one thread each; those that are done are read.

    Args:
        trials: Which, the most important ones first. One that is there twice is run once.
        folder: Where their files are.
        root: Folder of the data. If all is done it is not looked at.
        workers: Processes; None: one for each core.
        progress: Called as progress(trials done, trials in all, info).

    Returns:
        What came of each, in the order given.

    Raises:
        FileNotFoundError: If data are missing.
        ValueError: If stored results are of other images than those that the others would see.
        LandscapeError: If processes die again and again.
    """
    wanted = {trial.key: trial for trial in trials}
    found = {
        key: files.read()
        for key, files in ((key, Files(folder, trial)) for key, trial in wanted.items())
        if files.result.exists()
    }
    todo = [trial for key, trial in wanted.items() if key not in found]
    _check_stored(found.values(), todo, root)
    work = partial(run_trial, folder=folder, root=root)
    for settings, trial in spread(work, todo, workers=workers or int(loky.cpu_count())):
        found[settings.key] = trial
        if progress is not None:
            progress(len(found), len(wanted), {"trial": settings.key, "AUROC": _outcome(trial)})
    return [found[trial.key] for trial in trials]


def _check_stored(
    stored: Iterable[Trial], todo: Sequence[TrialSettings], root: Path | None
) -> None:
    """Refuse to add trials to those of other images: all would seem to be of one task."""
    going_on = {settings.task for settings in todo}
    for trial in {trial.settings.task: trial for trial in stored}.values():
        if trial.settings.task in going_on:
            check_images(trial, load_task(trial.settings.task, root))


def _outcome(trial: Trial) -> str:
    """Write an AUROC, or why there is none."""
    if not trial.marks:
        return "diverged"
    return "unknown" if trial.last.auroc is None else f"{trial.last.auroc:.3f}"
