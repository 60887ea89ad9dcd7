"""What planes are made from, and what is known of them when they are made."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from torch import Tensor

from landscape.planes.checkpoints import Fitted
from landscape.planes.eigenpairs import Product
from landscape.planes.parameters import Parameters
from landscape.planes.plane import Plane
from landscape.planes.space import ParameterSpace
from landscape.settings import GridSettings, Normalize
from landscape.surface.axes import Axis, PointOfInterest
from landscape.surface.trajectory import Trajectory

Slope = Callable[[Mapping[str, Tensor] | None], tuple[float, Parameters]]
"""Returns loss and gradient at the center, or at the center and an offset."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Ground:
    """What planes are made from.

    Args:
        space: The model's parameters.
        grid: The settings, with what the directions ask of them.
        slope: Differentiates the problem's mean loss over its data by what moves.
        product: Multiplies a direction by the Hessian of that loss at the center.
    """

    space: ParameterSpace
    grid: GridSettings
    slope: Slope
    product: Product


@dataclass(frozen=True, eq=False)
class End:
    """A checkpoint on a plane.

    Args:
        fitted: Its tensors.
        place: Where it is, without values.
    """

    fitted: Fitted
    place: PointOfInterest


@dataclass(frozen=True, kw_only=True, eq=False)
class Made:
    """Planes, and what is known of them.

    Args:
        planes: All of them.
        axes: What their directions are; empty for random ones that a user has drawn.
        normalize: How directions were scaled; `given` where they were not.
        fingerprint: Of the directions: what they are made of, where that is quicker.
        seeded: Whether the seed has a part in them.
        ends: Checkpoints that lie on them, or near.
        files: Fingerprint of what each file holds, by the name it is to be called.
        reach: Lowest and highest coordinate along each direction that the grid is to hold, where
            no window is given; empty where that has been settled before.
        trajectory: What is known of paths.
    """

    planes: Sequence[Plane]
    axes: tuple[Axis, ...]
    normalize: Normalize | Literal["given"]
    fingerprint: str
    seeded: bool = False
    ends: tuple[End, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    reach: tuple[tuple[float, float], ...] = ()
    trajectory: Trajectory | None = None

    @property
    def drawn(self) -> bool:
        """Whether there are random directions among them."""
        return any(axis.random for axis in self.axes)
