"""How far the errors of estimated points can move a reading."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from landscape.measures.plane import PlaneValues
from landscape.measures.reading import Reading

NOTABLE, TOO_MUCH = 0.1, 0.5
"""Relative change of a reading that is noted, and that makes it worthless."""


def read_with_errors(
    sheet: PlaneValues, measure: Callable[[PlaneValues], Mapping[str, Reading]]
) -> dict[str, Reading]:
    """Take readings, and again with all estimates higher and lower by their errors.

    A tolerance promises accuracy up to a level only; what a reading owes to points above it shows
    in how much it changes.

    Args:
        sheet: One plane.
        measure: Takes all readings of a plane.

    Returns:
        The readings; with a note where they change notably, and without a value where they change
        by half. The lowest point is taken as it is.
    """
    readings = dict(measure(sheet))
    if not sheet.error.any():
        return readings
    shifted = [measure(replace(sheet, values=sheet.values + s * sheet.error)) for s in (1.0, -1.0)]
    for key, reading in readings.items():
        if key.startswith("minimum") or not np.isfinite(reading.value):
            continue
        others = np.array([other[key].value for other in shifted])
        change = np.abs(others - reading.value).max() / max(abs(reading.value), 1e-12)
        if not change <= TOO_MUCH:
            note = "depends on values above the level that the tolerance covers (clip)"
            readings[key] = Reading(np.nan, note)
        elif change > NOTABLE and not reading.note:
            readings[key] = replace(reading, note="interpolation may change this by over 10 %")
    return readings
