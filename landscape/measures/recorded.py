"""What a summary tells of its surface beside statistics."""

from collections.abc import Mapping
from typing import Any

from landscape.surface.data import Surface

_SETTINGS = (
    *("along", "seed", "normalize", "vectors", "orthogonal", "batchnorm", "precision"),
    *("max_samples", "tolerance", "draws", "data"),
)
_UNLESS_CHOSEN = {"along": "random", "vectors": "zero", "orthogonal": False}
"""Settings that a file names only where they are something else."""


def center_error(surface: Surface, metric: str) -> float:
    """Return the standard error over samples of the value at the center; NaN where unknown."""
    return float(surface.metadata.get(f"center_{metric}_se", "nan"))


def unit_of(surface: Surface) -> str:
    """Name the unit of lengths: what one step along a direction is."""
    filters = surface.normalize == "filter" and surface.is_random
    return "filter norm" if filters else "direction norm"


def identity_of(surface: Surface, settings: Mapping[str, float]) -> dict[str, Any]:
    """Collect what a comparison needs to be the same, or tells of, as far as it is recorded.

    Not the directions themselves: scaled to two models' filters they differ, though drawn alike.
    """
    recorded = {**(_UNLESS_CHOSEN if surface.config else {}), **surface.metadata, **surface.config}
    found = {name: recorded[name] for name in _SETTINGS if name in recorded}
    problem = str(recorded.get("problem", "Python objects"))
    if problem != "Python objects":
        found["problem"] = problem.split()[0]  # without the arguments of its function
    return {
        "planes": surface.planes,
        "steps": [surface.beta.size, surface.alpha.size],
        **found,
        **({"moves": _moves(surface.config)} if surface.config else {}),
        "alpha": [float(surface.alpha[0]), float(surface.alpha[-1])],
        "beta": [float(surface.beta[0]), float(surface.beta[-1])],
        **{name: value for name, value in settings.items() if name not in {"rise", "half"}},
    }


def _moves(config: Mapping[str, Any]) -> str:
    """Say which parameters were chosen to move."""
    chosen = [f"{name} {', '.join(config[name])}" for name in ("only", "freeze") if name in config]
    return "; ".join(chosen + ["trainable"] * bool(config.get("trainable"))) or "all"
