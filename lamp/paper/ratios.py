"""Sharpness of models against that of their partners: ratios, in words and in tables."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lamp.pages import Estimate, Table
from lamp.paper.words import effect_cell, ratio_text
from lamp.statistics import Effect
from landscape.measures import Interval, Statistic, Summary, mean_interval

SCALE_FREE = {
    "radius_mean": "doubling radius",
    "flat_area": "area below 2×",
    "curvature_mean_relative": "mean curvature / f₀",
    "epsilon_sharpness_relative": "ε-sharpness / f₀",
    "mean_excess_relative": "mean excess / f₀",
}
"""Statistics that stay the same when a loss is multiplied by a constant, and their titles."""

RAW = {
    "curvature_mean": "mean curvature",
    "curvature_max": "largest curvature",
    "mean_excess": "mean excess",
    "epsilon_sharpness": "ε-sharpness",
}
"""Statistics in the units of the loss, which only models under one and the same loss share."""

REST = {"radius_mean_rise": "radius without worst pixel"}
"""Where a loss has risen by its value at the center less the worst pixel of each image."""

NOTABLE_SHARE = 0.05  # difference of the worst pixels' shares from which they are told


@dataclass(frozen=True, kw_only=True)
class Ratios:
    """Sharpness of models against that of their partners, under one lens, as mean log ratios.

    Args:
        center: Of the loss at the center.
        radius: Of the radius where it doubles: sharpness relative to the loss at the center.
        rest: Of the radius without the worst pixel of each image; None where it was not taken.
        curvature: Of the mean curvature, in loss per squared filter norm: absolute sharpness.
        excess: Of the mean excess, how much the loss rises on average around the center.
        why_no_radius: Why ratios of radii are NaN: some is only a lower bound, or has no value.
            Empty where all is well.
        why_no_curvature: The same of curvatures, of which some may be negative.
        pairs: Number of pairs of models.
    """

    center: Interval
    radius: Interval
    rest: Interval | None
    curvature: Interval
    excess: Interval
    why_no_radius: str
    why_no_curvature: str
    pairs: int

    @property
    def radii(self) -> list[Interval]:
        """Those of all radii that were taken."""
        return [self.radius, *([self.rest] if self.rest else [])]

    def row(self) -> dict[str, Any]:
        """Return a row of a table of files: ratios with their limits, and why there is none."""
        logs = {"center": self.center, "radius": self.radius, "curvature": self.curvature}
        logs |= {"excess": self.excess} | ({"radius_rest": self.rest} if self.rest else {})
        row: dict[str, Any] = {"pairs": self.pairs}
        for name, log in logs.items():
            ends = with_limits(f"{name}_ratio", log)
            row |= {column: float(np.exp(end)) for column, end in ends.items()}
        reasons = {"why_no_radius": self.why_no_radius, "why_no_curvature": self.why_no_curvature}
        return row | reasons


Pairs = Sequence[tuple[Summary, Summary]]


def ratios_of(groups: Sequence[Pairs], *, rest: bool = False) -> Ratios:
    """Compare models with their partners, plane by plane.

    Args:
        groups: For each seed of training, pairs of summaries of a model and its partner, over the
            same planes. Models of one seed share initial weights: intervals are over seeds, each
            the mean over its pairs. A single pair has intervals over planes, which speak of these
            two models only; several pairs of a single seed have none.
        rest: Whether `radius_mean_rise` is the radius without the worst pixel of each image, the
            rise having been chosen so.

    Returns:
        The mean log ratios, model over partner.

    Raises:
        ValueError: If there is no pair.
    """
    pairs = [pair for group in groups for pair in group]
    if not pairs:
        raise ValueError("expected at least one pair of models to compare, got none")
    models = [one for pair in pairs for one in pair]
    why_no_radius = _why_none(models, ["radius_mean", *(REST if rest else ())])
    why_no_curvature = _why_none(models, ["curvature_mean_scaled"])
    return Ratios(
        center=_log_ratio(groups, "center"),
        radius=_log_ratio(groups, "radius_mean", why_no_radius),
        rest=_log_ratio(groups, "radius_mean_rise", why_no_radius) if rest else None,
        curvature=_log_ratio(groups, "curvature_mean_scaled", why_no_curvature),
        excess=_log_ratio(groups, "mean_excess"),
        why_no_radius=why_no_radius,
        why_no_curvature=why_no_curvature,
        pairs=len(pairs),
    )


def _log_ratio(groups: Sequence[Pairs], key: str, why_none: str = "") -> Interval:
    """Average a log ratio over planes, and over the pairs of each group; NaN if there is none."""
    if why_none:
        return Interval(math.nan, math.nan, math.nan, len(groups))

    def log(one: Summary) -> Any:
        return np.log([one.center] if key == "center" else one[key].per_plane)

    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = [[log(a) - log(b) for a, b in group] for group in groups]
    if len(ratios) == len(ratios[0]) == 1:
        return mean_interval(ratios[0][0])
    return mean_interval([np.mean(group) for group in ratios])


def _why_none(models: Sequence[Summary], keys: Sequence[str]) -> str:
    """Say why statistics have no ratio, in the words of the first model where this is so."""
    for model, key in ((model, key) for model in models for key in keys):
        one, values = model[key], np.array(model[key].per_plane)
        if one.is_bound or np.isnan(values).any():
            return "; ".join(_kinds(one.note) or model.notes)
        if not (values > 0).all():
            return "not positive on all planes"
    return ""


def verdict(loss: str, radii: Sequence[Interval], curvature: Interval) -> str:
    """Say what all measures of sharpness together support.

    Sharper is claimed only where the landscape is so both relative to the loss at the center (all
    radii shorter) and in absolute units (more curvature); flatter likewise. Intervals must exclude
    no difference.

    Args:
        loss: Title of the loss that is compared.
        radii: Log ratios of radii.
        curvature: Log ratio of the absolute curvature.

    Example:
        >>> shorter, more = Interval(-0.2, -0.3, -0.1, 5), Interval(0.5, 0.4, 0.6, 5)
        >>> verdict("L2-LAMP", [shorter], more)
        'L2-LAMP sharpened the landscape, by both measures'
    """
    shorter, longer = all(r.high < 0 for r in radii), all(r.low > 0 for r in radii)
    relative = "sharper" if shorter else "flatter" if longer else ""
    absolute = "steeper" if curvature.low > 0 else "gentler" if curvature.high < 0 else ""
    if not relative and not absolute:
        return "no difference in sharpness can be claimed"
    if (relative, absolute) in {("sharper", "steeper"), ("flatter", "gentler")}:
        done = "sharpened" if shorter else "flattened"
        return f"{loss} {done} the landscape, by both measures"
    none = "no difference can be claimed"
    if not relative:
        return f"in absolute units the landscape is {absolute}, relative to its own loss {none}"
    rest = f"{absolute}, so that neither can be claimed of sharpness as such" if absolute else none
    return f"relative to its own loss the landscape is {relative}, in absolute units {rest}"


def sharpness_text(one: Ratios, loss: str, reference: str) -> str:
    """Go on "seen through the same plain L2 loss, ": how sharp, and what that supports."""
    curvature = f" and {ratio_text(one.curvature)} its curvature"
    if one.why_no_curvature:
        curvature = f" (its curvature has no ratio: {one.why_no_curvature})"
    text = f"{loss} has {ratio_text(one.center)} the loss of {reference} at the center{curvature}"
    if one.why_no_radius:
        return f"{text}; the radii where it doubles have no ratio: {one.why_no_radius}"
    rest = f", {ratio_text(one.rest)} without each image's worst pixel" if one.rest else ""
    text += f", and its loss doubles at {ratio_text(one.radius)} the radius{rest}: "
    if math.isnan(one.radius.low):
        return text + "without an interval over seeds nothing can be claimed"
    return text + verdict(loss, one.radii, one.curvature)


def statistics_table(
    models: Mapping[str, Summary], names: Mapping[str, str], caption: str, *, center: str
) -> Table:
    """Tabulate statistics with intervals over planes, one row a model.

    Args:
        models: Summaries by the titles of the models.
        names: Keys of statistics and their titles.
        caption: What the table shows; what must be known of single numbers is added.
        center: Title of the column with the loss at the center.
    """
    first = next(iter(models.values()))
    return Table(
        columns=["model", center, *names.values()],
        units=["", "", *("" if first[key].unit == "1" else first[key].unit for key in names)],
        rows=[
            [title, Estimate(value=one.center), *(effect_cell(one[key]) for key in names)]
            for title, one in models.items()
        ],
        caption=" ".join([caption, *_remarks(models.values(), names)]),
        digits=2,
    )


def with_limits(name: str, number: Statistic | Interval | Effect) -> dict[str, float]:
    """Return a number with its limits as columns of a file: `name`, `name_low`, `name_high`."""
    return {name: number.value, f"{name}_low": number.low, f"{name}_high": number.high}


def statistics_row(
    summary: Summary, prefix: str = "", keys: Iterable[str] = (*SCALE_FREE, *RAW)
) -> dict[str, Any]:
    """Return the center and statistics as columns of a file, with limits.

    A statistic that may be larger has no limits, but a column `_bound` beside it.
    """
    row: dict[str, Any] = {f"{prefix}center": summary.center}
    for key in keys:
        row |= with_limits(f"{prefix}{key}", summary[key])
        row |= {f"{prefix}{key}_bound": True} if summary[key].is_bound else {}
    return row


def _remarks(summaries: Iterable[Summary], names: Mapping[str, str]) -> list[str]:
    """Collect the notes on statistics, each once, with the statistics that it concerns, and ε."""
    said: dict[str, set[str]] = {}
    sizes: dict[str, None] = {}
    for key, title in names.items():
        for one in (summary[key] for summary in summaries):
            sizes |= {f"{one.settings['epsilon']:g}": None} if "epsilon" in one.settings else {}
            for kind in _kinds(one.note):
                said.setdefault(kind, set()).add(title)
    within = [
        f"ε-sharpness and mean excess are taken within ε = {' and '.join(sizes)} filter norms."
    ]
    notes = [f"Somewhere in {', '.join(sorted(titles))}: {note}." for note, titles in said.items()]
    return (within if sizes else []) + notes


def _kinds(note: str) -> list[str]:
    """Take a note apart, and leave out of which planes and how many rays it speaks."""
    plain = re.sub(r"\d+ of \d+ rays", "rays", re.sub(r"(^|; )planes? [\d, ]+: ", r"\1", note))
    return list(dict.fromkeys(filter(None, plain.split("; "))))
