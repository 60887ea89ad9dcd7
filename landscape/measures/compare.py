"""The difference between two models, plane by plane."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from landscape.measures.interval import Interval, paired_difference
from landscape.measures.summary import Summary, limits, number, plain, table


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One statistic of two surfaces.

    Args:
        key: Its name in code and files.
        name: Its name for people.
        unit: Unit of the values.
        a: Mean of the first.
        b: Mean of the second.
        interval: Mean of a - b over planes and its t-interval.
        scale_free: Whether it stays the same when a loss is multiplied by a constant.
        note: What must be known to read it; empty where all is well.
    """

    key: str
    name: str
    unit: str
    a: float
    b: float
    interval: Interval
    scale_free: bool
    note: str = ""


@dataclass(frozen=True)
class Comparison:
    """All statistics of two surfaces, and their paired differences.

    Args:
        differences: In the order of the summaries; `comparison["slope"]` finds one by its key.
        confidence: Probability that an interval covers the true mean difference.
    """

    differences: tuple[Difference, ...]
    confidence: float

    def __getitem__(self, key: str) -> Difference:
        for difference in self.differences:
            if difference.key == key:
                return difference
        known = ", ".join(difference.key for difference in self.differences)
        raise KeyError(f"no statistic {key!r}; there are {known}")

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values; NaN as null, infinities as the strings "inf" and "-inf".

        Returns:
            The confidence and one entry per statistic.
        """
        return {
            "confidence": self.confidence,
            "differences": [
                {
                    "key": one.key,
                    "name": one.name,
                    "unit": one.unit,
                    "a": plain(one.a),
                    "b": plain(one.b),
                    "difference": plain(one.interval.value),
                    "low": plain(one.interval.low),
                    "high": plain(one.interval.high),
                    "planes": one.interval.n,
                    "scale_free": one.scale_free,
                    "note": one.note,
                }
                for one in self.differences
            ],
        }

    def __str__(self) -> str:
        head = ("statistic", "a - b", f"{self.confidence:.0%} interval", "a", "b", "unit", "")
        rows = [
            (
                one.name,
                number(one.interval.value),
                limits(one.interval.low, one.interval.high),
                number(one.a),
                number(one.b),
                one.unit,
                "*" if one.interval.excludes_zero else "",
            )
            for one in self.differences
        ]
        notes = dict.fromkeys(f"{one.name}: {one.note}" for one in self.differences if one.note)
        return "\n".join([*table([head, *rows]), "* zero is outside the interval", *notes])


def compare(a: Summary, b: Summary) -> Comparison:
    """Compare two surfaces by the differences of their statistics, paired over planes.

    Planes with the same number have the same random draw in both, so that what is due to the draw
    cancels in part. Raw statistics of different losses have no common unit: read the scale-free.

    Args:
        a: Summary of the first surface.
        b: Summary of the second, over the same seeds, planes, extent and settings.

    Returns:
        Mean of a - b for each statistic, with its t-interval.

    Raises:
        ValueError: If the surfaces or the settings are not comparable, or share no complete plane.
    """
    _check_comparable(a, b)
    common = sorted(set(a.used) & set(b.used))
    if not common:
        raise ValueError("expected planes that are complete in both surfaces, there are none")
    known = {statistic.key for statistic in b.statistics}
    differences = []
    for one in a.statistics:
        if one.key not in known:
            continue
        other = b[one.key]
        pairs = [(one.per_plane[index], other.per_plane[index]) for index in common]
        first, second = zip(*pairs, strict=True)
        notes = [f"{side}: {s.note}" for side, s in (("a", one), ("b", other)) if s.note]
        differences.append(
            Difference(
                key=one.key,
                name=one.name,
                unit=one.unit,
                a=float(np.mean(first)),
                b=float(np.mean(second)),
                interval=paired_difference(first, second, confidence=a.confidence),
                scale_free=one.scale_free,
                note="; ".join(notes),
            )
        )
    return Comparison(tuple(differences), a.confidence)


def _check_comparable(a: Summary, b: Summary) -> None:
    """Refuse pairs that are none; a setting that only one file records is not held against it."""
    for name in a.identity:
        if name in b.identity and a.identity[name] != b.identity[name]:
            raise ValueError(
                f"expected two surfaces with the same {name}, got {a.identity[name]} and "
                f"{b.identity[name]}; compute or summarize them with the same settings"
            )
    if a.confidence != b.confidence:
        raise ValueError(f"expected one confidence, got {a.confidence} and {b.confidence}")
