"""Sharpness of a surface: statistics with intervals over replicate planes."""

from collections.abc import Mapping
from functools import partial

import numpy as np

from landscape.arguments import checked
from landscape.measures.accuracy import read_with_errors
from landscape.measures.along import about_axes
from landscape.measures.coarse import about_spacing
from landscape.measures.excess import asymmetry, epsilon_sharpness, mean_excess
from landscape.measures.interval import mean_interval
from landscape.measures.multiples import no_multiples
from landscape.measures.plane import RAYS, PlaneValues, Reading, oriented_planes
from landscape.measures.quadratic import curvatures, fit_quadratic, slope
from landscape.measures.quantities import QUANTITIES, Quantity, taken, words
from landscape.measures.radii import flat_area, level_radii
from landscape.measures.recorded import center_error, unit_of
from landscape.measures.rise import rise_of
from landscape.measures.score import remaining
from landscape.measures.summary import Statistic, Summary
from landscape.surface.data import Surface
from landscape.surface.in_common import identity_of

COMPLETE = 0.9  # share of known points below which a plane is left out
_EXACT = tuple(key for key, quantity in QUANTITIES.items() if quantity.exact)


@checked
def summarize(
    surface: Surface,
    *,
    metric: str = "loss",
    epsilon: float | None = None,
    fit_radius: float | None = None,
    level: float = 2.0,
    rise: float | None = None,
    confidence: float = 0.95,
) -> Summary:
    """Measure the sharpness of a surface around its center.

    Each statistic is an average over replicate planes with its interval: positive ones a geometric
    mean, others as `landscape.measures.interval` says. They come raw and scale-free: divided by
    the loss f0 at the center, or taken at a multiple of it, so that multiplying the loss by a
    constant changes nothing. Distances are in units of the directions' norms, which for
    filter-normalised directions is the norm of the center's filters. A radius to a multiple of f0
    re-tells f0, which a model has by its fit; that to an absolute rise beside it does not.

    A point whose value is not finite lies above every level; fits leave it out and are NaN where
    more than 10 % of their points are like this. A plane with more than 10 % missing or failed
    points is left out and noted, and so is, for one statistic, a plane where it has no value.

    Args:
        surface: The surface; a line has no flat area.
        metric: Which of its metrics. Where more is better, as of an accuracy, radii are to a drop
            and nothing is taken relative to the center; beside them are its mean and minimum
            within `epsilon`, and radii to half of what there is to lose. An accuracy, which is a
            share of samples, has no curvature.
        epsilon: Half side of the box, and radius of the disk, over which sharpness, mean excess
            and asymmetry are taken. Default half the grid's radius: beyond it the border decides.
        fit_radius: Radius of the disk for the quadratic fit. Default a quarter of the grid's
            radius, but no less than 2.5 spacings: 21 points for 6 coefficients.
        level: Multiple of the center loss for area and radii. Default 2: where the loss doubles.
        rise: Absolute rise of the loss for a second area and radii, which are not scale-free.
            Default one that most rays reach inside the grid (see `common_rise`).
        confidence: Probability that an interval covers the true average. Default as usual.

    Returns:
        The statistics. Intervals are NaN for a single plane, and where a plane has only a bound.

    Raises:
        ValueError: If the metric is unknown, a setting is out of range, or the center is not inside
            the grid and epsilon or fit_radius is not given.

    Example:
        >>> axis = np.linspace(-1, 1, 51)
        >>> bowl = 0.5 + 2 * (axis**2 + axis[:, None] ** 2)[None]
        >>> surface = Surface(alpha=axis, beta=axis, values={"loss": bowl},
        ...                   status=np.ones(bowl.shape, np.int8), gram=np.eye(2)[None],
        ...                   center={"loss": 0.5})
        >>> summary = summarize(surface)
        >>> round(summary["radius_mean"].value, 4), round(summary["curvature_max"].value, 6)
        (0.5, 4.0)
    """
    planes = oriented_planes(surface, metric)
    kind = surface.kind_of(metric)
    more_is_better = kind.higher_is_better
    radius, spacing = planes[0].radius, planes[0].spacing
    if radius <= 0 and None in (epsilon, fit_radius):  # of which there are no defaults then
        raise ValueError(
            "expected the center inside the grid, which statistics are about, got a grid beside it"
        )
    error = center_error(surface, metric)
    settings = {
        "epsilon": epsilon if epsilon is not None else radius / 2,
        "fit_radius": fit_radius if fit_radius is not None else max(radius / 4, 2.5 * spacing),
        "level": level,
        "rise": rise_of(planes, metric=kind, errors=[error]) if rise is None else rise,
        "half": (float(surface.center[metric]) + kind.low) / 2 if more_is_better else np.nan,
        "rays": float(RAYS if planes[0].axes == 2 else 2),
    }
    _check(settings)
    reason = "" if more_is_better else no_multiples(planes)
    complete = [1 - float(plane.unknown.mean()) for plane in planes]
    used = tuple(index for index, share in enumerate(complete) if share >= COMPLETE)
    quantities = taken(planes[0].axes, metric=kind, random=surface.is_random)
    measure = partial(_measure, settings=settings, quantities=quantities, reason=reason)
    readings = {index: read_with_errors(planes[index], measure, exact=_EXACT) for index in used}
    # What fills the names and units of quantities.
    text = {
        "d": unit_of(surface),
        "metric": metric,
        "level": f"{level:g}",
        "epsilon": f"{settings['epsilon']:g}",
        "rise": "rise" if np.isnan(settings["rise"]) else f"{settings['rise']:g}",
        **words(kind),
    }
    return Summary(
        metric=metric,
        center=float(surface.center[metric]),
        center_error=error,
        statistics=tuple(
            _statistic(key, quantity, len(planes), readings, settings, text, confidence)
            for key, quantity in quantities.items()
        ),
        planes=len(planes),
        used=used,
        finite=_finite(planes),
        confidence=confidence,
        identity=identity_of(surface)
        | {name: value for name, value in settings.items() if name not in {"rise", "half"}},
        no_multiples=reason,
        more_is_better=more_is_better,
        notes=(
            *_notes(surface, metric, complete, settings["fit_radius"]),
            *(() if more_is_better else about_spacing(planes, settings["rise"])),
        ),
    )


def _check(settings: Mapping[str, float]) -> None:
    """Refuse settings out of range."""
    for name in ("epsilon", "fit_radius", "rise"):
        if settings[name] <= 0:
            raise ValueError(f"expected a positive {name}, got {settings[name]}")
    if not settings["level"] > 1:
        raise ValueError(
            f"expected a level above 1, a multiple of the center loss, got {settings['level']}"
        )


def _measure(
    plane: PlaneValues,
    settings: Mapping[str, float],
    quantities: Mapping[str, Quantity],
    reason: str,
) -> dict[str, Reading]:
    """Take all readings of one plane; `reason` says why multiples of the center are none."""
    fit = fit_quadratic(plane, settings["fit_radius"])
    multiple = {} if reason else _levels(plane, settings["level"] * plane.center)
    rise = {} if np.isnan(settings["rise"]) else _levels(plane, plane.center + settings["rise"])
    of_score = "mean_within" in quantities
    readings = {
        **(remaining(plane, settings["epsilon"], settings["half"]) if of_score else {}),
        **epsilon_sharpness(plane, settings["epsilon"]),
        **mean_excess(plane, settings["epsilon"]),
        **curvatures(plane, fit),
        **slope(plane, fit),
        **asymmetry(plane, settings["epsilon"]),
        **multiple,
        **{f"{key}_rise": reading for key, reading in rise.items()},
    }
    change = "drop" if of_score else "rise"
    flat = Reading(np.nan, f"there is no {change} that most rays reach inside the grid")
    return {
        key: Reading(np.nan, reason) if reason and quantity.multiples else readings.get(key, flat)
        for key, quantity in quantities.items()
    }


def _levels(plane: PlaneValues, level: float) -> dict[str, Reading]:
    """Measure radii, and on a plane the area."""
    return level_radii(plane, level) | (flat_area(plane, level) if plane.axes == 2 else {})


def _statistic(
    key: str,
    quantity: Quantity,
    planes: int,
    readings: Mapping[int, Mapping[str, Reading]],
    settings: Mapping[str, float],
    text: Mapping[str, str],
    confidence: float,
) -> Statistic:
    """Average the readings of one quantity over the planes that have a value."""
    found = {index: plane[key] for index, plane in readings.items()}
    values = [found[index].value if index in found else np.nan for index in range(planes)]
    sample = [reading.value for reading in found.values() if not np.isnan(reading.value)]
    bounds = tuple(index in found and found[index].bound for index in range(planes))
    interval = mean_interval(sample or [np.nan], kind=quantity.kind, confidence=confidence)
    sure = not any(bounds)
    return Statistic(
        key=key,
        name=quantity.name.format(**text),
        unit=quantity.unit.format(**text),
        kind=quantity.kind,
        value=interval.value,
        low=interval.low if sure else np.nan,
        high=interval.high if sure else np.nan,
        n=len(sample),
        average=interval.average,
        per_plane=tuple(values),
        bounds=bounds,
        scale_free=quantity.scale_free,
        settings={name: settings[name] for name in quantity.settings},
        note="; ".join(_remarks(quantity, found, planes, sample)),
    )


def _remarks(
    quantity: Quantity, found: Mapping[int, Reading], planes: int, sample: list[float]
) -> list[str]:
    """Say what must be known of one statistic."""
    notes = [_by_plane({index: reading.note for index, reading in found.items()}, planes)]
    if not found:
        notes.append("no plane is complete")
    elif 0 < len(sample) < len(found):
        notes.append(f"over the {len(sample)} of {planes} planes that have a value")
    elif len(sample) == 1:
        notes.append("one plane: no interval")
    if quantity.kind == "positive" and len(sample) > 1 and min(sample) <= 0:
        notes.append("not positive on all planes: mean of |x|^0.6 with the sign of x")
    if quantity.kind == "nonnegative" and 1 < len(sample) < 6:
        notes.append("a median has an interval from six planes on")
    return [note for note in notes if note]


def _by_plane(notes: Mapping[int, str], planes: int) -> str:
    """Join equal notes and name their planes, unless all planes say the same."""
    groups: dict[str, list[str]] = {}
    for index, note in notes.items():
        if note:
            groups.setdefault(note, []).append(str(index))
    return "; ".join(
        note
        if len(where) == len(notes) or planes == 1
        else f"plane{'s'[: len(where) > 1]} {', '.join(where)}: {note}"
        for note, where in groups.items()
    )


def _notes(surface: Surface, metric: str, complete: list[float], fit_radius: float) -> list[str]:
    """Say what concerns all statistics: unknown, failed and estimated points."""
    refined, notes = surface.refined, about_axes(surface, metric, fit_radius)
    if "unknown" in surface.metadata:
        notes.append(f"not known, as the file does not say: {surface.metadata['unknown']}")
    if refined is not None and not refined.done.all():
        notes.append(
            f"{int((~refined.done).sum())} of {surface.planes} planes are not finished, errors of "
            f"{refined.error[~refined.done].max():.0%} are expected: the same call goes on"
        )
    elif max(complete) < COMPLETE and "imported" not in surface.metadata:
        notes.append("no plane is complete: the same call goes on where it stopped")
    for index, share in enumerate(complete):
        if share < 1:
            fate = "left out" if share < COMPLETE else "measured without them"
            notes.append(f"plane {index}: {1 - share:.1%} of the points missing or failed, {fate}")
    estimated = ~surface.measured & np.isfinite(surface.known(metric))
    if estimated.any():
        notes.append(f"{estimated.mean():.1%} of the points are interpolated, not measured")
    return notes


def _finite(planes: list[PlaneValues]) -> float:
    """Return the share of finite values among those that are known."""
    known = np.concatenate([plane.values[~plane.unknown] for plane in planes])
    return float(np.isfinite(known).mean()) if known.size else np.nan
