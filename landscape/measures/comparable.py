"""What of two surfaces can be compared, and what must be known to read it."""

import math
from collections.abc import Sequence

from landscape.errors import LandscapeError
from landscape.measures.summary import Summary
from landscape.measures.text import number
from landscape.surface.data import Surface
from landscape.surface.in_common import TOLD, check_same
from landscape.surface.kinds import MetricKind

APART = 1.5
"""Ratio of centers from which a radius to a multiple of them mostly re-tells them."""


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
    check_same(a.identity, b.identity)
    if a.confidence != b.confidence:
        raise LandscapeError(f"expected one confidence, got {a.confidence} and {b.confidence}")


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
    for name, text in TOLD.items():
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
