"""Compare two surfaces, plane by plane."""

import math
from dataclasses import replace

import numpy as np

from landscape.measures.comparison import Bound, Comparison, Difference
from landscape.measures.interval import mean_interval
from landscape.measures.paired import holm, paired_interval
from landscape.measures.quantities import headline_of
from landscape.measures.rise import common_rise
from landscape.measures.summarize import summarize
from landscape.measures.summary import Statistic, Summary
from landscape.measures.text import number
from landscape.surface.data import Surface

APART = 1.5
"""Ratio of centers from which a radius to a multiple of them mostly re-tells them."""


def compare(
    a: Surface | Summary,
    b: Surface | Summary,
    *,
    metric: str | None = None,
    rise: float | None = None,
    confidence: float | None = None,
) -> Comparison:
    """Compare two surfaces statistic by statistic, paired over planes.

    Planes with the same number have the same random draw in both, so that what is due to the draw
    cancels in part. Positive statistics are compared by ratios, signed ones by differences. Raw
    statistics of different losses have no common unit: read the scale-free. Where one side is only
    a lower bound, so is what is said, and there is no interval.

    Five statistics are the headline, chosen before looking; their p-values are adjusted among
    themselves, those of the others among all.

    Args:
        a: First surface, or its summary with settings of your own.
        b: Second surface or summary, over the same seeds, planes, extent and settings.
        metric: Which of their metrics. Default `loss`.
        rise: Absolute rise for radii. Default one that both surfaces reach (see `common_rise`).
        confidence: Of the intervals. Default 0.95.

    Returns:
        Ratio or difference of each statistic, with its interval.

    Raises:
        ValueError: If the surfaces or the settings are not comparable, or share no complete plane,
            or settings are given for summaries, which have theirs.

    Example:
        >>> axis = np.linspace(-1, 1, 21)
        >>> bowls = [Surface(alpha=axis, beta=axis, values={"loss": bowl}, gram=np.eye(2)[None],
        ...                  status=np.ones(bowl.shape, np.int8), center={"loss": 1.0})
        ...          for bowl in (1 + c * (axis**2 + axis[:, None] ** 2)[None] for c in (8.0, 2.0))]
        >>> round(compare(*bowls)["curvature_mean"].interval.value, 6)
        4.0
    """
    if isinstance(a, Surface) and isinstance(b, Surface):
        metric = "loss" if metric is None else metric
        rise = common_rise(a, b, metric=metric) if rise is None else rise
        level = 0.95 if confidence is None else confidence
        first, second = (
            summarize(one, metric=metric, rise=rise, confidence=level) for one in (a, b)
        )
        return _compare(first, second)
    if not (isinstance(a, Summary) and isinstance(b, Summary)):
        raise ValueError(
            f"expected two surfaces or two summaries, got {type(a).__name__} and {type(b).__name__}"
        )
    if (metric, rise, confidence) != (None, None, None):
        raise ValueError("expected surfaces where metric, rise or confidence is given")
    return _compare(a, b)


def _compare(a: Summary, b: Summary) -> Comparison:
    """Compare two summaries."""
    _check_comparable(a, b)
    common = sorted(set(a.used) & set(b.used))
    if not common:
        raise ValueError("expected planes that are complete in both surfaces, there are none")
    differences, notes = [], _notes(a, b)
    rises = {one["radius_mean_rise"].settings["rise"] for one in (a, b)}
    for one in a.statistics:
        if one.key not in b:
            continue
        if "rise" in one.settings and len(rises) > 1 and not all(map(math.isnan, rises)):
            continue
        differences.append(_difference(one, b[one.key], common, a.confidence))
    if len(rises) > 1 and not all(map(math.isnan, rises)):
        notes.append(
            f"radii to {' and '.join(f'{rise:g}' for rise in sorted(rises))} above the center are "
            "not compared: give the surfaces to compare, or one rise to both summaries"
        )
    return Comparison(_adjusted(differences, a.confidence), a.confidence, tuple(notes))


def _difference(
    one: Statistic, other: Statistic, common: list[int], confidence: float
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
    notes = [f"{side}: {s.note}" for side, s in (("a", one), ("b", other)) if s.note]
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
        key=one.key,
        name=one.name,
        unit=one.unit,
        a=averages[0],
        b=averages[1],
        interval=paired,
        bound=bound,
        scale_free=one.scale_free,
        note="; ".join(notes),
    )


def _adjusted(differences: list[Difference], confidence: float) -> tuple[Difference, ...]:
    """Adjust p-values: of the headline among itself, of the others among all."""
    every = dict(
        zip(
            (one.key for one in differences),
            holm([one.interval.p for one in differences]),
            strict=True,
        )
    )
    headline = headline_of({one.key for one in differences})
    first = [one for one in differences if one.key in headline]
    every |= dict(
        zip((one.key for one in first), holm([one.interval.p for one in first]), strict=True)
    )
    return tuple(
        replace(one, adjusted=every[one.key], differs=every[one.key] < 1 - confidence)
        for one in differences
    )


def _notes(a: Summary, b: Summary) -> list[str]:
    """Warn where multiples of the center mislead, and where nobody knows that planes are pairs."""
    notes: list[str] = []
    if a.no_multiples or b.no_multiples:
        sides = [f"{side}: {one.no_multiples}" for side, one in (("a", a), ("b", b))]
        given = [text for text, one in zip(sides, (a, b), strict=True) if one.no_multiples]
        notes.append(f"multiples of the center are not compared ({'; '.join(given)})")
    elif not a.more_is_better and not 1 / APART <= a.center / b.center <= APART:
        notes.append(
            f"centers differ, {number(a.center)} and {number(b.center)}: a radius to a multiple of "
            "the center re-tells it; read the radius to an absolute rise beside it"
        )
    if not any(name in one.identity for name in ("seed", "draws") for one in (a, b)):
        notes.append("no seed is recorded: planes are paired by their number")
    return notes


def _check_comparable(a: Summary, b: Summary) -> None:
    """Refuse pairs that are none; a setting that only one file records is not held against it."""
    if a.more_is_better != b.more_is_better or a.metric != b.metric:
        raise ValueError(f"expected one metric, got {a.metric} and {b.metric}")
    for name in a.identity:
        if name in b.identity and a.identity[name] != b.identity[name]:
            got = f", got {a.identity[name]} and {b.identity[name]}" if name != "draws" else ""
            todo = "compute or summarize them with the same settings"
            if name == "planes":
                most = max(a.identity[name], b.identity[name])
                todo = (
                    "each plane is compared with that of its number: compute both with the same "
                    f"number of planes and the same seed (--planes {most} --seed 0)"
                )
            raise ValueError(f"expected two surfaces with the same {name}{got}; {todo}")
    if a.confidence != b.confidence:
        raise ValueError(f"expected one confidence, got {a.confidence} and {b.confidence}")
