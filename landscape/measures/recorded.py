"""What a summary tells of its surface beside statistics."""

from collections.abc import Mapping
from typing import Any

from landscape.surface.data import Surface


def center_error(surface: Surface, metric: str) -> float:
    """Return the standard error over samples of the value at the center; NaN where unknown."""
    return float(surface.metadata.get(f"center_{metric}_se", "nan"))


def unit_of(surface: Surface) -> str:
    """Name the unit of lengths: what one step along a direction is."""
    filters = surface.normalize == "filter" and surface.is_random
    return "filter norm" if filters else "direction norm"


def identity_of(surface: Surface, settings: Mapping[str, float]) -> dict[str, Any]:
    """Collect what a paired comparison needs to be the same, as far as it is recorded.

    Not the directions themselves: scaled to two models' filters they differ, though drawn alike.
    """
    recorded = {**surface.metadata, **surface.config}
    names = (
        "along",
        "draws",
        "seed",
        "normalize",
        "batchnorm",
        "precision",
        "max_samples",
        "tolerance",
    )
    return {
        "planes": surface.planes,
        "steps": [surface.beta.size, surface.alpha.size],
        **{name: recorded[name] for name in names if name in recorded},
        "alpha": [float(surface.alpha[0]), float(surface.alpha[-1])],
        "beta": [float(surface.beta[0]), float(surface.beta[-1])],
        **{name: value for name, value in settings.items() if name not in {"rise", "half"}},
    }
