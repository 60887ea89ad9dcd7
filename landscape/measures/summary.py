"""The result of measuring a surface: statistics with intervals, as data, JSON and text."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from landscape.measures.interval import Average, Kind
from landscape.measures.quantities import headline_of
from landscape.measures.tables import Style, Table, written
from landscape.measures.text import limits, marks_of, number, over_samples, plain


@dataclass(frozen=True, kw_only=True)
class Statistic:
    """One statistic of a surface.

    Args:
        key: Its name in code and files.
        name: Its name for people.
        unit: Unit of the value.
        kind: What such a number can be, which decides on its average.
        value: Average over the planes.
        low: Lower limit of the confidence interval over planes; NaN where there is none, as for
            bounds.
        high: Upper limit.
        n: Number of planes that have a value.
        average: Which average `value` is.
        per_plane: The value of each plane; NaN for planes left out.
        bounds: Whether the true value of each plane is that or larger.
        scale_free: Whether it stays the same when the loss is multiplied by a constant.
        settings: What it depends on beside the surface: radius, level.
        note: What must be known to read the value; empty where all is well.
    """

    key: str
    name: str
    unit: str
    kind: Kind
    value: float
    low: float
    high: float
    n: int
    average: Average
    per_plane: tuple[float, ...]
    bounds: tuple[bool, ...]
    scale_free: bool
    settings: Mapping[str, float]
    note: str = ""

    @property
    def is_bound(self) -> bool:
        """Whether the value of some plane is only a lower bound: then there is no interval."""
        return any(self.bounds)

    def __str__(self) -> str:
        text = f"{'≥ ' * self.is_bound}{number(self.value)}"
        return " ".join(filter(None, (text, limits(self.low, self.high))))

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
            "n": self.n,
            "average": self.average,
            "is_lower_bound": self.is_bound,
            "per_plane": [plain(value) for value in self.per_plane],
            "bounds": list(self.bounds),
            "scale_free": self.scale_free,
            "settings": {name: plain(value) for name, value in self.settings.items()},
            "note": self.note,
        }


@dataclass(frozen=True, kw_only=True, repr=False)
class Summary:
    """All statistics of a surface, and what a comparison with another needs.

    Printed, it opens with a sentence and the headline statistics; `table(everything=True)` is all.

    Args:
        metric: The metric they were taken from.
        center: Its value at the center.
        center_error: Standard error of that over samples; NaN where it is unknown.
        statistics: In a fixed order; `summary["radius_mean"]` finds one by its key.
        planes: Number of replicate planes of the surface.
        used: Numbers of the planes that enter the statistics.
        finite: Share of finite values among the known points.
        confidence: Probability that an interval covers the true average.
        identity: What two surfaces must share to be compared: seed, normalization, extent.
        no_multiples: Why multiples of the center mean nothing; empty where they do.
        more_is_better: Whether the metric is one like an accuracy: radii are to a drop.
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
    center_error: float = math.nan
    no_multiples: str = ""
    more_is_better: bool = False
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "identity", MappingProxyType(dict(self.identity)))

    def __getitem__(self, key: str) -> Statistic:
        for statistic in self.statistics:
            if statistic.key == key:
                return statistic
        known = ", ".join(statistic.key for statistic in self.statistics)
        raise KeyError(f"no statistic {key!r}; there are {known}")

    def __contains__(self, key: object) -> bool:
        return any(statistic.key == key for statistic in self.statistics)

    @property
    def headline(self) -> tuple[Statistic, ...]:
        """The statistics that a reader should see first: those of `HEADLINE` that there are.

        Of a score those of `SCORE_HEADLINE`; where directions are not random, those of the plane
        that they span.
        """
        return tuple(self[key] for key in headline_of(self) if key in self)

    @property
    def sentence(self) -> str:
        """What to quote: how far one can go until the metric has changed notably."""
        return sentence(self)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values; NaN as null, infinities as the strings "inf" and "-inf".

        Returns:
            One entry per field; the statistics as a list.
        """
        return {
            "metric": self.metric,
            "center": plain(self.center),
            "center_error": plain(self.center_error),
            "planes": self.planes,
            "used": list(self.used),
            "finite": plain(self.finite),
            "confidence": self.confidence,
            "more_is_better": self.more_is_better,
            "identity": dict(self.identity),
            "sentence": self.sentence,
            "headline": [statistic.key for statistic in self.headline],
            "notes": list(self.notes),
            "statistics": [statistic.to_dict() for statistic in self.statistics],
        }

    def table(self, *, everything: bool = False, style: Style = "text") -> str:
        """Write statistics as a table, with what must be known of them.

        Args:
            everything: All of them; default the headline.
            style: `"text"`, `"markdown"`, `"latex"` or `"html"`.

        Returns:
            Several lines.
        """
        table, notes = self._table(everything)
        return written([table], style=style, after=notes)

    def text(self, *, everything: bool = False, style: Style = "text") -> str:
        """Write what the center is, the sentence to quote, and the table.

        Args:
            everything: All statistics; default the headline.
            style: As for `table`.

        Returns:
            Several lines.
        """
        error = over_samples(self.center_error, self.confidence)
        title = (
            f"{self.metric} at the center {number(self.center)}{error}, "
            f"{len(self.used)} of {self.planes} planes, {self.finite:.1%} of the points finite"
        )
        table, notes = self._table(everything)
        before = [line for line in (title, self.sentence) if line]
        return written([table], style=style, before=before, after=notes)

    def rows(self) -> list[dict[str, Any]]:
        """List all statistics as plain values with the same columns, for CSV."""
        columns = ("key", "name", "unit", "value", "low", "high", "n", "average", "is_lower_bound")
        keys = {statistic.key for statistic in self.headline}
        return [
            {
                "metric": self.metric,
                "center": plain(self.center),
                **{column: one[column] for column in columns},
                "headline": one["key"] in keys,
                "note": one["note"],
            }
            for one in (statistic.to_dict() for statistic in self.statistics)
        ]

    def _table(self, everything: bool) -> tuple[Table, list[str]]:
        """Make the table, and its notes."""
        shown = self.statistics if everything else self.headline
        marks = marks_of([statistic.note for statistic in shown])
        rows = [
            (
                s.name,
                "≥ " * s.is_bound + number(s.value),
                limits(s.low, s.high),
                s.unit,
                AVERAGES[s.average],
                marks.get(s.note, ""),
            )
            for s in shown
        ]
        interval = f"{self.confidence:.0%} interval"
        head = ("statistic", "geometric mean", interval, "unit", "unless", "")
        notes = [*self.notes, *(f"{mark} {note}" for note, mark in marks.items())]
        return Table(head=head, rows=rows, right=(1,)), notes

    def _repr_html_(self) -> str:
        """Show itself in a notebook."""
        return self.text(style="html")

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        values = ", ".join(f"{s.key}={s}" for s in self.headline)
        return f"Summary({self.metric}, {len(self.used)} planes, {values})"


AVERAGES: Mapping[Average, str] = {
    "geometric mean": "",
    "mean": "mean",
    "median": "median",
    "mean of powers": "of x⁰·⁶",
    "mean of fourth roots": "of ∜",
    "mean of logits": "of logits",
    "mean of log(1 - R²)": "of log(1 − R²)",
}
"""How tables mark averages other than the geometric mean."""


def sentence(summary: Summary) -> str:
    """Say how far one can go until the metric has changed notably.

    Args:
        summary: Of a surface.

    Returns:
        One sentence; empty where no radius has a value.
    """
    clauses = []
    verbs = {"radius_mean": _doubling, "radius_mean_rise": _rising, "radius_mean_half": _halving}
    for key, verb in verbs.items():
        if key in summary and not math.isnan(summary[key].value):
            one = summary[key]
            # A mean of rays is no limit to each: the shortest may be much shorter.
            at = "on average not before" if one.is_bound else "at"
            value = str(one).removeprefix("≥ ")
            clauses.append(f"{verb(summary, one)} {at} {value} {one.unit}s")
    if not clauses:
        return ""
    planes = f"{len(summary.used)} plane{'s' * (len(summary.used) != 1)}"
    what = f"the {summary.metric} of {number(summary.center)}"
    return f"On {planes} {what} {' and '.join(clauses)}."


def _doubling(_: Summary, one: Statistic) -> str:
    """Say what happens at a multiple of the center."""
    level = one.settings["level"]
    return "doubles" if level == 2 else f"reaches {level:g} times as much"


def _halving(_: Summary, one: Statistic) -> str:
    """Say where half of what there is to lose is lost."""
    return f"falls to {one.settings['half']:.4g}, half way to the worst,"


def _rising(summary: Summary, one: Statistic) -> str:
    """Say what happens at an absolute rise or drop."""
    return f"{'drops' if summary.more_is_better else 'rises'} by {one.settings['rise']:g}"
