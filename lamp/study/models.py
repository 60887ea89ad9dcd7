"""Every model of a study: it is trained, scores test images, and has its loss surface taken.

Nothing is believed because of a file's name: parameters must be those of the training that is asked
for, scores those that the trial was judged by, the surface that of these parameters and images.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from lamp.detection import anomaly_scores, auroc
from lamp.experiments import Trial, TrialSettings, load_task, run_trial
from lamp.experiments.lens import OWN, BothLenses, summarize_common, worst_pixel_share
from lamp.experiments.processes import spread
from lamp.experiments.surfaces import compute_surface
from lamp.experiments.table import tabulate
from lamp.experiments.trial import Files, split_normal
from lamp.losses.settings import make_loss
from lamp.models.settings import make_model
from lamp.paper.ratios import RAW, REST, SCALE_FREE, statistics_row
from lamp.training import Progress, train
from landscape.measures import Summary, summarize
from landscape.problem import Problem
from landscape.settings import GridSettings
from landscape.surface import Status, Surface

_BATCH = 128
_ROUNDING = 1e-3  # of an AUROC: another machine may order near ties otherwise

STATISTICS = {**REST, **RAW, "minimum_offset": "offset of minimum"}
"""Those of surfaces that are not scale-free, or need no center loss, and their titles."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """What came of one training.

    Args:
        trial: Its settings, and how it was judged.
        auroc: Area under the ROC curve of the scores.
        scores: Anomaly score of each test image, shape (M,).
        surface: File of its loss surface.
        common: Statistics of its surface under plain L2; `radius_mean_rise` is the radius where
            the loss has risen by its value at the center without each image's worst pixel.
        own: Statistics under its training loss.
        worst_pixel: Share of the plain L2 loss at the center that the worst pixel of each image
            makes up.
        points: How many points of its surface there are, were measured, and failed.
    """

    trial: Trial
    auroc: float
    scores: NDArray[np.float64]
    surface: Path
    common: Summary
    own: Summary
    worst_pixel: float
    points: tuple[int, int, int]


Place = tuple[str, int, int]
"""Title of the loss, batch size and seed."""
Fits = Mapping[Place, Fit]
"""What came of every training; one that diverged has none."""
Surfaces = Mapping[Place, Surface]
"""The surfaces of the same models."""


def run_models(
    planned: Sequence[TrialSettings],
    out: Path,
    grid: GridSettings,
    *,
    samples: int,
    root: Path | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> tuple[list[Trial], Fits]:
    """Train every model, score test images with it and compute its surface, over all cores.

    Args:
        planned: Trainings of one task, the longest first.
        out: Folder with `models` and `surfaces`.
        grid: The planes, the same for all.
        samples: Training images that surfaces are evaluated on.
        root: Folder of the data.
        workers: Processes; None: one for each core.
        progress: Called as progress(models done, models in all, info).

    Returns:
        All trainings, and what is known of the models of those that did not diverge.

    Raises:
        SettingsMismatchError: If a surface is not that of the model.
        ValueError: If a model is of other images or another training, judged otherwise, or damaged.
    """
    # One task each: a worker, which takes seconds to start, trains and measures.
    work = partial(_run, out=out, grid=grid, samples=samples, root=root)
    found: dict[str, tuple[Trial, Fit | None]] = {}
    for settings, done in spread(work, planned, workers=workers):
        found[settings.key] = done
        if progress is not None:
            failed = sum(fit.points[2] for _, fit in found.values() if fit)
            progress(len(found), len(planned), {"failed": failed})
    inside = [found[settings.key] for settings in planned]
    return [trial for trial, _ in inside], {_place(trial): fit for trial, fit in inside if fit}


def _place(trial: Trial) -> Place:
    """Tell where in a study a trial is."""
    training = trial.settings.training
    return trial.settings.loss.title, training.batch_size, training.seed


def _run(
    settings: TrialSettings, *, out: Path, grid: GridSettings, samples: int, root: Path | None
) -> tuple[Trial, Fit | None]:
    """Train and measure one model in this process; what diverged is not measured."""
    trial = run_trial(settings, out / "models", root)
    return trial, _measure(trial, out, grid, samples, root) if trial.marks else None


def _measure(trial: Trial, out: Path, grid: GridSettings, samples: int, root: Path | None) -> Fit:
    """Measure a trained model."""
    task = load_task(trial.settings.task, root)
    assert task.test is not None
    assert task.labels is not None
    images, _ = split_normal(trial.settings, task)
    files = Files(out / "models", trial.settings)
    model = make_model(trial.settings.model, seed=trial.settings.training.seed)
    loss = make_loss(trial.settings.loss)
    # A finished training is read, and refused if it is another than this one.
    train(model, loss, images, trial.settings.training, path=files.checkpoint)
    scores = anomaly_scores(model.eval(), task.test)
    area, told = auroc(scores, task.labels), trial.last.auroc
    if told is None or not abs(area - told) < _ROUNDING:
        raise ValueError(
            f"{files.result} says that the AUROC is {told}, and its model has {area:.4f}: remove "
            "that file to judge anew"
        )
    path = out / "surfaces" / f"{trial.settings.key}.h5"
    images = images[:samples]
    problem = Problem(model, BothLenses(loss), list(torch.split(images, _BATCH)))
    surface = compute_surface(problem, path, grid)
    share = worst_pixel_share(model, images)
    return Fit(
        trial=trial,
        auroc=area,
        scores=np.asarray(scores, np.float64),
        surface=path,
        common=summarize_common(surface, share),
        own=summarize(surface, metric=OWN),
        worst_pixel=share,
        points=(
            surface.status.size,
            int(surface.measured.sum()),
            int((surface.status == Status.FAILED).sum()),
        ),
    )


def models_table(trials: Sequence[Trial], fits: Fits) -> pd.DataFrame:
    """Put all that is known of the models into a table.

    One row a model: settings and judgements as `tabulate` has them; under plain L2 `center`,
    `worst_pixel`, `bounded` (whether the loss does not double inside the grid along some rays), and
    the statistics of the surface, with `_low` and `_high` for the 95 % interval over planes, or
    `_bound` where one may be larger; with the prefix `own_` the scale-free ones under the loss that
    it was trained with.
    """
    rows = [
        {
            "key": fit.trial.settings.key,
            "worst_pixel": fit.worst_pixel,
            "bounded": fit.common["radius_mean"].is_bound,
            **statistics_row(fit.common, keys=[*SCALE_FREE, *STATISTICS]),
            **statistics_row(fit.own, "own_", SCALE_FREE),
            "failed_points": fit.points[2],
        }
        for fit in fits.values()
    ]
    surfaces, models = pd.DataFrame(rows), tabulate(trials).dropna(axis="columns", how="all")
    models = models.drop(columns=[name for name in surfaces if name in models and name != "key"])
    return models.merge(surfaces, on="key", how="left", validate="one_to_one")
