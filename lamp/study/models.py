"""What a study knows of every model: the trained parameters, test scores, and the loss surface.

Nothing is believed because of a file's name: parameters must be those of the training that is asked
for, scores those that the trial was judged by, the surface that of these parameters and images.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import loky
import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lamp.detection import anomaly_scores, auroc
from lamp.experiments import Trial, check_images, load_task
from lamp.experiments.lens import COMMON, OWN, BothLenses, worst_pixel_share
from lamp.experiments.processes import spread
from lamp.experiments.table import tabulate
from lamp.experiments.trial import Files, split_normal
from lamp.losses.settings import make_loss
from lamp.models.settings import make_model
from lamp.paper.contrast import RAW, REST, SCALE_FREE
from lamp.training import Progress, train
from landscape.errors import SettingsMismatchError
from landscape.measures import Summary, summarize
from landscape.problem import Problem
from landscape.sampling import compute
from landscape.settings import GridSettings
from landscape.surface import Status, Surface, load

_BATCH = 128
_ROUNDING = 1e-3  # of an AUROC: another machine may order near ties otherwise

OFFSET = {"minimum_offset": "offset of minimum"}
"""How far the lowest point of the grid is from the center."""


@dataclass(frozen=True)
class Places:
    """Where the files of a study are.

    Args:
        out: Its folder.
        root: Folder of the data.
    """

    out: Path
    root: Path | None

    @property
    def models(self) -> Path:
        """Folder of the trainings."""
        return self.out / "models"

    def surface(self, trial: Trial) -> Path:
        """Path of the surface of a model."""
        return self.out / "surfaces" / f"{trial.settings.key}.h5"


@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """What came of one training.

    Args:
        trial: Its settings, and how it was judged.
        scores: Anomaly score of each test image, shape (M,).
        common: Statistics of its surface under plain L2; `radius_mean_rise` is the radius where
            the loss has risen by its value at the center without each image's worst pixel.
        own: Statistics under its training loss.
        worst_pixel: Share of the plain L2 loss at the center that the worst pixel of each image
            makes up.
        points: How many points of its surface there are, were measured, and failed.
    """

    trial: Trial
    scores: NDArray[np.float64]
    common: Summary
    own: Summary
    worst_pixel: float
    points: tuple[int, int, int]

    @property
    def place(self) -> "Place":
        """Title of its loss, batch size and seed."""
        settings = self.trial.settings
        return settings.loss.title, settings.training.batch_size, settings.training.seed

    @property
    def auroc(self) -> float:
        """Area under the ROC curve of its scores."""
        assert self.trial.last.auroc is not None
        return self.trial.last.auroc


Place = tuple[str, int, int]
"""Title of the loss, batch size and seed."""
Fits = Mapping[Place, Fit]
"""What came of every training; one that diverged has none."""
Surfaces = Mapping[Place, Surface]
"""The surfaces of the same models."""


def measure_models(
    trials: Sequence[Trial],
    places: Places,
    grid: GridSettings,
    *,
    samples: int,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Fits:
    """Score test images with every trained model and compute its surface, over all cores.

    Args:
        trials: Trainings; those that diverged are passed over.
        places: Where the files are.
        grid: The planes, the same for all.
        samples: Training images that surfaces are evaluated on.
        workers: Processes; None: one for each core.
        progress: Called as progress(models done, models in all, info).

    Returns:
        What is known of every model.

    Raises:
        SettingsMismatchError: If a surface is not that of the model.
        ValueError: If a model is of another training, judged otherwise, or damaged.
    """
    todo = [trial for trial in trials if trial.marks]
    for trial in todo:  # of one task, that of this process
        check_images(trial, load_task(trial.settings.task, places.root))
    work = partial(_measure, places=places, grid=grid, samples=samples)
    found = {}
    failed = 0
    for _, fit in spread(work, todo, workers=workers or int(loky.cpu_count())):
        found[fit.trial.settings.key] = fit
        failed += fit.points[2]
        if progress is not None:
            progress(len(found), len(todo), {"failed": failed})
    fits = [found[trial.settings.key] for trial in todo]
    return {fit.place: fit for fit in fits}


def _measure(trial: Trial, *, places: Places, grid: GridSettings, samples: int) -> Fit:
    """Measure one model in this process."""
    task = load_task(trial.settings.task, places.root)
    assert task.test is not None
    assert task.labels is not None
    images, _ = split_normal(trial.settings, task)
    model = _trained(trial, places, images)
    scores = anomaly_scores(model, task.test)
    found, told = auroc(scores, task.labels), trial.last.auroc
    if told is None or not abs(found - told) < _ROUNDING:
        raise ValueError(
            f"{Files(places.models, trial.settings).result} says that the AUROC is {told}, and its "
            f"model has {found:.4f}: remove that file to judge anew"
        )
    surface = _surface(trial, places, grid, model, images[:samples])
    share = worst_pixel_share(model, images[:samples])
    rise = surface.center[COMMON] * (1 - share)
    return Fit(
        trial=trial,
        scores=np.asarray(scores, np.float64),
        common=summarize(surface, metric=COMMON, rise=rise if rise > 0 else None),
        own=summarize(surface, metric=OWN),
        worst_pixel=share,
        points=(
            surface.status.size,
            int(surface.measured.sum()),
            int((surface.status == Status.FAILED).sum()),
        ),
    )


def _trained(trial: Trial, places: Places, images: Tensor) -> nn.Module:
    """Read a finished training, which must be the one that is asked for; see `train`."""
    settings = trial.settings
    model = make_model(settings.model, seed=settings.training.seed)
    checkpoint = Files(places.models, settings).checkpoint
    train(model, make_loss(settings.loss), images, settings.training, path=checkpoint)
    return model.eval()


def _surface(
    trial: Trial, places: Places, grid: GridSettings, model: nn.Module, images: Tensor
) -> Surface:
    """Compute a surface, go on with it, or read it; `compute` refuses that of anything else."""
    path = places.surface(trial)
    path.parent.mkdir(parents=True, exist_ok=True)
    problem = Problem(
        model, BothLenses(make_loss(trial.settings.loss)), list(torch.split(images, _BATCH))
    )
    try:
        return compute(
            problem,
            path=path,
            workers=1,
            device="cpu",
            store_directions=False,  # seed and center say it all, and the files stay small
            **grid.model_dump(),
        )
    except SettingsMismatchError as error:
        raise SettingsMismatchError(
            str(error), hint=f"remove {path} to compute it anew, or choose another --out"
        ) from error


def load_surfaces(fits: Fits, places: Places) -> Surfaces:
    """Read the surface of every model, which `measure_models` has checked."""
    return {place: load(places.surface(fit.trial)) for place, fit in fits.items()}


def models_table(trials: Sequence[Trial], fits: Fits) -> pd.DataFrame:
    """Put all that is known of the models into a table.

    Args:
        trials: All trainings.
        fits: What came of those that did not diverge.

    Returns:
        One row a model: the columns of `tabulate`; under plain L2 `center`, `worst_pixel`, and the
        statistics of the surface, each with `_low` and `_high`, the ends of its 95 % interval over
        planes; `radius_is_bound`, whether the loss does not double inside the grid along some rays.
        With the prefix `own_` the scale-free ones under the loss that the model was trained with.
    """
    rows = {
        fit.trial.settings.key: {
            "worst_pixel": fit.worst_pixel,
            "radius_is_bound": fit.common["radius_mean"].is_bound,
            **_columns(fit.common, [*SCALE_FREE, *RAW, *REST, *OFFSET], ""),
            **_columns(fit.own, [*SCALE_FREE], "own_"),
            "failed_points": fit.points[2],
        }
        for fit in fits.values()
    }
    surfaces = pd.DataFrame.from_dict(rows, orient="index").rename_axis("key").reset_index()
    return tabulate(trials).merge(surfaces, on="key", how="left", validate="one_to_one")


def _columns(summary: Summary, keys: Sequence[str], prefix: str) -> dict[str, Any]:
    """Return the center and statistics with their limits, by column."""
    columns = {f"{prefix}center": summary.center}
    for key in keys:
        one = summary[key]
        columns[f"{prefix}{key}"] = one.value
        columns |= {f"{prefix}{key}_low": one.low, f"{prefix}{key}_high": one.high}
    return columns
