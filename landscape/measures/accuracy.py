"""How well the points that were not measured are known, and what that does to a measure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from landscape.measures.plane import PlaneValues, Reading
from landscape.points.grid import nested
from landscape.points.scale import scale_of
from landscape.surface.data import Array, Surface

NOTABLE, TOO_MUCH = 0.1, 0.5
"""Relative change of a reading that is noted, and that makes it worthless."""


def accuracy(surface: Surface) -> str:
    """Describe the accuracy of a surface with a tolerance.

    Args:
        surface: Computed with `tolerance=`.

    Returns:
        One sentence: the largest estimated relative error up to the level, and where it is.

    Raises:
        ValueError: If the surface has no tolerance.
    """
    if surface.refined is None:
        raise ValueError("expected a surface with a tolerance, got one whose points are measured")
    config = surface.metadata["config"]
    promise = f"tolerance {config['tolerance']:g} up to {config['clip']:g} times the center"
    done = int(surface.refined.done.sum())
    if done < surface.planes:
        return f"{done} of {surface.planes} planes have reached the {promise}"
    promise = f"tolerance {config['tolerance']:g} up to {_reach(surface, float(config['clip']))}"
    best, plane, alpha, beta = -1.0, 0, 0.0, 0.0
    for metric in config["tolerance_metrics"]:
        errors = _relative(surface, metric, float(config["clip"]))
        place = np.unravel_index(int(errors.argmax()), errors.shape)
        if errors[place] > best:
            best, plane = float(errors[place]), int(place[0])
            beta, alpha = float(surface.beta[place[1]]), float(surface.alpha[place[2]])
    if best <= 0:
        return f"all points that the {promise} asks for are measured"
    where = f"plane {plane}, alpha {alpha:.3g}" + ("" if surface.is_line else f", beta {beta:.3g}")
    return f"estimated error at most {best:.2g} of the value ({promise}), largest at {where}"


def _reach(surface: Surface, clip: float) -> str:
    """Say up to which level errors were controlled: the smallest of all planes.

    It is raised above `clip` times the center where little of the grid would lie below that.
    """
    metric = surface.metadata["config"]["tolerance_metrics"][0]
    center, start = surface.center[metric], nested(surface.alpha.size, surface.beta.size)
    values = surface.values[f"{metric}_estimate"].reshape(surface.planes, -1)[:, start]
    level = min(scale_of(center, clip, of_plane).level for of_plane in values)
    if center == 0 or level <= scale_of(center, clip, np.empty(0)).level:
        return f"{clip:g} times the center"
    return f"a {metric} of {level:.3g}"


def _relative(surface: Surface, metric: str, clip: float) -> Array:
    """Return relative errors where accuracy is owed, 0 elsewhere, shape (plane, beta, alpha)."""
    value = surface.values[f"{metric}_estimate"]
    error = surface.values[f"{metric}_estimate_error"]
    start = nested(surface.alpha.size, surface.beta.size)
    result = np.zeros(value.shape)
    for plane in range(surface.planes):
        scale = scale_of(surface.center[metric], clip, value[plane].ravel()[start])
        owed = np.isfinite(error[plane]) & (value[plane] <= scale.level)
        size = np.maximum(np.abs(value[plane]), scale.unit)
        result[plane] = np.where(owed, error[plane] / size, 0.0)
    return result


def read_with_errors(
    plane: PlaneValues,
    measure: Callable[[PlaneValues], Mapping[str, Reading]],
    *,
    exact: Sequence[str] = (),
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
        The readings; with a note where they change notably, and without a value where they change
        by half. The note says whether the errors below the level of the tolerance suffice for it.
    """
    readings = dict(measure(plane))
    if not plane.error.any():
        return readings
    everywhere = _changes(plane, plane.error, measure, readings)
    notable = {
        key
        for key, reading in readings.items()
        if key not in exact and np.isfinite(reading.value) and not everywhere[key] <= NOTABLE
    }
    if not notable:
        return readings
    below = np.where(plane.values <= plane.level, plane.error, 0.0)
    within = _changes(plane, below, measure, readings)
    for key in notable:
        cause = _cause(everywhere[key], within[key])
        if everywhere[key] <= TOO_MUCH:
            notes = filter(None, (readings[key].note, cause))
            readings[key] = replace(readings[key], note="; ".join(notes))
        else:
            readings[key] = Reading(np.nan, cause)
    return readings


def _cause(change: float, within: float) -> str:
    """Say which errors change a reading, and whether by too much."""
    limit = TOO_MUCH if not change <= TOO_MUCH else NOTABLE
    if within <= limit:
        return (
            f"interpolated values above the level of the tolerance (clip) may change this by over "
            f"{limit:.0%}"
        )
    return f"errors within the tolerance may change this by over {limit:.0%}"


def _changes(
    plane: PlaneValues,
    error: Array,
    measure: Callable[[PlaneValues], Mapping[str, Reading]],
    readings: Mapping[str, Reading],
) -> dict[str, float]:
    """Return the largest relative change of each reading; infinite where it is lost."""
    if not error.any():
        return dict.fromkeys(readings, 0.0)
    largest = dict.fromkeys(readings, 0.0)
    for signs in _patterns(plane):
        moved = measure(replace(plane, values=plane.values + signs * error))
        for key, reading in readings.items():
            with np.errstate(invalid="ignore"):
                change = abs(moved[key].value - reading.value) / max(abs(reading.value), 1e-12)
            largest[key] = max(largest[key], np.inf if np.isnan(change) else change)
    return largest


def _patterns(plane: PlaneValues) -> list[Array]:
    """Make patterns of signs over a plane, the random ones from a fixed seed."""
    one = np.ones(plane.values.shape)
    odd = [np.sign(plane.alpha)[None, :] * one, np.sign(plane.beta)[:, None] * one]
    random = np.random.default_rng(0).choice([-1.0, 1.0], (4, *plane.values.shape))
    return [sign * signs for signs in (one, *odd[: plane.axes]) for sign in (1.0, -1.0)] + [*random]
