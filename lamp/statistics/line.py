"""Whether one quantity goes along with another: slopes and correlations within groups."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from lamp.statistics.arms import GROUP
from lamp.statistics.paired import Array, Effect, paired_effect

_FEWEST = 3  # points of a group that make a line
_SAME = 1e-9  # what varies by less does so by rounding


@dataclass(frozen=True, kw_only=True)
class Line:
    """A straight line y = at_zero + slope x, fitted to each group by itself.

    Args:
        slope: Mean over groups, with Student's interval over them.
        at_zero: The same of the height at x = 0.
    """

    slope: Effect
    at_zero: Effect


def line(points: pd.DataFrame, x: str, y: str) -> Line | None:
    """Fit y by x in each task by least squares, and average the lines.

    Tasks are the replicates, as everywhere: the points of one task share what makes that task easy
    or hard (summary measures: Matthews et al., BMJ 300:230, 1990).

    Args:
        points: Columns `task`, x and y.
        x: Name of a column.
        y: Name of a column.

    Returns:
        The line; None unless two tasks have three points each that differ in x.

    Example:
        >>> points = pd.DataFrame({"task": list("aaabbb"), "x": [0, 1, 2] * 2,
        ...                        "y": [1, 3, 5, 0, 4, 8]})
        >>> found = line(points, "x", "y")
        >>> round(found.slope.value, 6), round(found.at_zero.value, 6)
        (3.0, 0.5)
    """
    fits = [np.polyfit(a, b, 1) for a, b in _of_tasks(points, x, y) if _varies(a)]
    if len(fits) < 2:
        return None
    slope, at_zero = (paired_effect(each[:, None]) for each in np.array(fits).T)
    return Line(slope=slope, at_zero=at_zero)


def correlation(points: pd.DataFrame, x: str, y: str) -> Effect | None:
    """Average Spearman's rank correlation of x and y over tasks, on Fisher's scale.

    Args:
        points: Columns `task`, x and y; what tasks differ by within, such as batch sizes, must have
            been subtracted (`centered`).
        x: Name of a column.
        y: Name of a column.

    Returns:
        The correlation, its interval over tasks; None unless two tasks have three points each that
        differ in x and in y.
    """
    found = [
        stats.spearmanr(a, b).statistic
        for a, b in _of_tasks(points, x, y)
        if _varies(a) and _varies(b)
    ]
    if len(found) < 2:
        return None
    within = np.clip(found, -1 + _SAME, 1 - _SAME)
    effect = paired_effect(np.arctanh(within)[:, None])
    value, low, high = (float(np.tanh(z)) for z in (effect.value, effect.low, effect.high))
    return replace(effect, value=value, low=low, high=high)


def centered(models: pd.DataFrame, columns: list[str], *, within: list[str]) -> pd.DataFrame:
    """Subtract from some columns their means over the rows that agree in others.

    Args:
        models: Any table.
        columns: What is centered; rows where one of them is missing are left out.
        within: Columns that tell groups apart.

    Returns:
        The table with the centered columns.
    """
    known = models.dropna(subset=columns)
    return known.assign(**(known[columns] - known.groupby(within)[columns].transform("mean")))


def _of_tasks(points: pd.DataFrame, x: str, y: str) -> Iterator[tuple[Array, Array]]:
    """Yield x and y of each task that has enough points."""
    for _, rows in points.dropna(subset=[x, y]).groupby(GROUP):
        if len(rows) >= _FEWEST:
            yield rows[x].to_numpy(np.float64), rows[y].to_numpy(np.float64)


def _varies(values: Array) -> bool:
    """Tell whether values differ by more than rounding."""
    return bool(np.ptp(values) > _SAME)
