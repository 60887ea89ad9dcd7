"""What two surfaces must have in common to be compared, told without measuring them."""

from collections.abc import Mapping
from typing import Any

from landscape.errors import LandscapeError
from landscape.surface.data import Surface

_SETTINGS = (
    *("along", "seed", "normalize", "vectors", "orthogonal", "batchnorm", "precision"),
    *("max_samples", "tolerance", "draws", "data"),
)
_UNLESS_CHOSEN = {"along": "random", "vectors": "zero", "orthogonal": False}
"""Settings that a file names only where they are something else."""

TOLD = {
    "draws": (
        "planes are drawn differently, as names or shapes of what moves differ: their numbers make "
        "them pairs, but nothing cancels and intervals are wider"
    ),
    "moves": "other parameters move{got}: all statistics are about what moves",
    "tolerance": (
        "tolerances differ{got}: the lowest point is that of those measured, which are fewer in one"
    ),
    "data": "the data differ, and so may what is compared for that alone",
    "problem": (
        "the problems differ{got}: if their losses are of another kind or unit, only scale-free "
        "statistics can be compared"
    ),
}
"""What two surfaces need not share, and what to know where they do not."""


def identity_of(surface: Surface) -> dict[str, Any]:
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
    }


def _moves(config: Mapping[str, Any]) -> str:
    """Say which parameters were chosen to move."""
    chosen = [f"{name} {', '.join(config[name])}" for name in ("only", "freeze") if name in config]
    return "; ".join(chosen + ["trainable"] * bool(config.get("trainable"))) or "all"


def check_same(a: Mapping[str, Any], b: Mapping[str, Any]) -> None:
    """Refuse pairs that are none; a setting that only one file records is not held against it.

    Args:
        a: What one was computed and measured with, as of `identity_of`.
        b: Another.

    Raises:
        LandscapeError: Naming the first thing that differs.
    """
    for name in a:
        told = name in TOLD or name not in b
        if not told and a[name] != b[name]:
            got = " and ".join(map(_said, (a[name], b[name])))
            raise LandscapeError(
                f"expected two surfaces with the same {name}, got {got}",
                hint=_same(name, (a[name], b[name])),
            )


def _said(value: Any) -> str:
    """Write what a surface has; of an axis its ends."""
    ends = isinstance(value, list) and all(isinstance(end, float) for end in value)
    return f"{value[0]:g} to {value[1]:g}" if ends else str(value)


def _same(name: str, pair: tuple[Any, Any]) -> str:
    """Say how to compute two surfaces of which a setting is the same."""
    value = next((one for one in pair if one is not None), None)
    match name:
        case "planes":
            return (
                "each plane is compared with that of its number: compute both with the same seed "
                f"and planes={max(pair)} (--planes {max(pair)})"
            )
        case "steps" if 1 in {pair[0][0], pair[1][0]}:
            return "one is a line, the other has planes: compute both with line=True (--line)"
        case "steps":
            return f"compute both with steps={max(map(max, pair))} (--steps {max(map(max, pair))})"
        case "alpha" | "beta" if pair[0][0] == -pair[0][1]:
            return f"compute both with radius={pair[0][1]:g} (--radius {pair[0][1]:g})"
        case "alpha" | "beta":
            return "compute both over the same window, or radius=1 (--radius 1)"
        case "epsilon" | "fit_radius" | "level":
            return f"summarize both with {name}={value}"
    typed = name.replace("_", "-") if value is True else f"{name.replace('_', '-')} {value}"
    return f"compute both with {name}={value!r} (--{typed})"
