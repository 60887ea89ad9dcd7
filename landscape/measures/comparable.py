"""What of two surfaces can be compared, and what must be known to read it."""

import math
from collections.abc import Sequence
from typing import Any

from landscape.errors import LandscapeError
from landscape.measures.summary import Summary
from landscape.measures.text import number
from landscape.surface.data import Surface
from landscape.surface.kinds import MetricKind

APART = 1.5
"""Ratio of centers from which a radius to a multiple of them mostly re-tells them."""

_TOLD = {
    "draws": (
        "planes are drawn differently, as names or shapes of what moves differ: their numbers make "
        "them pairs, but nothing cancels and intervals are wider"
    ),
    "moves": "other parameters move{got}: all statistics are about what moves",
    "tolerance": (
        "tolerances differ{got}: the lowest point is that of those measured, which are fewer in one"
    ),
    "data": "the data differ, and so may what is compared for that alone",
    "problem": (
        "the problems differ{got}: if their losses are of another kind or unit, only scale-free "
        "statistics can be compared"
    ),
}
"""What two surfaces need not share, and what to know where they do not."""


def check_comparable(a: Summary, b: Summary) -> None:
    """Refuse pairs that are none; a setting that only one file records is not held against it.

    Args:
        a: One.
        b: Another.

    Raises:
        LandscapeError: Naming the first thing that differs.
    """
    if a.more_is_better != b.more_is_better or a.metric != b.metric:
        raise LandscapeError(f"expected one metric, got {a.metric} and {b.metric}")
    for name in a.identity:
        told = name in _TOLD or name not in b.identity
        if not told and a.identity[name] != b.identity[name]:
            pair = a.identity[name], b.identity[name]
            got = " and ".join(map(_said, pair))
            raise LandscapeError(
                f"expected two surfaces with the same {name}, got {got}", hint=_same(name, pair)
            )
    if a.confidence != b.confidence:
        raise LandscapeError(f"expected one confidence, got {a.confidence} and {b.confidence}")


def _said(value: Any) -> str:
    """Write what a surface has; of an axis its ends."""
    ends = isinstance(value, list) and all(isinstance(end, float) for end in value)
    return f"{value[0]:g} to {value[1]:g}" if ends else str(value)


def _same(name: str, pair: tuple[Any, Any]) -> str:
    """Say how to compute two surfaces of which a setting is the same."""
    value = next((one for one in pair if one is not None), None)
    match name:
        case "planes":
            return (
                "each plane is compared with that of its number: compute both with the same seed "
                f"and planes={max(pair)} (--planes {max(pair)})"
            )
        case "steps" if 1 in {pair[0][0], pair[1][0]}:
            return "one is a line, the other has planes: compute both with line=True (--line)"
        case "steps":
            return f"compute both with steps={max(map(max, pair))} (--steps {max(map(max, pair))})"
        case "alpha" | "beta" if pair[0][0] == -pair[0][1]:
            return f"compute both with radius={pair[0][1]:g} (--radius {pair[0][1]:g})"
        case "alpha" | "beta":
            return "compute both over the same window, or radius=1 (--radius 1)"
        case "epsilon" | "fit_radius" | "level":
            return f"summarize both with {name}={value}"
    typed = name.replace("_", "-") if value is True else f"{name.replace('_', '-')} {value}"
    return f"compute both with {name}={value!r} (--{typed})"


def notes_on(a: Summary, b: Summary, names: tuple[str, str]) -> list[str]:
    """Say what must be known of a comparison.

    Args:
        a: One.
        b: Another that can be compared with it.
        names: Of both.

    Returns:
        Notes: where multiples of the center mislead, or centers of scores are half a drop apart,
        what differs beside the surfaces, and where nobody knows that planes are pairs.
    """
    notes: list[str] = []
    if a.no_multiples or b.no_multiples:
        sides = [f"{side}: {one.no_multiples}" for side, one in zip(names, (a, b), strict=True)]
        given = [text for text, one in zip(sides, (a, b), strict=True) if one.no_multiples]
        notes.append(f"multiples of the center are not compared ({'; '.join(given)})")
    elif a.more_is_better and abs(a.center - b.center) > _drop(a, b) / 2:
        notes.append(
            f"centers differ, {number(a.center)} and {number(b.center)}: mean and minimum within a "
            "radius, and the radius to half, re-tell them; read the radius to a drop beside them"
        )
    elif not a.more_is_better and not 1 / APART <= a.center / b.center <= APART:
        notes.append(
            f"centers differ, {number(a.center)} and {number(b.center)}: a radius to a multiple of "
            "the center re-tells it; read the radius to an absolute rise beside it"
        )
    for name, text in _TOLD.items():
        found = [one.identity[name] for one in (a, b) if name in one.identity]
        if len(found) == 2 and found[0] != found[1]:
            got = "; ".join(f"{side}: {what}" for side, what in zip(names, found, strict=True))
            notes.append(text.format(got=f" ({got})"))
    if not any(name in one.identity for name in ("seed", "draws") for one in (a, b)):
        notes.append("no seed is recorded: planes are paired by their number")
    return notes


def _drop(*scores: Summary) -> float:
    """Return the smallest drop to which radii of scores are taken; infinite where there is none."""
    drops = (
        one["radius_mean_rise"].settings["rise"] for one in scores if "radius_mean_rise" in one
    )
    return min((drop for drop in drops if not math.isnan(drop)), default=math.inf)


def shared_kind(surfaces: Sequence[Surface], metric: str) -> MetricKind:
    """Return what kind of number a metric is on all surfaces that are compared.

    Args:
        surfaces: All of them.
        metric: Which of their values.

    Returns:
        The kind.

    Raises:
        LandscapeError: If more is better on some only, or it has another range on some, such as a
            percentage beside a share.
    """
    kinds = [surface.kind_of(metric) for surface in surfaces]
    ranges = dict.fromkeys((kind.low, kind.high) for kind in kinds if kind.has_range)
    if len(ranges) > 1 or len({kind.higher_is_better for kind in kinds}) > 1:
        came = " and ".join(f"{low:g} to {high:g}" for low, high in ranges)
        raise LandscapeError(
            f"expected {metric} to be of one kind on all surfaces, got "
            + (f"ranges {came}" if len(ranges) > 1 else "some where more is better"),
            hint="draw or measure each by itself",
        )
    return kinds[0]
