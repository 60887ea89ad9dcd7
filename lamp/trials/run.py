"""Many trials over all cores."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import loky

from lamp.spread import spread
from lamp.training import Progress
from lamp.trials.settings import TrialSettings
from lamp.trials.trial import Files, Trial, run_trial


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
        trials: Which, the most important ones first.
        folder: Where their files are.
        root: Folder of the data.
        workers: Processes; None: one for each core.
        progress: Called as progress(trials done, trials in all, info).

    Returns:
        What came of each, in the order given.

    Raises:
        FileNotFoundError: If data are missing.
        ValueError: If stored results are of other images.
        LandscapeError: If processes die again and again.
    """
    todo = [trial for trial in trials if not Files(folder, trial).result.exists()]
    work = partial(run_trial, folder=folder, root=root)
    finished = spread(work, todo, workers=workers or int(loky.cpu_count()))
    for done, (settings, trial) in enumerate(finished, start=len(trials) - len(todo) + 1):
        if progress is not None:
            auroc = f"{trial.last.auroc:.3f}" if trial.marks else "diverged"
            progress(done, len(trials), {"trial": settings.key, "AUROC": auroc})
    return [Files(folder, trial).read() for trial in trials]
