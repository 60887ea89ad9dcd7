"""How well the points that were not measured are known, and what that does to a measure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from landscape.measures.plane import PlaneValues, Reading, scales
from landscape.points.scale import Scale
from landscape.surface.data import Array, Surface

NOTABLE, TOO_MUCH = 0.1, 0.5
"""Relative change of a reading that is noted, and that makes it worthless."""

Measure = Callable[[PlaneValues], Mapping[str, Reading]]
"""Takes all readings of a plane."""


def accuracy(surface: Surface, plane: int | None = None) -> str:
    """Describe the accuracy of a surface with a tolerance.

    Args:
        surface: Computed with `tolerance=`.
        plane: Which one; None for all.

    Returns:
        One sentence: the largest estimated relative error up to the level, and where it is.

    Raises:
        ValueError: If the surface has no tolerance.
    """
    tolerance, clip = surface.tolerance, surface.clip
    if surface.refined is None or tolerance is None or clip is None:
        raise ValueError("expected a surface with a tolerance, got one whose points are measured")
    promise = f"tolerance {tolerance:g} up to {clip:g} times the center"
    planes = slice(None) if plane is None else slice(plane, plane + 1)
    done = surface.refined.done[planes]
    if plane is None and not done.all():
        return f"{done.sum()} of {surface.planes} planes have reached the {promise}"
    if not done.all():
        return f"the {promise} is not yet reached"
    promised = {name: found[planes] for name in surface.metrics if (found := scales(surface, name))}
    promise = f"tolerance {tolerance:g} up to {_reach(surface.center, clip, promised)}"
    best, where = -1.0, ""
    for metric, of_planes in promised.items():
        errors = _relative(surface, metric, of_planes, planes)
        at, row, column = np.unravel_index(int(errors.argmax()), errors.shape)
        if errors[at, row, column] > best:
            best, where = float(errors[at, row, column]), _place(surface, int(row), int(column))
            where = f"plane {at}, {where}" if plane is None else where
    if best <= 0:
        return f"all points that the {promise} asks for are measured"
    return f"estimated error at most {best:.2g} of the value ({promise}), largest at {where}"


def _place(surface: Surface, row: int, column: int) -> str:
    """Write where a point is, as the axes of figures do."""
    sides = [("α", surface.alpha[column]), ("β", surface.beta[row])][: 1 if surface.is_line else 2]
    return ", ".join(f"{name} {at:.3g}".replace("-", "−") for name, at in sides)


def _reach(
    centers: Mapping[str, float], clip: float, promised: Mapping[str, Sequence[Scale]]
) -> str:
    """Say up to which levels errors were controlled: of each metric the smallest of all planes.

    It is raised above `clip` times the center where little of the grid would lie below that.
    """
    raised, usual = [], []
    for metric, of_planes in promised.items():
        center, level = centers[metric], min(scale.level for scale in of_planes)
        at_least = center + (clip - 1) * abs(center)
        if center == 0 or level <= at_least:
            usual.append(metric)
        else:
            raised.append(f"a {metric} of {level:.3g}")
    multiple = f"{clip:g} times the center" + f" of {', '.join(usual)}" * bool(raised)
    return " and ".join([*raised, *([multiple] if usual or not raised else [])])


def _relative(surface: Surface, metric: str, of_planes: Sequence[Scale], planes: slice) -> Array:
    """Return relative errors below the level, 0 elsewhere, shape (planes, beta, alpha)."""
    value, error = surface.known(metric)[planes], surface.error(metric)[planes]
    unit, level = (
        np.array([getattr(scale, name) for scale in of_planes])[:, None, None]
        for name in ("unit", "level")
    )
    counted = np.isfinite(error) & (value <= level)
    relative: Array = np.where(counted, error / np.maximum(np.abs(value), unit), 0.0)
    return relative


def read_with_errors(
    plane: PlaneValues, measure: Measure, *, exact: Sequence[str] = ()
) -> dict[str, Reading]:
    """Take readings, and see how much the errors of estimated points can change them.

    The values are moved by their errors in several patterns, as errors that alternate cancel in
    one measure and add up in another: all up, all down, odd in each coordinate, and signs at
    random. The largest change counts.

    Args:
        plane: One plane.
        measure: Takes all readings of a plane.
        exact: Names of readings that are taken as they are.

    Returns:
        The readings; with a note where they change notably or may be bounds, and without a value
        where they change by half. The note says whether the errors below the level of the tolerance
        suffice for it.
    """
    readings = dict(measure(plane))
    if not plane.error.any():
        return readings
    patterns = _patterns(plane)
    moved = [_moved(plane, signs * plane.error, measure) for signs in patterns]
    changes = {
        key: np.array([_change(one[key], reading) for one in moved])
        for key, reading in readings.items()
        if key not in exact and np.isfinite(reading.value)
    }
    notable = {key: change for key, change in changes.items() if not change.max() <= NOTABLE}
    within = _within(plane, measure, readings, {k: int(c.argmax()) for k, c in notable.items()})
    for key, reading in readings.items():
        if key in notable and notable[key].max() > TOO_MUCH:
            readings[key] = Reading(np.nan, _cause(plane, notable[key].max(), within[key]))
            continue
        notes = [reading.note]
        if key in notable:
            notes.append(_cause(plane, notable[key].max(), within[key]))
        if key in changes and not reading.bound and any(one[key].bound for one in moved):
            notes.append("with errors of interpolated values this may be a lower bound")
        readings[key] = replace(reading, note="; ".join(filter(None, notes)))
    return readings


def _cause(plane: PlaneValues, change: float, within: float) -> str:
    """Say which errors change a reading, and whether by too much."""
    limit = TOO_MUCH if not change <= TOO_MUCH else NOTABLE
    if np.isinf(plane.level):
        return f"errors of interpolated values may change this by over {limit:.0%}"
    if within <= limit:
        return (
            f"interpolated values above the level of the tolerance (clip) may change this by over "
            f"{limit:.0%}"
        )
    return f"errors within the tolerance may change this by over {limit:.0%}"


def _within(
    plane: PlaneValues, measure: Measure, readings: Mapping[str, Reading], worst: Mapping[str, int]
) -> dict[str, float]:
    """Return how much of the change errors below the level make, in the worst pattern of each."""
    if np.isinf(plane.level):
        return dict.fromkeys(worst, 0.0)
    below = np.where(plane.values <= plane.level, plane.error, 0.0)
    patterns = _patterns(plane)
    moved = {
        index: _moved(plane, patterns[index] * below, measure) for index in set(worst.values())
    }
    return {key: _change(moved[index][key], readings[key]) for key, index in worst.items()}


def _moved(plane: PlaneValues, shift: Array, measure: Measure) -> Mapping[str, Reading]:
    """Take all readings of a plane whose values are moved."""
    return measure(replace(plane, values=plane.values + shift))


def _change(moved: Reading, reading: Reading) -> float:
    """Return a relative change; infinite where the moved reading is lost."""
    change = abs(moved.value - reading.value) / max(abs(reading.value), 1e-12)
    return np.inf if np.isnan(change) else change


def _patterns(plane: PlaneValues) -> list[Array]:
    """Make patterns of signs over a plane, the random ones from a fixed seed."""
    one = np.ones(plane.values.shape)
    odd = [np.sign(plane.alpha)[None, :] * one, np.sign(plane.beta)[:, None] * one]
    random = np.random.default_rng(0).choice([-1.0, 1.0], (4, *plane.values.shape))
    return [sign * signs for signs in (one, *odd[: plane.axes]) for sign in (1.0, -1.0)] + [*random]
