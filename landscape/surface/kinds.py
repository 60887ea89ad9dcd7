"""What kind of number a metric is: whether more is better, and between which bounds it lies."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landscape.arguments import checked

_ROUNDING = 1e-6
"""By how much a mean of values at a bound may be beyond it."""


@checked
@dataclass(frozen=True)
class MetricKind:
    """How to read the values of a metric.

    Args:
        higher_is_better: Whether the best value is the largest.
        low: Smallest value that the metric can have.
        high: Largest.
    """

    higher_is_better: bool = False
    low: float = -math.inf
    high: float = math.inf

    @property
    def has_range(self) -> bool:
        """Whether it has both a smallest and a largest value, as a share has."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    def clipped(
        self, estimates: NDArray[np.float64], measured: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Keep estimates within the range: interpolation swings beyond the 1 of an accuracy.

        Args:
            estimates: Any shape.
            measured: Measured values, any shape. Where one of these is beyond the range, the
                metric has another, such as an accuracy in per cent.

        Returns:
            The estimates, clipped.
        """
        seen = measured[np.isfinite(measured)]
        if ((seen < self.low - _ROUNDING) | (seen > self.high + _ROUNDING)).any():
            return estimates
        return np.clip(estimates, self.low, self.high)


_SHARE = MetricKind(higher_is_better=True, low=0.0, high=1.0)
_KNOWN = {
    **dict.fromkeys(
        ("accuracy", "acc", "auroc", "auc", "aupro", "auprc", "f1", "iou", "miou", "jaccard"),
        _SHARE,
    ),
    **dict.fromkeys(("dice", "precision", "recall", "sensitivity", "specificity", "map"), _SHARE),
    "r2": MetricKind(higher_is_better=True, high=1.0),
    "ssim": MetricKind(higher_is_better=True, low=-1.0, high=1.0),
    "mcc": MetricKind(higher_is_better=True, low=-1.0, high=1.0),
    "psnr": MetricKind(higher_is_better=True),
    "bleu": MetricKind(higher_is_better=True, low=0.0),
}
_COSTS = {"loss", "error", "cost", "distance"}
"""Words that turn a score into something to be made small: `dice_loss`."""


def says_kind(name: str) -> bool:
    """Tell whether a name says what kind of number it is: that of a split must not.

    Example:
        >>> says_kind("test"), says_kind("accuracy"), says_kind("error")
        (False, True, True)
    """
    return not _COSTS.union(_KNOWN).isdisjoint(name.lower().split("_"))


def metric_kind(name: str, declared: Mapping[str, Mapping[str, Any]]) -> MetricKind:
    """Tell what kind of number a metric is.

    Args:
        name: The metric.
        declared: What the surface's author says of metrics by name, each with `higher_is_better`
            and optionally `low` and `high`.

    Returns:
        What is declared, else what the words of the name say, else a cost without bounds.

    Example:
        >>> metric_kind("test_accuracy", {})
        MetricKind(higher_is_better=True, low=0.0, high=1.0)
        >>> metric_kind("dice_loss", {}).higher_is_better
        False
        >>> metric_kind("steps", {"steps": {"higher_is_better": False, "low": 0}})
        MetricKind(higher_is_better=False, low=0.0, high=inf)
    """
    if name in declared:
        given = declared[name]
        return MetricKind(
            higher_is_better=bool(given["higher_is_better"]),
            low=float(given.get("low", -math.inf)),
            high=float(given.get("high", math.inf)),
        )
    words = name.lower().split("_")
    if _COSTS.intersection(words):
        return MetricKind()
    return next((_KNOWN[word] for word in words if word in _KNOWN), MetricKind())
