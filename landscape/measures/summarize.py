"""Sharpness of a surface: statistics with intervals over replicate planes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from landscape.measures.excess import RAYS, asymmetry, epsilon_sharpness, mean_excess
from landscape.measures.interpolated import read_with_errors
from landscape.measures.interval import mean_interval
from landscape.measures.plane import PlaneValues, plane_values
from landscape.measures.quadratic import curvatures, fit_quadratic, slope
from landscape.measures.radii import flat_area, level_radii
from landscape.measures.reading import Reading
from landscape.measures.summary import BOUND, Statistic, Summary
from landscape.surface.data import Surface

COMPLETE = 0.9  # share of known points below which a plane is left out


@dataclass(frozen=True)
class _Quantity:
    """What is the same for a statistic of any surface; `{d}` is the unit of the directions."""

    name: str
    unit: str
    scale_free: bool
    settings: tuple[str, ...]


_QUANTITIES = {
    "epsilon_sharpness": _Quantity("ε-sharpness", "%", False, ("epsilon",)),
    "epsilon_sharpness_relative": _Quantity("ε-sharpness / f0", "%", True, ("epsilon",)),
    "mean_excess": _Quantity("mean excess", "loss", False, ("epsilon",)),
    "mean_excess_relative": _Quantity("mean excess / f0", "1", True, ("epsilon",)),
    "quadratic_fit": _Quantity("quadratic fit R²", "1", True, ("fit_radius",)),
    "curvature_max": _Quantity("largest curvature", "loss / parameter²", False, ("fit_radius",)),
    "curvature_mean": _Quantity("mean curvature", "loss / parameter²", False, ("fit_radius",)),
    "curvature_min": _Quantity("smallest curvature", "loss / parameter²", False, ("fit_radius",)),
    "curvature_max_relative": _Quantity(
        "largest curvature / f0", "1 / {d}²", True, ("fit_radius",)
    ),
    "curvature_mean_relative": _Quantity("mean curvature / f0", "1 / {d}²", True, ("fit_radius",)),
    "curvature_min_relative": _Quantity(
        "smallest curvature / f0", "1 / {d}²", True, ("fit_radius",)
    ),
    "slope": _Quantity("slope at the center", "loss / parameter", False, ("fit_radius",)),
    "slope_relative": _Quantity("slope at the center / f0", "1 / {d}", True, ("fit_radius",)),
    "minimum_offset": _Quantity("distance of the grid minimum", "{d}", True, ()),
    "minimum_depth": _Quantity("depth of the grid minimum", "loss", False, ()),
    "minimum_depth_relative": _Quantity("depth of the grid minimum / f0", "1", True, ()),
    "flat_area": _Quantity("area with loss ≤ {level} f0", "{d}²", True, ("level",)),
    "radius_mean": _Quantity("radius to {level} f0, mean", "{d}", True, ("level", "rays")),
    "radius_min": _Quantity("radius to {level} f0, shortest", "{d}", True, ("level", "rays")),
    "radius_max": _Quantity("radius to {level} f0, longest", "{d}", True, ("level", "rays")),
    "flat_area_rise": _Quantity("area with loss ≤ f0 + {rise}", "{d}²", False, ("rise",)),
    "radius_mean_rise": _Quantity("radius to f0 + {rise}, mean", "{d}", False, ("rise", "rays")),
    "radius_min_rise": _Quantity("radius to f0 + {rise}, shortest", "{d}", False, ("rise", "rays")),
    "radius_max_rise": _Quantity("radius to f0 + {rise}, longest", "{d}", False, ("rise", "rays")),
    "asymmetry": _Quantity("asymmetry", "1", True, ("epsilon",)),
}


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

    Each statistic is the mean over replicate planes with Student's t-interval, and comes raw and
    scale-free: divided by the loss f0 at the center, or taken at a multiple of it, so that
    multiplying the loss by a constant changes nothing. Distances are in units of the directions'
    norms, which for filter-normalised directions is the norm of the center's filters.

    A point whose value is not finite lies above every level; fits leave it out and are NaN where
    more than 10 % of their points are like this. A plane with more than 10 % missing or failed
    points is left out and noted.

    Args:
        surface: The surface; a line has no flat area.
        metric: Which of its metrics, one where less is better.
        epsilon: Half side of the box, and radius of the disk, over which sharpness, mean excess
            and asymmetry are taken. Default half the grid's radius: beyond it the border decides.
        fit_radius: Radius of the disk for the quadratic fit. Default a quarter of the grid's
            radius, but no less than 2.5 spacings: 21 points for 6 coefficients.
        level: Multiple of the center loss for area and radii. Default 2: where the loss doubles.
        rise: Absolute rise of the loss for a second area and radii, which are not scale-free.
            Default none.
        confidence: Probability that an interval covers the true mean. Default as usual.

    Returns:
        The statistics. Intervals are NaN for a single plane.

    Raises:
        ValueError: If the metric is unknown or a setting is out of range.

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
    planes = plane_values(surface, metric)
    radius, spacing = planes[0].radius, planes[0].spacing
    settings = {
        "epsilon": epsilon if epsilon is not None else radius / 2,
        "fit_radius": fit_radius if fit_radius is not None else max(radius / 4, 2.5 * spacing),
        "level": level,
        "rise": rise if rise is not None else np.nan,
        "rays": float(RAYS if planes[0].axes == 2 else 2),
    }
    _check(settings)
    complete = [1 - float(sheet.unknown.mean()) for sheet in planes]
    used = tuple(index for index, share in enumerate(complete) if share >= COMPLETE)
    measure = partial(_measure, settings=settings)
    readings = {index: read_with_errors(planes[index], measure) for index in used}
    known = np.concatenate([sheet.values[~sheet.unknown] for sheet in planes])
    return Summary(
        metric=metric,
        center=planes[0].center,
        statistics=tuple(
            _statistic(key, len(planes), readings, settings, _unit(surface), confidence)
            for key in _QUANTITIES
            if _is_taken(key, planes[0].axes, settings)
        ),
        planes=len(planes),
        used=used,
        finite=float(np.isfinite(known).mean()) if known.size else np.nan,
        confidence=confidence,
        identity=_identity(surface, settings),
        notes=tuple(_notes(surface, metric, complete)),
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


def _is_taken(key: str, axes: int, settings: Mapping[str, float]) -> bool:
    """Tell whether a quantity exists: no area on a line, no absolute level without a rise."""
    if key.startswith("flat_area") and axes == 1:
        return False
    return not (key.endswith("_rise") and np.isnan(settings["rise"]))


def _measure(sheet: PlaneValues, settings: Mapping[str, float]) -> dict[str, Reading]:
    """Take all readings of one plane."""
    fit = fit_quadratic(sheet, settings["fit_radius"])
    readings = {
        **epsilon_sharpness(sheet, settings["epsilon"]),
        **mean_excess(sheet, settings["epsilon"]),
        **curvatures(sheet, fit),
        **slope(sheet, fit),
        **asymmetry(sheet, settings["epsilon"]),
        **_levels(sheet, settings["level"] * sheet.center),
    }
    if not sheet.center > 0:
        reason = f"needs a positive value at the center, which is {sheet.center:.4g}"
        readings |= {key: Reading(np.nan, reason) for key in _levels(sheet, sheet.center)}
    if not np.isnan(settings["rise"]):
        found = _levels(sheet, sheet.center + settings["rise"])
        readings |= {f"{key}_rise": reading for key, reading in found.items()}
    return readings


def _levels(sheet: PlaneValues, level: float) -> dict[str, Reading]:
    """Measure radii, and on a plane the area."""
    return level_radii(sheet, level) | (flat_area(sheet, level) if sheet.axes == 2 else {})


def _statistic(
    key: str,
    planes: int,
    readings: Mapping[int, Mapping[str, Reading]],
    settings: Mapping[str, float],
    unit: str,
    confidence: float,
) -> Statistic:
    """Average the readings of one quantity over the planes."""
    quantity = _QUANTITIES[key]
    taken = {index: plane[key] for index, plane in readings.items()}
    values = [taken[index].value if index in taken else np.nan for index in range(planes)]
    notes = [_by_plane({index: reading.note for index, reading in taken.items()}, planes)]
    interval = mean_interval(
        [reading.value for reading in taken.values()] or [np.nan], confidence=confidence
    )
    if any(reading.note.startswith(BOUND) for reading in taken.values()):
        interval = replace(interval, low=np.nan, high=np.nan)
    if not taken:
        notes.append("no plane is complete")
    elif len(taken) == 1:
        notes.append("one plane: no interval")
    wording = {"d": unit, "level": f"{settings['level']:g}", "rise": f"{settings['rise']:g}"}
    return Statistic(
        key=key,
        name=quantity.name.format(**wording),
        unit=quantity.unit.format(**wording),
        value=interval.value,
        low=interval.low,
        high=interval.high,
        per_plane=tuple(values),
        scale_free=quantity.scale_free,
        settings={name: settings[name] for name in quantity.settings},
        note="; ".join(filter(None, notes)),
    )


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


def _notes(surface: Surface, metric: str, complete: list[float]) -> list[str]:
    """Say what concerns all statistics: unknown, failed and estimated points."""
    notes = []
    for index, share in enumerate(complete):
        if share < 1:
            fate = "left out" if share < COMPLETE else "measured without them"
            notes.append(f"plane {index}: {1 - share:.1%} of the points missing or failed, {fate}")
    estimated = ~surface.measured
    if f"{metric}_estimate" in surface.values and estimated.any():
        notes.append(f"{estimated.mean():.1%} of the points are interpolated, not measured")
    return notes


def _unit(surface: Surface) -> str:
    """Name the unit of lengths: what one step along a direction is."""
    normalize = surface.metadata.get("normalize")
    return "filter norm" if normalize == "filter" else "direction norm"


def _identity(surface: Surface, settings: Mapping[str, float]) -> dict[str, Any]:
    """Collect what a paired comparison needs to be the same."""
    recorded = ("seed", "normalize", "directions")
    return {
        **{name: surface.metadata[name] for name in recorded if name in surface.metadata},
        "planes": surface.planes,
        "alpha": [float(surface.alpha[0]), float(surface.alpha[-1])],
        "beta": [float(surface.beta[0]), float(surface.beta[-1])],
        **{name: value for name, value in settings.items() if not np.isnan(value)},
    }
