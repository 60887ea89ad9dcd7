"""What the page holds: grids, scales, statistics, and what must be known, as plain JSON."""

import base64
import itertools
from collections.abc import Sequence
from math import isnan, nan
from typing import Any, Literal, get_args

import numpy as np
from matplotlib.colors import to_hex
from numpy.typing import DTypeLike

from landscape.errors import LandscapeError, shown
from landscape.figures.coordinates import axis_label
from landscape.figures.levels import Levels, levels_for
from landscape.figures.panel import Panel, make_panel
from landscape.figures.relief import common_range
from landscape.figures.text import Kind
from landscape.measures import common_rise, summarize
from landscape.measures.interval import EDGE, t_factor
from landscape.measures.plane import plane_values
from landscape.measures.summary import Statistic
from landscape.measures.text import limits, number
from landscape.surface.data import Array, Surface

MeanOf = Literal["signed", "positive", "fraction"]
"""What values of which planes are averaged can be, as in `draw_line`."""

_BESIDE = "the center is not on the grid: there are no statistics around it"

_KINDS: tuple[Kind, ...] = ("ratio", "difference", "absolute")


def content_of(surfaces: Sequence[Surface], titles: Sequence[str]) -> dict[str, Any]:
    """Collect all that the page shows.

    Args:
        surfaces: Over planes, at least one.
        titles: One for each.

    Returns:
        JSON: `surfaces` with grids in base64, and `metrics` with the scales that all share.

    Raises:
        LandscapeError: If a surface is a line, or no metric is finite and in all of them.
    """
    if any(one.is_line for one in surfaces):
        raise LandscapeError(
            "expected a surface over planes, got a line", hint="draw_line draws it (--kind line)"
        )
    shared = [m for m in surfaces[0].metrics if all(m in one.metrics for one in surfaces)]
    metrics, reason, said = {}, None, _told_apart(surfaces, titles)
    for metric in shared:
        try:
            metrics[metric] = _metric(surfaces, metric, said)
        except LandscapeError as error:  # such as a metric without a finite value
            reason = reason or error
    if not metrics:
        raise reason or LandscapeError("expected surfaces that share a metric, got none")
    return {
        "surfaces": [
            _surface(one, shown(title), list(metrics))
            for one, title in zip(surfaces, titles, strict=True)
        ],
        "metrics": metrics,
        "intervals": _intervals(max(one.planes for one in surfaces)),
    }


def _intervals(planes: int) -> dict[str, Any]:
    """Give what intervals of a mean over 2, 3 and so on planes take (see `mean_interval`)."""
    numbers = range(2, planes + 1)
    factors = {kind: [t_factor(n, kind=kind) for n in numbers] for kind in get_args(MeanOf)}
    return {"factors": factors, "edge": EDGE}


def _surface(surface: Surface, title: str, metrics: list[str]) -> dict[str, Any]:
    """Describe the grid of a surface and its values."""
    return {
        "title": title,
        "alpha": _packed(surface.alpha, np.float64),
        "beta": _packed(surface.beta, np.float64),
        "axes": [axis_label(name, what) for name, what in zip("αβ", surface.axes, strict=True)],
        "planes": surface.planes,
        "random": surface.is_random,
        "status": [_packed(plane, np.int8) for plane in surface.status],
        "places": [
            {"label": shown(one.label), "alpha": one.alpha, "beta": one.beta, "path": one.path}
            for one in surface.points_of_interest
        ],
        "values": {metric: _values(surface, metric) for metric in metrics},
    }


def _values(surface: Surface, metric: str) -> dict[str, Any]:
    """Pack the values of one metric, their errors, and up to where estimates are accurate."""
    planes = plane_values(surface, metric)
    unknown = np.full(surface.status.shape, np.nan)
    sampled = surface.values.get(f"{metric}_se", unknown)
    errors = np.where(surface.measured, sampled, surface.error(metric))
    center = planes[0].center
    return {
        "center": center if np.isfinite(center) else None,
        "bounds": [end if np.isfinite(end) else None for end in surface.bounds(metric)],
        "limit": [plane.level if np.isfinite(plane.level) else None for plane in planes],
        "planes": [_packed(plane.values, np.float64) for plane in planes],
        # Standard errors over samples where measured, errors of the estimate elsewhere.
        "errors": [_packed(error, np.float32) for error in errors],
    }


def _metric(surfaces: Sequence[Surface], metric: str, said: list[str]) -> dict[str, Any]:
    """Describe the scales that a metric can be read on, and its statistics."""
    first = levels_for(surfaces, metric=metric)
    kinds = [kind for kind in _KINDS if not (first.higher_is_better and kind == "ratio")]
    scales = []
    for kind, log in itertools.product(sorted(kinds, key=lambda k: k != first.kind), (False, True)):
        try:
            levels = levels_for(surfaces, metric=metric, kind=kind, log=log)
            scales.append(_scale(surfaces, levels, log=log))
        except LandscapeError:  # such as logarithms where a value is zero
            continue
    if not scales:
        raise LandscapeError(f"expected values of {metric!r} that have levels, got none")
    return {"name": shown(metric.replace("_", " ")), "scales": scales} | _statistics(
        surfaces, metric, said
    )


def _scale(surfaces: Sequence[Surface], levels: Levels, *, log: bool) -> dict[str, Any]:
    """Describe levels, colours, the range of heights, and what must be known of each plane."""
    panels = [
        [make_panel(one, levels, plane=p, chosen=True) for p in range(one.planes)]
        for one in surfaces
    ]
    flat = list(itertools.chain.from_iterable(panels))
    low, high = common_range(flat, levels, log=log)
    return {
        "kind": levels.kind,
        "log": log,
        "levels": list(levels.values),
        "labels": list(levels.labels),
        "colors": [to_hex(levels.colormap(band)) for band in range(len(levels.values) + 1)],
        "title": levels.title,
        "remark": levels.remark,
        "range": [low, high],
        "panels": [[_panel(panel) for panel in each] for each in panels],
    }


def _panel(panel: Panel) -> dict[str, Any]:
    """Describe what a plane shows beside its values."""
    return {
        "radius": panel.radius,
        "best": panel.best,
        "doubling": panel.doubling if np.isfinite(panel.doubling) else None,
        "notes": [str(note) for note in panel.notes],
    }


def _statistics(surfaces: Sequence[Surface], metric: str, said: list[str]) -> dict[str, Any]:
    """Measure all surfaces, with radii to one rise, as rows of a table."""
    around = [plane_values(one, metric)[0].radius > 0 for one in surfaces]
    rise = common_rise(*itertools.compress(surfaces, around), metric=metric) if any(around) else nan
    found = [
        summarize(one, metric=metric, rise=None if isnan(rise) else rise) if has else None
        for one, has in zip(surfaces, around, strict=True)
    ]
    heads = {one.key: one for summary in found if summary for one in summary.headline}
    rows = []
    for key, head in heads.items():
        cells = [_cell(one[key]) if one and key in one else {"value": "–"} for one in found]
        rows.append({"name": head.name, "unit": head.unit, "cells": cells})
    return {
        "statistics": rows,
        "confidence": next((f"{one.confidence:.0%}" for one in found if one), ""),
        "sentences": [one.sentence if one else _BESIDE for one in found],
        "notes": [[*(one.notes if one else (_BESIDE,)), *said] for one in found],
    }


def _told_apart(surfaces: Sequence[Surface], titles: Sequence[str]) -> list[str]:
    """Say where surfaces lie along other directions, which one page draws on the same axes."""
    each = [
        " and ".join(dict.fromkeys(axis.name or f"random, {axis.unit}" for axis in one.axes))
        for one in surfaces
    ]
    if len(set(each)) == 1:
        return []
    text = "; ".join(f"{title}: {what}" for title, what in zip(titles, each, strict=True))
    return [f"directions differ ({shown(text)}): one place of α and β is another point on each"]


def _cell(one: Statistic) -> dict[str, str]:
    """Write a statistic as the tables of the terminal do."""
    value = "≥ " * one.is_bound + number(one.value)
    return {"value": value, "interval": limits(one.low, one.high), "note": one.note}


def _packed(array: Array, kind: DTypeLike) -> str:
    """Write an array, row by row, as the page reads it: little-endian, in base64."""
    little = np.ascontiguousarray(array, np.dtype(kind).newbyteorder("<"))
    return base64.b64encode(little.tobytes()).decode()
