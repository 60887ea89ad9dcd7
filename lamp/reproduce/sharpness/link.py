"""Whether sharpness goes along with detection: correlations, and pairs of models."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from lamp.experiments import Trial
from lamp.experiments.collect import Quantity, final_auroc
from lamp.reproduce.mnist import batch_size

Array = NDArray[np.float64]

_LEVEL = 0.95
_RESAMPLES = 2000
_SAME = 1e-9  # logarithms of ratios closer than this are equal but for rounding


@dataclass(frozen=True, kw_only=True)
class Number:
    """A number with its interval, from a bootstrap over tasks.

    Args:
        value: The number.
        low: Lower end of the 95 % interval.
        high: Upper end.
        models: Models, or pairs of models, behind it.
    """

    value: float
    low: float
    high: float
    models: int


@dataclass(frozen=True, kw_only=True)
class Line:
    """Differences of detection as a line of differences of sharpness, over pairs of models.

    Args:
        at_equal: Difference of AUROC where sharpness is equal: what sharpness does not explain.
        slope: Difference of AUROC for each unit of the logarithm of the ratio of sharpness.
    """

    at_equal: Number
    slope: Number


def centered(trials: Sequence[Trial], of: Quantity, *, by_batch_size: bool) -> Array:
    """Subtract from a number of each trial the mean of its group.

    Digits differ in how hard they are, and in how far anything goes; between them nothing is
    compared.

    Args:
        trials: Any.
        of: The number.
        by_batch_size: Groups are tasks and batch sizes; else tasks.

    Returns:
        Shape (trials,), NaN where the number is.
    """
    values = np.array([of(trial) for trial in trials])
    groups = [(t.settings.task.name, batch_size(t) if by_batch_size else 0) for t in trials]
    result = np.full(len(values), np.nan)
    for group in dict.fromkeys(groups):
        own = np.array([each == group for each in groups]) & ~np.isnan(values)
        if own.any():
            result[own] = values[own] - values[own].mean()
    return result


def correlation(trials: Sequence[Trial], of: Quantity, *, by_batch_size: bool) -> Number:
    """Compute Spearman's rank correlation of a number with AUROC, within groups.

    Args:
        trials: Models.
        of: The number.
        by_batch_size: As in `centered`.

    Returns:
        The correlation; its interval is from a bootstrap over tasks.
    """
    pairs = np.stack(
        [
            centered(trials, of, by_batch_size=by_batch_size),
            centered(trials, final_auroc, by_batch_size=by_batch_size),
        ]
    )
    known = ~np.isnan(pairs).any(axis=0)
    tasks = np.array([trial.settings.task.name for trial in trials])[known]
    pairs = pairs[:, known]
    return _over_tasks(tasks, lambda chosen: _rank_correlation(pairs[:, chosen]))


def explained(
    trials: Sequence[Trial], reference: Sequence[Trial], of: Quantity
) -> tuple[Line | None, Array]:
    """Fit differences of AUROC by differences of a number, over pairs of models.

    Args:
        trials: Of one loss, any batch sizes.
        reference: Of the reference loss.
        of: A logarithm of sharpness.

    Returns:
        The line, None where there are fewer than three pairs or all are equally sharp, and the
        pairs: shape (2, pairs), differences of the number and of AUROC.
    """
    other = {_place(trial): trial for trial in reference}
    rows, tasks = [], []
    for trial in trials:
        partner = other.get(_place(trial))
        if partner is not None:
            rows.append([of(trial) - of(partner), final_auroc(trial) - final_auroc(partner)])
            tasks.append(trial.settings.task.name)
    pairs = np.array(rows, np.float64).reshape(-1, 2).T
    known = ~np.isnan(pairs).any(axis=0)
    pairs, names = pairs[:, known], np.array(tasks)[known]
    if pairs.shape[1] < 3 or np.ptp(pairs[0]) < _SAME:
        return None, pairs
    slope = _over_tasks(names, lambda chosen: _fit(pairs[:, chosen])[0])
    at_equal = _over_tasks(names, lambda chosen: _fit(pairs[:, chosen])[1])
    return Line(at_equal=at_equal, slope=slope), pairs


def _fit(pairs: Array) -> tuple[float, float]:
    """Return slope and intercept by least squares; NaN where the first row does not vary."""
    if np.ptp(pairs[0]) < _SAME:
        return np.nan, np.nan
    (first, second), (x, y) = pairs.mean(axis=1), pairs
    slope = float((x - first) @ (y - second) / ((x - first) @ (x - first)))
    return slope, float(second - slope * first)


def _rank_correlation(pairs: Array) -> float:
    """Return Spearman's correlation of two rows; NaN where one does not vary."""
    if pairs.shape[1] < 2 or (np.ptp(pairs, axis=1) == 0).any():
        return np.nan
    return float(stats.spearmanr(*pairs).statistic)


def _over_tasks(tasks: NDArray[np.str_], of: Callable[[NDArray[np.int64]], float]) -> Number:
    """Take a number, and its interval by drawing whole tasks with replacement."""
    names = np.unique(tasks)
    places = {name: np.flatnonzero(tasks == name) for name in names}
    value = of(np.arange(len(tasks)))
    low = high = np.nan
    if len(names) > 1 and not np.isnan(value):
        generator = np.random.default_rng(0)
        drawn = [
            of(np.concatenate([places[name] for name in generator.choice(names, len(names))]))
            for _ in range(_RESAMPLES)
        ]
        low, high = np.nanquantile(drawn, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    return Number(value=value, low=float(low), high=float(high), models=len(tasks))


def _place(trial: Trial) -> tuple[str, int, int]:
    """Return what a pair shares."""
    settings = trial.settings
    return settings.task.name, settings.training.batch_size, settings.training.seed
