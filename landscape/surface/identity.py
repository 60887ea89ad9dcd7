"""Tell whether a file may be continued: the same settings, and the same values where tried."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from landscape.errors import SettingsMismatchError
from landscape.surface.create import Blueprint, canonical
from landscape.surface.data import Surface

_FINGERPRINTS = {
    "center": "other parameters",
    "buffers": "other buffers, such as running statistics",
    "data": "other data",
    "directions": "other directions",
}
_PLAIN = (
    *("planes", "steps", "line", "radius", "normalize", "batchnorm", "precision", "seed"),
    *("max_samples", "tolerance"),
)
"""Settings that a file of random planes has as they were given."""
_VERSIONS = ("torch", "numpy", "cpu", "gpu")
"""Attributes that decide about the last bits of a value."""
OTHER_PROCESSOR = 1e-5
"""Relative difference of values that another processor, or another version, causes."""
_HINT = "choose another file, or replace this one with overwrite=True (--overwrite)"


def check_identity(found: Surface, blueprint: Blueprint) -> None:
    """Refuse to continue a file that holds the result of something else.

    Args:
        found: As loaded from the file.
        blueprint: What was asked for.

    Raises:
        SettingsMismatchError: Naming the first key that differs, with both values.
    """
    directions = {"along": "random"}  # files of random directions do not say so
    wanted = directions | json.loads(canonical(blueprint.identity))
    _compare(found.metadata["path"], directions | found.config, wanted)
    _check_values(found.metadata, blueprint)


def check_settings(found: Surface, settings: Mapping[str, Any]) -> None:
    """Refuse other settings of random planes, before a problem is built; `check_identity` follows.

    Args:
        found: As loaded from the file.
        settings: Of the grid, by name.

    Raises:
        SettingsMismatchError: As `check_identity`.
    """
    wanted = json.loads(canonical(settings))
    known = [name for name in _PLAIN if name in found.config and name in wanted]
    if found.is_random and wanted.get("radius") != "auto":
        stored = {name: found.config[name] for name in known}
        _compare(found.metadata["path"], stored, {name: wanted[name] for name in known})


def _compare(path: str, stored: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Name the first setting that differs."""
    both = set(wanted) & set(stored)
    prints = list(_FINGERPRINTS)

    def rank(key: str) -> tuple[Any, ...]:
        """Put what a person chose before what follows from it."""
        place = 1 + prints.index(key) if key in prints else 0
        return key != "along", place, key not in both, key

    for key in sorted({*wanted, *stored}, key=rank):
        old, new = stored.get(key, "nothing"), wanted.get(key, "nothing")
        if old != new:
            file = key.startswith("file ")
            what = f"{'another file' if file else _FINGERPRINTS.get(key, '')}: ".removeprefix(": ")
            key = key.removeprefix("file ")
            raise SettingsMismatchError(
                f"{path} was computed with {what}{key} = {_short(old)}, not {_short(new)}",
                hint=_HINT,
            )


def _check_values(attributes: Mapping[str, Any], blueprint: Blueprint) -> None:
    """Refuse other values of the same parameters and data: the code has changed."""
    changed = [
        f"; it was computed with {name} {attributes.get(name, 'nothing')}, "
        f"not {blueprint.provenance.get(name, 'nothing')}"
        for name in _VERSIONS
        if attributes.get(name) != blueprint.provenance.get(name)
    ]
    # The same versions on the same processor give the same bits; others round differently.
    rtol = OTHER_PROCESSOR if changed else 0.0
    places = {
        "center": ("at the center", blueprint.center),
        "witness": ("at a point away from the center", blueprint.witness),
    }
    for key, (where, values) in places.items():
        for name, value in values.items():
            old, new = attributes.get(f"{key}_{name}"), float(value)
            if old is None and key == "witness":  # the loss failed there
                continue
            if old is None or not np.isclose(float(old), new, rtol=rtol, atol=0, equal_nan=True):
                raise SettingsMismatchError(
                    f"{attributes['path']} has {name} = {old!r} {where}, this problem {new!r}: "
                    "the code of the model or the loss has changed" + "".join(changed[:1]),
                    hint=_HINT,
                )


def _short(value: Any) -> str:
    """Show a setting in an error message; a fingerprint by its first digits."""
    text = "none" if value is None else json.dumps(value)
    return f"{text[:13]}..." + '"' if len(text) > 60 else text
