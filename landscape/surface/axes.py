"""What the axes of a surface are, and the places on them that a reader wants to find."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

UNITS = {
    "filter": "filter norms",
    "layer": "layer norms",
    "weight": "weight norms",
    "unit": "parameter distance",
    "none": "directions as drawn",
}
"""What coordinates along random directions are, by their normalization."""


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One direction of all planes.

    Args:
        name: What it is, such as `toward b.pt`; empty for a random one, which has a unit alone.
        unit: What a coordinate of 1 is.
        random: Whether it was drawn, so that planes are replicates of each other.
        eigenvalue: Of the Hessian of the mean loss, where it is an eigenvector: the second
            derivative along it, by distance in parameter space.
        residual: How good that is: |H v - eigenvalue v| / |eigenvalue|, for v of length 1.
    """

    name: str = ""
    unit: str = ""
    random: bool = True
    eigenvalue: float | None = None
    residual: float | None = None

    @property
    def label(self) -> str:
        """What a figure says of it."""
        if self.name and self.unit in UNITS.values():  # of what is drawn to scale
            return f"{self.name}, {self.unit}"
        return self.name or self.unit

    def __str__(self) -> str:
        known = "" if self.residual is None else f"known to a residual of {self.residual:.1e}"
        words = (self.name or "random", known, f"in {self.unit}" if self.random else self.unit)
        return ", ".join(filter(None, words))

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values, without what is not known."""
        return {key: value for key, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class PointOfInterest:
    """A place on a plane that has a name.

    Args:
        label: Its name, such as that of a checkpoint.
        alpha: Coordinate along the first direction.
        beta: Along the second.
        values: Metrics of the model that is really there, with its own buffers; empty where they
            were not measured.
        distance: From the plane, in the parameters' own units; None where it is not known.
        away: From the center, likewise; 0 where that was not asked for.
        projected: Metrics at its place on the plane, with the center's buffers, where measured.
        path: The training that it is a checkpoint of; empty where it is of none.
        step: Of that training.
    """

    label: str
    alpha: float
    beta: float = 0.0
    values: Mapping[str, float] = field(default_factory=dict)
    distance: float | None = 0.0
    away: float = 0.0
    projected: Mapping[str, float] = field(default_factory=dict)
    path: str = ""
    step: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> "PointOfInterest":
        """Read what `to_dict` wrote.

        Raises:
            ValueError: If it is something else.
        """
        values, projected = (
            {str(name): float(value) for name, value in dict(found[key]).items()}
            for key in ("values", "projected")
        )
        numbers = {name: float(found[name]) for name in ("alpha", "beta", "away")}
        distance = None if found["distance"] is None else float(found["distance"])
        if not all(map(math.isfinite, (*numbers.values(), distance or 0.0))):
            raise ValueError(f"expected finite coordinates of {found['label']!r}")
        return cls(
            label=str(found["label"]),
            values=values,
            projected=projected,
            path=str(found["path"]),
            step=int(found["step"]),
            distance=distance,
            **numbers,
        )


def axes_from(stored: Any, *, normalize: str, count: int) -> tuple[Axis, ...]:
    """Read the axes of a file.

    Args:
        stored: A list of dictionaries; None where the file is of random directions.
        normalize: How directions were scaled.
        count: Number of axes.

    Returns:
        The axes.

    Raises:
        ValueError: If they are something else.
    """
    if stored is None:
        return (Axis(unit=UNITS.get(normalize, "")),) * count
    if len(stored) != count:
        raise ValueError(f"expected {count} axes, got {len(stored)}")
    return tuple(
        Axis(
            name=str(one["name"]),
            unit=str(one["unit"]),
            random=bool(one["random"]),
            **{
                key: float(one[key])
                for key in ("eigenvalue", "residual")
                if one.get(key) is not None
            },
        )
        for one in stored
    )
