"""The result of comparing two surfaces: ratios and differences, as data, JSON and text."""

import math
from dataclasses import dataclass
from typing import Any, Literal

from landscape.measures.paired import Paired
from landscape.measures.quantities import headline_of
from landscape.measures.text import aligned, limits, marks_of, number, plain

Bound = Literal["", "<", ">", "?"]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One statistic of two surfaces.

    Args:
        key: Its name in code and files.
        name: Its name for people.
        unit: Unit of the values.
        a: Average of the first, over the planes that both have.
        b: That of the second.
        interval: Ratio or difference over pairs of planes, with its interval and p-value.
        bound: Whether the true ratio or difference is smaller (`<`) or larger (`>`) than the value,
            since one side has only lower bounds; `?` where both have, and nothing is known.
        adjusted: The p-value after Holm's adjustment for the number of comparisons.
        differs: Whether that is small enough for the confidence of the comparison.
        scale_free: Whether it stays the same when a loss is multiplied by a constant.
        note: What must be known to read it; empty where all is well.
    """

    key: str
    name: str
    unit: str
    a: float
    b: float
    interval: Paired
    bound: Bound = ""
    adjusted: float = math.nan
    differs: bool = False
    scale_free: bool
    note: str = ""

    @property
    def is_bound(self) -> bool:
        """Whether some plane of one side has only a lower bound: then there is no interval."""
        return self.bound != ""

    def __str__(self) -> str:
        if math.isnan(self.interval.value):
            return "-"
        sign = f"{self.bound} " if self.bound else ""
        value = self.interval.value
        return sign + (f"×{number(value)}" if self.interval.is_ratio else f"{value:+.4g}")


@dataclass(frozen=True, repr=False)
class Comparison:
    """All statistics of two surfaces, and how they differ.

    Args:
        differences: In the order of the summaries; `comparison["slope"]` finds one by its key.
        confidence: Probability that an interval covers the true ratio or difference.
        notes: What concerns all of them.
    """

    differences: tuple[Difference, ...]
    confidence: float
    notes: tuple[str, ...] = ()

    def __getitem__(self, key: str) -> Difference:
        for difference in self.differences:
            if difference.key == key:
                return difference
        known = ", ".join(difference.key for difference in self.differences)
        raise KeyError(f"no statistic {key!r}; there are {known}")

    @property
    def headline(self) -> tuple[Difference, ...]:
        """The comparisons that a reader should see first."""
        found = {one.key: one for one in self.differences}
        return tuple(found[key] for key in headline_of(found) if key in found)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values; NaN as null, infinities as the strings "inf" and "-inf".

        Returns:
            The confidence, notes and one entry per statistic.
        """
        return {
            "confidence": self.confidence,
            "notes": list(self.notes),
            "headline": [one.key for one in self.headline],
            "differences": [
                {
                    "key": one.key,
                    "name": one.name,
                    "unit": one.unit,
                    "a": plain(one.a),
                    "b": plain(one.b),
                    "ratio" if one.interval.is_ratio else "difference": plain(one.interval.value),
                    "low": plain(one.interval.low),
                    "high": plain(one.interval.high),
                    "bound": one.bound,
                    "planes": one.interval.n,
                    "p": plain(one.interval.p),
                    "p_holm": plain(one.adjusted),
                    "differs": one.differs,
                    "scale_free": one.scale_free,
                    "note": one.note,
                }
                for one in self.differences
            ],
        }

    def table(self, *, everything: bool = False) -> str:
        """Write the comparisons as an aligned table, with what must be known of them.

        Args:
            everything: All of them; default the headline.

        Returns:
            Several lines.
        """
        shown = self.differences if everything else self.headline
        marks = marks_of(one.note for one in shown)
        head = ("statistic", "a / b", f"{self.confidence:.0%} interval", "a", "b", "unit", "", "")
        rows = [
            (
                one.name,
                str(one),
                limits(one.interval.low, one.interval.high),
                "≥ " * (one.bound in {">", "?"}) + number(one.a),
                "≥ " * (one.bound in {"<", "?"}) + number(one.b),
                one.unit,
                "*" if one.differs else "",
                marks.get(one.note, ""),
            )
            for one in shown
        ]
        notes = [f"{mark} {note}" for note, mark in marks.items()]
        return "\n".join(
            [*aligned([head, *rows], right=(1,)), self._legend(everything), *self.notes, *notes]
        )

    def _legend(self, everything: bool) -> str:
        """Say what a star means, and for how many comparisons."""
        counts = [_tested(self.headline), _tested(self.differences)]
        text = f"× is a ratio a / b, a sign a difference a - b. * p < {1 - self.confidence:.2g}"
        text += f" adjusted (Holm) for {counts[0]} headline comparisons"
        return text + (f"; the others, exploratory, for all {counts[1]}" if everything else "")

    def __str__(self) -> str:
        return self.table()

    def __repr__(self) -> str:
        values = ", ".join(f"{one.key} {one}{'*' * one.differs}" for one in self.headline)
        return f"Comparison({values})"


def _tested(differences: tuple[Difference, ...]) -> int:
    """Count the comparisons that have a p-value."""
    return sum(not math.isnan(one.interval.p) for one in differences)
