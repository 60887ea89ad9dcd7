"""The result of measuring a surface: statistics with intervals, as data, JSON and text."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

BOUND = "lower bound"
"""What the note of a reading begins with if its true value is larger or equal."""


@dataclass(frozen=True, kw_only=True)
class Statistic:
    """One statistic of a surface.

    Args:
        key: Its name in code and files.
        name: Its name for people.
        unit: Unit of the value.
        value: Mean over the planes.
        low: Lower limit of the confidence interval over planes; NaN where there is none, as for
            lower bounds.
        high: Upper limit.
        per_plane: The value of each plane; NaN for planes left out.
        scale_free: Whether it stays the same when the loss is multiplied by a constant.
        settings: What it depends on beside the surface: radius, level.
        note: What must be known to read the value; empty where all is well.
    """

    key: str
    name: str
    unit: str
    value: float
    low: float
    high: float
    per_plane: tuple[float, ...]
    scale_free: bool
    settings: Mapping[str, float]
    note: str = ""

    @property
    def is_bound(self) -> bool:
        """Whether the value of some plane is only a lower bound: then there is no interval."""
        return BOUND in self.note

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values; NaN as null, infinities as the strings "inf" and "-inf".

        Returns:
            One entry per field.
        """
        return {
            "key": self.key,
            "name": self.name,
            "unit": self.unit,
            "value": plain(self.value),
            "low": plain(self.low),
            "high": plain(self.high),
            "per_plane": [plain(value) for value in self.per_plane],
            "scale_free": self.scale_free,
            "settings": dict(self.settings),
            "note": self.note,
        }


@dataclass(frozen=True, kw_only=True)
class Summary:
    """All statistics of a surface, and what a comparison with another needs.

    Args:
        metric: The metric they were taken from.
        center: Its value at the center.
        statistics: In a fixed order; `summary["radius_mean"]` finds one by its key.
        planes: Number of replicate planes of the surface.
        used: Numbers of the planes that enter the statistics.
        finite: Share of finite values among the known points.
        confidence: Probability that an interval covers the true mean.
        identity: What two surfaces must share to be compared: seed, normalization, extent.
        notes: What concerns all statistics.
    """

    metric: str
    center: float
    statistics: tuple[Statistic, ...]
    planes: int
    used: tuple[int, ...]
    finite: float
    confidence: float
    identity: Mapping[str, Any]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "identity", MappingProxyType(dict(self.identity)))

    def __getitem__(self, key: str) -> Statistic:
        for statistic in self.statistics:
            if statistic.key == key:
                return statistic
        known = ", ".join(statistic.key for statistic in self.statistics)
        raise KeyError(f"no statistic {key!r}; there are {known}")

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values; NaN as null, infinities as the strings "inf" and "-inf".

        Returns:
            One entry per field; the statistics as a list.
        """
        return {
            "metric": self.metric,
            "center": plain(self.center),
            "planes": self.planes,
            "used": list(self.used),
            "finite": plain(self.finite),
            "confidence": self.confidence,
            "identity": dict(self.identity),
            "notes": list(self.notes),
            "statistics": [statistic.to_dict() for statistic in self.statistics],
        }

    def __str__(self) -> str:
        marks = _marks([statistic.note for statistic in self.statistics])
        rows = [
            (
                s.name,
                "≥ " * s.is_bound + number(s.value),
                limits(s.low, s.high),
                s.unit,
                marks.get(s.note, ""),
            )
            for s in self.statistics
        ]
        title = (
            f"{self.metric} at the center {number(self.center)}, "
            f"{len(self.used)} of {self.planes} planes, {self.finite:.1%} of the points finite"
        )
        head = ("statistic", "mean", f"{self.confidence:.0%} interval", "unit", "")
        notes = [*self.notes, *(f"{mark} {note}" for note, mark in marks.items())]
        return "\n".join([title, *table([head, *rows]), *notes])


def table(rows: list[tuple[str, ...]]) -> list[str]:
    """Align the columns of a table: the second to the right, the others to the left.

    Args:
        rows: The head and the rows, all of one length.

    Returns:
        One line each.

    Example:
        >>> table([("statistic", "mean"), ("slope", "0.5")])
        ['statistic  mean', 'slope       0.5']
    """
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            cell.rjust(width) if column == 1 else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def number(value: float) -> str:
    """Write a number with four digits.

    Args:
        value: Any number.

    Returns:
        Text; a dash for NaN.
    """
    return "-" if math.isnan(value) else f"{value:.4g}"


def limits(low: float, high: float) -> str:
    """Write an interval.

    Args:
        low: Lower limit.
        high: Upper limit.

    Returns:
        Text such as "[1.5, 2.5]"; empty where there is no interval.
    """
    return "" if math.isnan(low) or math.isnan(high) else f"[{number(low)}, {number(high)}]"


def plain(value: float) -> float | str | None:
    """Turn a number into strict JSON, which has neither NaN nor infinities.

    Args:
        value: Any number.

    Returns:
        The number; None for NaN; "inf" or "-inf".
    """
    if math.isnan(value):
        return None
    return value if math.isfinite(value) else str(value)


def _marks(notes: list[str]) -> dict[str, str]:
    """Number the different notes: [1], [2], ..."""
    different = dict.fromkeys(note for note in notes if note)
    return {note: f"[{index}]" for index, note in enumerate(different, start=1)}
