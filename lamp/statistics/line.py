"""Whether one quantity goes along with another: slopes and correlations within groups."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from lamp.statistics.compare import GROUP
from lamp.statistics.paired import Effect, paired_effect

Array = NDArray[np.float64]

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
    fits = _of_groups(points, x, y, lambda a, b: np.polyfit(a, b, 1))
    if len(fits) < 2:
        return None
    slopes, heights = np.array(fits).T
    return Line(
        slope=paired_effect(slopes[:, None]),
        at_zero=paired_effect(heights[:, None]),
    )


def correlation(points: pd.DataFrame, x: str, y: str) -> Effect | None:
    """Average Spearman's rank correlation of x and y over tasks, on Fisher's scale.

    Args:
        points: Columns `task`, x and y; what tasks differ by within, such as batch sizes, must have
            been subtracted (`centered`).
        x: Name of a column.
        y: Name of a column.

    Returns:
        The correlation, its interval over tasks; None unless two tasks have three points each.
    """
    found = _of_groups(points, x, y, lambda a, b: np.array([stats.spearmanr(a, b).statistic]))
    if len(found) < 2:
        return None
    within = np.clip(np.array(found), -1 + _SAME, 1 - _SAME)
    effect = paired_effect(np.arctanh(within))
    back = {name: float(np.tanh(getattr(effect, name))) for name in ("value", "low", "high")}
    return Effect(**{**vars(effect), **back})


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
    means = known.groupby(within)[columns].transform("mean")
    return known.assign(**{name: known[name] - means[name] for name in columns})


def _of_groups(
    points: pd.DataFrame, x: str, y: str, of: Callable[[Array, Array], Array]
) -> list[Array]:
    """Take something of the points of each task that has enough of them."""
    found = []
    for _, rows in points.dropna(subset=[x, y]).groupby(GROUP, sort=True):
        first, second = rows[x].to_numpy(np.float64), rows[y].to_numpy(np.float64)
        if len(rows) >= _FEWEST and np.ptp(first) > _SAME and np.ptp(second) > 0:
            found.append(of(first, second))
    return found
