"""The result of comparing surfaces: ratios and differences, as data, JSON and text."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from landscape.measures.interval import Kind
from landscape.measures.paired import Paired
from landscape.measures.power import MOST
from landscape.measures.quantities import headline_of
from landscape.measures.tables import Style, Table, written
from landscape.measures.text import limits, marks_of, number, plain

Bound = Literal["", "<", ">", "?"]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One statistic of two surfaces.

    Args:
        names: Of the surfaces.
        key: Its name in code and files.
        name: Its name for people.
        unit: Unit of the values.
        kind: What such numbers can be.
        pairs: The values of both, plane by plane.
        a: Average of the first, over the planes that both have.
        b: That of the second.
        interval: Ratio or difference over pairs of planes, with its interval and p-value.
        bound: Whether the true ratio or difference is smaller (`<`) or larger (`>`) than the value,
            since one side has only lower bounds; `?` where both have, and nothing is known.
        adjusted: The p-value after Holm's adjustment for the number of comparisons.
        differs: Whether that is small enough for the confidence of the comparison.
        needed: How many planes would show the difference with 80 % power, after that adjustment, if
            it is what was measured (see `pairs_needed`); infinite above 1,000, NaN where unknown.
        scale_free: Whether it stays the same when a loss is multiplied by a constant.
        note: What must be known to read it; empty where all is well.
    """

    names: tuple[str, str] = ("a", "b")
    key: str
    name: str
    unit: str
    kind: Kind
    pairs: tuple[tuple[float, float], ...] = ()
    a: float
    b: float
    interval: Paired
    bound: Bound = ""
    adjusted: float = math.nan
    differs: bool = False
    needed: float = math.nan
    scale_free: bool
    note: str = ""

    @property
    def is_bound(self) -> bool:
        """Whether some plane of one side has only a lower bound: then there is no interval."""
        return self.bound != ""

    @property
    def sentence(self) -> str:
        """Whether it differs, in plain words, or how many planes more would be needed."""
        return sentence(self)

    def __str__(self) -> str:
        if math.isnan(self.interval.value):
            return "-"
        sign = f"{self.bound} " if self.bound else ""
        value = self.interval.value
        return sign + (f"×{number(value)}" if self.interval.is_ratio else f"{value:+.4g}")


@dataclass(frozen=True, repr=False)
class Comparison:
    """All statistics of two surfaces, or of several and the first, and how they differ.

    Args:
        differences: In the order of the summaries; `comparison["slope"]` finds one by its key, and
            `comparison["slope", "c"]` that of the surface called c.
        confidence: Probability that an interval covers the true ratio or difference.
        notes: What concerns all of them.
    """

    differences: tuple[Difference, ...]
    confidence: float
    notes: tuple[str, ...] = ()

    def __getitem__(self, key: str | tuple[str, str]) -> Difference:
        wanted, other = (key, self.names[1]) if isinstance(key, str) else key
        for difference in self.differences:
            if (difference.key, difference.names[1]) == (wanted, other):
                return difference
        known = ", ".join(dict.fromkeys(difference.key for difference in self.differences))
        others = ", ".join(self.names[1:])
        raise KeyError(f"no statistic {wanted!r} of {other!r}; there are {known}, of {others}")

    @property
    def names(self) -> tuple[str, ...]:
        """Of all surfaces, the first one first."""
        return tuple(dict.fromkeys(name for one in self.differences for name in one.names))

    @property
    def headline(self) -> tuple[Difference, ...]:
        """The comparisons that a reader should see first."""
        keys = headline_of({one.key for one in self.differences})
        found = [one for one in self.differences if one.key in keys]
        place = {name: index for index, name in enumerate(self.names)}
        return tuple(sorted(found, key=lambda one: (place[one.names[1]], keys.index(one.key))))

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values; NaN as null, infinities as the strings "inf" and "-inf".

        Returns:
            The confidence, notes and one entry per statistic.
        """
        return {
            "names": list(self.names),
            "confidence": self.confidence,
            "notes": list(self.notes),
            "headline": list(dict.fromkeys(one.key for one in self.headline)),
            "differences": [_plain(one) for one in self.differences],
        }

    def rows(self) -> list[dict[str, Any]]:
        """List all comparisons as plain values with the same columns, for CSV."""
        values = ("ratio", "difference")
        found = []
        for one in self.differences:
            row = {**dict.fromkeys(values), **_plain(one)}
            first, second = row.pop("of")
            found.append(
                {"first": first, "second": second, "headline": one in self.headline, **row}
            )
        return found

    def table(self, *, everything: bool = False, style: Style = "text") -> str:
        """Write the comparisons as tables, with what must be known of them.

        Args:
            everything: All of them; default the headline.
            style: `"text"`, `"markdown"`, `"latex"` or `"html"`.

        Returns:
            Several lines.
        """
        return self._written((), everything, style)

    def text(self, *, everything: bool = False, style: Style = "text") -> str:
        """Write a sentence a statistic, and the table.

        Args:
            everything: All of them; default the headline.
            style: As for `table`.

        Returns:
            Several lines.
        """
        shown = self.differences if everything else self.headline
        return self._written([f"{one.sentence}." for one in shown], everything, style)

    def _written(self, sentences: Sequence[str], everything: bool, style: Style) -> str:
        """Write sentences, one table for each other surface, and notes."""
        shown = self.differences if everything else self.headline
        marks = marks_of(one.note for one in shown)
        tables = [
            self._rows([one for one in shown if one.names[1] == name], marks)
            for name in self.names[1:]
        ]
        notes = [f"{mark} {note}" for note, mark in marks.items()]
        after = [self._legend(everything), *self.notes, *notes]
        return written(tables, style=style, before=sentences, after=after)

    def _rows(self, shown: Sequence[Difference], marks: Mapping[str, str]) -> Table:
        """Make the table of two surfaces."""
        a, b = shown[0].names
        interval = f"{self.confidence:.0%} interval"
        head = ("statistic", f"{a} / {b}", interval, "planes", a, b, "unit", "", "")
        rows = [
            (
                one.name,
                str(one),
                limits(one.interval.low, one.interval.high),
                str(len(one.pairs)),
                "≥ " * (one.bound in {">", "?"}) + number(one.a),
                "≥ " * (one.bound in {"<", "?"}) + number(one.b),
                one.unit,
                "*" if one.differs else "",
                marks.get(one.note, ""),
            )
            for one in shown
        ]
        return Table(head=head, rows=rows, right=(1, 3))

    def _legend(self, everything: bool) -> str:
        """Say what a star means, and for how many comparisons."""
        counts = [_tested(self.headline), _tested(self.differences)]
        a, b = self.names[0], self.names[1] if len(self.names) == 2 else "the other"
        text = f"× is a ratio {a} / {b}, a sign a difference {a} - {b}. "
        text += (
            f"* p < {1 - self.confidence:.2g} adjusted (Holm) for {counts[0]} headline comparisons"
        )
        return text + (f"; the others, exploratory, for all {counts[1]}" if everything else "")

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        """Show itself in a notebook."""
        return self.text(style="html")

    def __repr__(self) -> str:
        values = ", ".join(f"{one.key} {one}{'*' * one.differs}" for one in self.headline)
        return f"Comparison({values})"


def _plain(one: Difference) -> dict[str, Any]:
    """Return plain JSON values of one comparison."""
    return {
        "of": list(one.names),
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
        "planes_needed": plain(one.needed),
        "scale_free": one.scale_free,
        "note": one.note,
        "sentence": one.sentence,
    }


def _tested(differences: tuple[Difference, ...]) -> int:
    """Count the comparisons that have a p-value."""
    return sum(not math.isnan(one.interval.p) for one in differences)


def sentence(one: Difference) -> str:
    """Say in plain words whether a statistic differs.

    Args:
        one: Of two surfaces.

    Returns:
        A sentence without its full stop.
    """
    if math.isnan(one.interval.value):
        why = "only bounds are known" if one.bound else "one of them has no value"
        return f"{one.name} cannot be compared: {why}"
    said, planes = _measured(one), f"{len(one.pairs)} plane{'s' * (len(one.pairs) != 1)}"
    if one.bound:
        return f"{one.name} has no test, as one side is only a bound: {said}"
    if one.differs:
        return f"{one.name} differs: {said}, adjusted p {one.adjusted:.2g}"
    if len(one.pairs) == 1:
        return f"{one.name} has no test on {planes}: {said}"
    if all(x == y for x, y in one.pairs):
        return f"{one.name} does not differ: it is the same on all {planes}"
    # The interval is its own, the p-value that of one among several.
    none = "1" if one.interval.is_ratio else "0"
    alone = f", which excludes {none} only before adjustment for the number of comparisons"
    adjusted = alone * one.interval.excludes_zero
    return f"{one.name}: no difference shown at {planes}: {said}{adjusted}{_outlook(one)}"


def _measured(one: Difference) -> str:
    """Say what was measured of a difference."""
    (a, b), found = one.names, one.interval
    interval = "" if math.isnan(found.low) else f" [{found.low:.3g}, {found.high:.3g}]"
    value, unit = f"{found.value:.3g}{interval}", "" if one.unit == "1" else f" {one.unit}"
    if found.is_ratio:
        side = {"<": "less than ", ">": "more than "}.get(one.bound, "")
        what = f"1 - R² of {a}" if one.kind == "explained" else f"that of {a}"
        return f"{what} is {side}{value} times that of {b}"
    side = {"<": "at most ", ">": "at least "}.get(one.bound, "")
    return f"{a} - {b} is {side}{value}{unit}"


def _outlook(one: Difference) -> str:
    """Say how many planes more would show a difference, if it is what was measured."""
    if math.isnan(one.needed) or one.interval.value == one.interval.is_ratio:
        return ""
    if math.isinf(one.needed):
        return f"; if it is what was measured, more than {MOST:,} planes would be needed to show it"
    # Two digits: on few planes the number is noisy.
    more = max(one.needed - len(one.pairs), 1)
    step = 10 ** max(0, math.floor(math.log10(more)) - 1)
    return f"; if it is what was measured, about {math.ceil(more / step) * step} more would show it"
