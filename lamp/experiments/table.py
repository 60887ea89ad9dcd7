"""Trials as a table: one row for each model at each mark of its training."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lamp.experiments.settings import TrialSettings
from lamp.experiments.trial import Judgement, Mark, Trial
from landscape.files import write_whole

_LAST = ("seconds", "failure", "key", "data")
_LENS = ("center", "worst_pixel", "radius", "radius_rest", "curvature", "bounded")


def tabulate(trials: Iterable[Trial], **columns: Any) -> pd.DataFrame:
    """Put trials into a table, one row for each model at each mark.

    Args:
        trials: Any.
        **columns: Further columns, the same in all rows, such as the name of an experiment.

    Returns:
        Settings: `task`, `loss` (its title), `batch_size`, `seed`, `latent` (numbers in the
        bottleneck of the whole image), `optimizer`, `learning_rate`, `sam_radius`, `patches`,
        `kernel_size`, `width`, `samples` (budget). What came of it: `seen` (images at the mark),
        `end` (whether it is the last mark), `held_out`, `auroc`, and under the common lens
        `center`, `worst_pixel`, `radius`, `radius_rest`, `curvature` and `bounded` (`Sharpness`);
        numbers with `_running` are for BatchNorm's running statistics. And `seconds`, `failure`,
        `key`, `data` (SHA-256 of the images). A training that diverged has one row without numbers.
    """
    rows = [columns | row for trial in trials for row in _rows(trial)]
    found = pd.DataFrame(rows)
    numbers = ["held_out", "auroc", *_LENS[:-1]]
    for name in (each + suffix for suffix in ("", "_running") for each in numbers):
        found[name] = found[name].astype(float) if name in found else np.nan
    found["bounded"] = found["bounded"].eq(other=True) if "bounded" in found else False
    return found[[*(name for name in found if name not in _LAST), *_LAST]]


def write_table(path: Path, models: pd.DataFrame) -> None:
    """Write a table of models as CSV, with five significant digits; `read_table` reads it."""
    write_whole(path, models.to_csv(index=False, float_format="%.5g", lineterminator="\n"))


def read_table(path: Path) -> pd.DataFrame:
    """Read a table from CSV; what is empty is NaN in numbers, and an empty text in words."""
    words = ("detail", "failure")
    read = pd.read_csv(path, dtype=dict.fromkeys(words, str))
    return read.fillna(dict.fromkeys(words, ""))


def latent_numbers(settings: TrialSettings) -> int:
    """Count the numbers in the bottleneck for a whole image.

    Example:
        >>> from lamp.experiments.settings import TaskSettings
        >>> latent_numbers(TrialSettings(task=TaskSettings(normal=3)))
        512
    """
    model = settings.model
    channels = model.latent_channels or model.width * 2 ** (model.depth - 1)
    return int(channels * (model.size // 2**model.depth) ** 2)


def _rows(trial: Trial) -> Iterator[dict[str, Any]]:
    """Yield the rows of a trial."""
    settings = trial.settings
    model, training = settings.model, settings.training
    row = {
        "task": settings.task.name,
        "loss": settings.loss.title,
        "batch_size": training.batch_size,
        "seed": training.seed,
        "latent": latent_numbers(settings),
        "optimizer": training.optimizer,
        "learning_rate": training.learning_rate,
        "sam_radius": training.sam_radius,
        "patches": model.patches,
        "kernel_size": model.kernel_size,
        "width": model.width,
        "samples": training.samples,
    }
    last = {
        "seconds": round(trial.seconds, 1),
        "failure": trial.failure,
        "key": settings.key,
        "data": trial.data,
    }
    if not trial.marks:
        yield row | {"seen": 0, "end": True} | last
    for mark in trial.marks:
        yield row | _numbers(mark) | {"end": trial.finished and mark is trial.marks[-1]} | last


def _numbers(mark: Mark) -> dict[str, Any]:
    """Return what came of a model at a mark."""
    running = _judged(mark.running) if mark.running else {}
    beside = {f"{name}_running": value for name, value in running.items()}
    return {"seen": mark.samples} | _judged(mark.judged) | beside


def _judged(judgement: Judgement) -> dict[str, Any]:
    """Return the numbers of a judgement."""
    sharpness = judgement.sharpness
    lens = {name: getattr(sharpness, name) for name in _LENS} if sharpness else {}
    return {"held_out": judgement.held_out, "auroc": judgement.auroc, **lens}
