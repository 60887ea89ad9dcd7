"""Compare surfaces with the first of them, plane by plane."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from landscape.arguments import checked
from landscape.measures.comparable import check_comparable, notes_on, shared_kind
from landscape.measures.comparison import Bound, Comparison, Difference
from landscape.measures.interval import mean_interval
from landscape.measures.paired import holm, holm_factors, paired_interval
from landscape.measures.power import pairs_needed
from landscape.measures.quantities import headline_of
from landscape.measures.rise import common_rise
from landscape.measures.summarize import summarize
from landscape.measures.summary import Statistic, Summary
from landscape.surface.data import Surface


@checked
def compare(
    a: Surface | Summary,
    b: Surface | Summary,
    *others: Surface | Summary,
    names: Sequence[str] = (),
    metric: str | None = None,
    rise: float | None = None,
    confidence: float | None = None,
) -> Comparison:
    """Compare surfaces with the first one, statistic by statistic, paired over planes.

    Planes with the same number have the same random draw in both, so that what is due to the draw
    cancels in part. Positive statistics are compared by ratios, signed ones by differences. Raw
    statistics of different losses have no common unit: read the scale-free. Where one side is only
    a lower bound, so is what is said, and there is no interval.

    Five statistics are the headline, chosen before looking; their p-values are adjusted among
    themselves, those of the others among all; of several surfaces, among those of all of them.
    Printed, it says in a sentence of each whether it differs, or how many planes might show it.

    Args:
        a: First surface, or its summary with settings of your own.
        b: Second surface or summary, over the same seeds, planes, extent and settings.
        others: More of them, each of which is compared with the first.
        names: Of all, for tables and sentences. Default a, b, c ...
        metric: Which of their metrics. Default `loss`.
        rise: Absolute rise for radii. Default one that all surfaces reach along most rays (see
            `common_rise`).
        confidence: Of the intervals. Default 0.95.

    Returns:
        Ratio or difference of each statistic, with its interval.

    Raises:
        ValueError: If the surfaces or the settings are not comparable, or share no complete plane,
            or settings are given for summaries, which have theirs.
        LandscapeError: If the metric is of another kind on some.

    Example:
        >>> axis = np.linspace(-1, 1, 21)
        >>> bowls = [Surface(alpha=axis, beta=axis, values={"loss": bowl}, gram=np.eye(2)[None],
        ...                  status=np.ones(bowl.shape, np.int8), center={"loss": 1.0})
        ...          for bowl in (1 + c * (axis**2 + axis[:, None] ** 2)[None] for c in (8.0, 2.0))]
        >>> round(compare(*bowls)["curvature_mean"].interval.value, 6)
        4.0
    """
    every = (a, b, *others)
    called = tuple(names) or tuple(_letters(len(every)))
    if len(set(called)) != len(every):
        raise ValueError(f"expected {len(every)} different names, got {', '.join(called)}")
    surfaces = [one for one in every if isinstance(one, Surface)]
    summaries = [one for one in every if isinstance(one, Summary)]
    if surfaces and not summaries:
        metric = "loss" if metric is None else metric
        shared_kind(surfaces, metric)
        rise = common_rise(*surfaces, metric=metric) if rise is None else rise
        level = 0.95 if confidence is None else confidence
        summaries = [
            summarize(one, metric=metric, rise=None if math.isnan(rise) else rise, confidence=level)
            for one in surfaces
        ]
    elif len(summaries) < len(every):
        kinds = " and ".join(type(one).__name__ for one in every)
        raise ValueError(f"expected two surfaces or two summaries, got {kinds}")
    elif (metric, rise, confidence) != (None, None, None):
        raise ValueError("expected surfaces where metric, rise or confidence is given")
    return _compare(summaries, called)


def _letters(count: int) -> Iterator[str]:
    """Name surfaces a, b, c ..., and by their numbers after z."""
    yield from (chr(ord("a") + index) if index < 26 else str(index) for index in range(count))


def _compare(summaries: Sequence[Summary], names: tuple[str, ...]) -> Comparison:
    """Compare summaries with the first."""
    first, differences, notes = summaries[0], list[Difference](), list[str]()
    for other, name in zip(summaries[1:], names[1:], strict=True):
        pair = (names[0], name)
        check_comparable(first, other)
        found, said = _pair(first, other, pair)
        differences += found
        notes += [f"{name}: {note}" if len(names) > 2 else note for note in said]
    return Comparison(_adjusted(differences, first.confidence), first.confidence, tuple(notes))


def _pair(a: Summary, b: Summary, names: tuple[str, str]) -> tuple[list[Difference], list[str]]:
    """Compare two summaries."""
    common = sorted(set(a.used) & set(b.used))
    if not common:
        raise ValueError("expected planes that are complete in both surfaces, there are none")
    notes = notes_on(a, b, names)
    rises = {
        one["radius_mean_rise"].settings["rise"] for one in (a, b) if "radius_mean_rise" in one
    }
    apart = len(rises) > 1 and not all(map(math.isnan, rises))
    differences = [
        _difference(one, b[one.key], common, names, a.confidence)
        for one in a.statistics
        if one.key in b and not (apart and "rise" in one.settings)
    ]
    if apart:
        notes.append(
            f"radii to {' and '.join(f'{rise:g}' for rise in sorted(rises))} above the center are "
            "not compared: give the surfaces to compare, or one rise to both summaries"
        )
    return differences, notes


def _difference(
    one: Statistic,
    other: Statistic,
    common: list[int],
    names: tuple[str, str],
    confidence: float,
) -> Difference:
    """Compare one statistic over the planes where both have a value."""
    pairs = [
        index
        for index in common
        if not (math.isnan(one.per_plane[index]) or math.isnan(other.per_plane[index]))
    ]
    first, second = ([s.per_plane[index] for index in pairs] for s in (one, other))
    bounded = [any(s.bounds[index] for index in pairs) for s in (one, other)]
    paired = paired_interval(
        first or [np.nan], second or [np.nan], kind=one.kind, confidence=confidence
    )
    bound: Bound = "?" if all(bounded) else ">" if bounded[0] else "<" if bounded[1] else ""
    if bound:
        value = math.nan if bound == "?" else paired.value
        paired = replace(paired, value=value, low=math.nan, high=math.nan, p=math.nan)
    notes = [f"{side}: {s.note}" for side, s in zip(names, (one, other), strict=True) if s.note]
    if one.note == other.note and one.note:
        notes = [one.note]
    if one.kind == "explained":
        notes.append("the ratio is that of 1 - R², the share that is not quadratic")
    if 0 < len(pairs) < len(common):
        notes.append(f"over the {len(pairs)} of {len(common)} pairs of planes that have a value")
    averages = [
        mean_interval(sample or [np.nan], kind=one.kind).value for sample in (first, second)
    ]
    return Difference(
        names=names,
        key=one.key,
        name=one.name,
        unit=one.unit,
        kind=one.kind,
        pairs=tuple(zip(first, second, strict=True)),
        a=averages[0],
        b=averages[1],
        interval=paired,
        bound=bound,
        scale_free=one.scale_free,
        note="; ".join(notes),
    )


def _adjusted(differences: list[Difference], confidence: float) -> tuple[Difference, ...]:
    """Adjust p-values: of the headline among itself, of the others among all."""
    headline = headline_of({one.key for one in differences})
    first = [index for index, one in enumerate(differences) if one.key in headline]
    found = list(differences)
    for family in (range(len(differences)), first):  # the headline last: its own family counts
        p_values = [differences[index].interval.p for index in family]
        factors, adjusted = holm_factors(p_values), holm(p_values)
        for place, index in enumerate(family):
            one = differences[index]
            alpha = (1 - confidence) / factors.get(place, 1)
            found[index] = replace(
                one,
                adjusted=adjusted[place],
                differs=adjusted[place] < 1 - confidence,
                needed=math.nan
                if one.bound
                else pairs_needed(*_sides(one), kind=one.kind, alpha=alpha),
            )
    return tuple(found)


def _sides(one: Difference) -> tuple[list[float], list[float]]:
    """Return the values of both sides, plane by plane."""
    return [pair[0] for pair in one.pairs], [pair[1] for pair in one.pairs]
