"""Run a trial, go on with it, or read it; many of them over all cores."""

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

import loky
from torch import nn

from lamp.experiments.expected import expected_seconds
from lamp.experiments.judge import Judge
from lamp.experiments.processes import spread
from lamp.experiments.settings import TrialSettings
from lamp.experiments.tasks import load_task
from lamp.experiments.trial import Files, Trial, check_images
from lamp.losses.settings import make_loss
from lamp.models.settings import make_model
from lamp.training import Progress, train
from lamp.training.resume import partial_state


def run_trial(
    settings: TrialSettings, folder: Path, root: Path | None = None, *, until: int | None = None
) -> Trial:
    """Run a trial, go on with it, or read what came of it.

    Files in the folder, all beginning with `settings.key`: the checkpoint or the state of an
    unfinished training, the marks so far, and at the end the result.

    Args:
        settings: Which.
        folder: Where its files are.
        root: Folder of the data.
        until: Mark at which it stops, counted from 1. A later call goes on from there and comes to
            the same bits. By default it goes on to its end.

    Returns:
        What came of it, or how it stood at that mark. A training that diverges is a result too.

    Raises:
        ValueError: If what is stored is of other images, damaged or edited.
    """
    task = load_task(settings.task, root)
    files = Files(folder, settings)
    if (stored := files.read(until)) is not None:
        check_images(stored, task)
        return stored
    judge = Judge(files, task)
    try:
        trial = judge.trial(_train(judge, until))
    except FloatingPointError as error:
        trial = judge.trial(failure=str(error))
        _partial(files).unlink(missing_ok=True)
    (files.write if trial.finished else files.write_marks)(trial)
    return trial


def run_trials(
    trials: Sequence[TrialSettings],
    folder: Path,
    *,
    root: Path | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    until: int | None = None,
) -> list[Trial]:
    """Run trials on worker processes with one thread each; those that are done are read.

    Args:
        trials: Which, the most important ones first. One that is there twice is run once.
        folder: Where their files are.
        root: Folder of the data. If all is done it is not looked at.
        workers: Processes; None: one for each core.
        progress: Called as progress(trials done, trials in all, info), before the first one with
            the seconds that are `expected` of one of so many `workers`.
        until: As in `run_trial`.

    Returns:
        What came of each, in the order given.

    Raises:
        FileNotFoundError: If data are missing.
        ValueError: If stored results are of other images than those that the others would see, or
            damaged or edited.
        LandscapeError: If processes die again and again.
    """
    wanted = {trial.key: trial for trial in trials}
    stored = {key: Files(folder, trial).read(until) for key, trial in wanted.items()}
    found = {key: trial for key, trial in stored.items() if trial is not None}
    todo = [trial for key, trial in wanted.items() if key not in found]
    _check_stored(found.values(), todo, root)
    if progress is not None and len(todo) > 1:
        count = min(workers or int(loky.cpu_count()), len(todo))
        share = 1.0 if until is None else until / todo[0].marks
        told = {"expected": share * expected_seconds(todo), "workers": count}
        progress(len(found), len(wanted), told)
    work = partial(run_trial, folder=folder, root=root, until=until)
    for settings, trial in spread(work, todo, workers=workers):
        found[settings.key] = trial
        if progress is not None:
            progress(len(found), len(wanted), {"trial": settings.key, "AUROC": _outcome(trial)})
    return [found[trial.key] for trial in trials]


def _train(judge: Judge, until: int | None) -> float:
    """Train and judge; return the seconds that the training took."""
    files, settings = judge.files, judge.settings
    partial = _partial(files)
    if partial.is_file():  # it may have died after this was written and before it was judged
        state, samples = partial_state(partial)
        stopped: nn.Module = make_model(settings.model)
        stopped.load_state_dict(state)
        judge(stopped, samples)
        if not judge.knows(samples):
            partial.unlink()
    if not judge.trial().finished:
        files.checkpoint.unlink(missing_ok=True)  # its marks were lost or removed
    model = make_model(settings.model, seed=settings.training.seed)
    return train(
        model,
        make_loss(settings.loss),
        judge.train_on,
        settings.training,
        path=files.checkpoint,
        progress=lambda done, _total, _info: judge(model, done),
        until=None if until is None else judge.due[until - 1],
    ).seconds


def _partial(files: Files) -> Path:
    """Return where the state of an unfinished training is."""
    return files.checkpoint.with_suffix(".partial.safetensors")


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
