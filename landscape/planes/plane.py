"""A plane or line through the center, and the projection onto it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from landscape.planes.layouts import FilterLayout
from landscape.planes.normalize import normalize_direction
from landscape.planes.parameters import Parameters, check_alike, inner, norm
from landscape.planes.random import random_direction
from landscape.settings import Normalize


@dataclass(frozen=True)
class Projection:
    """The point of a plane that is nearest to some parameters.

    Args:
        coordinates: (alpha,) or (alpha, beta).
        residual: Distance from the plane, in the parameters' own units.
        relative: The same divided by the distance from the center, from 0 (in the plane) to 1
            (perpendicular to it); 0 for the center itself.
    """

    coordinates: NDArray[np.float64]
    residual: float
    relative: float


@dataclass(frozen=True, eq=False)
class Plane:
    """The points center + alpha d1 + beta d2, or a line with one direction only.

    Args:
        center: The point at alpha = beta = 0.
        directions: One or two directions with the center's names and shapes.

    Raises:
        ValueError: If there are not one or two directions, or names or shapes differ.

    Example:
        >>> center = {"w": torch.zeros(2)}
        >>> one, other = {"w": torch.tensor([2.0, 0.0])}, {"w": torch.tensor([1.0, 1.0])}
        >>> plane = Plane(center, (one, other))
        >>> plane.at(1.0, 0.5)["w"]
        tensor([2.5000, 0.5000])
        >>> plane.gram
        array([[4., 2.],
               [2., 2.]])
    """

    center: Parameters
    directions: tuple[Parameters, ...]

    def __post_init__(self) -> None:
        if len(self.directions) not in {1, 2}:
            raise ValueError(f"expected one or two directions, got {len(self.directions)}")
        for direction in self.directions:
            check_alike(self.center, direction)

    @property
    def axes(self) -> int:
        """Number of directions: 2, or 1 for a line."""
        return len(self.directions)

    @cached_property
    def gram(self) -> NDArray[np.float64]:
        """Inner products of the directions, shape (axes, axes)."""
        pairs = [[inner(one, other) for other in self.directions] for one in self.directions]
        return np.array(pairs, dtype=np.float64)

    def at(self, alpha: float, beta: float = 0.0) -> Parameters:
        """Make the point with the given coordinates.

        Args:
            alpha: Coordinate along the first direction, in units of it.
            beta: Coordinate along the second.

        Returns:
            New tensors in the center's dtypes, computed from the center, never in place.

        Raises:
            ValueError: If beta is not 0 on a line.
        """
        if beta != 0 and self.axes == 1:
            raise ValueError(f"expected beta = 0 on a line, got {beta}")
        point = {name: value.clone() for name, value in self.center.items()}
        for step, direction in zip((alpha, beta), self.directions, strict=False):
            for name, value in point.items():
                if step != 0 and value.is_floating_point():
                    value.add_(direction[name].to(value), alpha=step)
        return point

    def project(self, params: Mapping[str, Tensor]) -> Projection:
        """Find the nearest point of the plane, by least squares with the Gram matrix.

        Directions need be neither of unit length nor orthogonal.

        Args:
            params: A point with the center's names and shapes.

        Returns:
            Its coordinates and its distance from the plane.

        Raises:
            ValueError: If names or shapes differ.

        Example:
            >>> line = Plane({"w": torch.zeros(2)}, ({"w": torch.tensor([2.0, 0.0])},))
            >>> line.project({"w": torch.tensor([4.0, 3.0])})
            Projection(coordinates=array([2.]), residual=3.0, relative=0.6)
        """
        check_alike(self.center, params)
        offset = {name: _double(params[name]) - _double(self.center[name]) for name in self.center}
        products = [inner(direction, offset) for direction in self.directions]
        coordinates = np.linalg.lstsq(self.gram, np.array(products), rcond=None)[0]
        length = norm(offset)
        for coordinate, direction in zip(coordinates, self.directions, strict=True):
            for name, value in offset.items():
                value.sub_(_double(direction[name]), alpha=float(coordinate))
        residual = norm(offset)
        return Projection(coordinates, residual, residual / length if length else 0.0)


def random_plane(
    center: Parameters,
    layouts: Mapping[str, FilterLayout],
    *,
    seed: int,
    index: int = 0,
    normalize: Normalize = "filter",
    axes: int = 2,
) -> Plane:
    """Draw a replicate plane through a center.

    The directions are not orthogonalised: random ones in n dimensions have a cosine of about
    1 / sqrt(n) anyway, orthogonalising after normalization would undo the filter norms, and every
    measure takes the remaining angle into account through the Gram matrix.

    Args:
        center: The point at alpha = beta = 0.
        layouts: Where each parameter's filters are, from `filter_layouts(model)`.
        seed: Seed shared by all replicate planes, and by models to be compared.
        index: Number of the replicate plane; planes are independent of each other.
        normalize: How the directions are scaled; see `normalize_direction`.
        axes: 2 for a plane, 1 for a line: the first direction of the same plane.

    Returns:
        The plane.

    Raises:
        ValueError: If `axes` is neither 1 nor 2.

    Example:
        >>> from landscape.planes.layouts import filter_layouts
        >>> from landscape.planes.parameters import parameters_of
        >>> model = torch.nn.Linear(4, 3)
        >>> plane = random_plane(parameters_of(model), filter_layouts(model), seed=0)
        >>> direction, weight = plane.directions[0]["weight"], model.weight.detach()
        >>> torch.allclose(direction.norm(dim=1), weight.norm(dim=1))
        True
    """
    if axes not in {1, 2}:
        raise ValueError(f"expected axes 1 (a line) or 2 (a plane), got {axes}")
    # A generator: one direction as drawn at a time takes memory.
    drawn = (random_direction(center, seed=seed, plane=index, axis=axis) for axis in range(axes))
    return Plane(
        center,
        tuple(normalize_direction(one, center, layouts, how=normalize) for one in drawn),
    )


def _double(value: Tensor) -> Tensor:
    """Copy to float64 on the CPU."""
    return value.detach().to("cpu", torch.float64, copy=True)
