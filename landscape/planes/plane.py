"""A plane or line through the center."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from landscape.arguments import checked
from landscape.planes.orthogonal import is_drawn
from landscape.planes.parameters import Parameters, check_alike, dot

_PARALLEL = 1e-10  # of 1 - cosine^2


@checked
@dataclass(frozen=True, eq=False, repr=False)
class Plane:
    """The points center + alpha d1 + beta d2, or a line with one direction only.

    Args:
        center: The point at alpha = beta = 0. It may hold some of a model's parameters only: the
            others do not move.
        directions: One or two directions with the center's names and shapes.

    Raises:
        ValueError: If there are not one or two directions, or names or shapes differ.

    Example:
        >>> import torch
        >>> center = {"w": torch.zeros(2)}
        >>> one, other = {"w": torch.tensor([2.0, 0.0])}, {"w": torch.tensor([1.0, 1.0])}
        >>> plane = Plane(center, (one, other))
        >>> plane.at(1.0, 0.5)["w"]
        tensor([2.5000, 0.5000])
        >>> plane.gram
        array([[4., 2.],
               [2., 2.]])
    """

    center: Mapping[str, Tensor]
    directions: tuple[Mapping[str, Tensor], ...]

    def __post_init__(self) -> None:
        if len(self.directions) not in {1, 2}:
            raise ValueError(f"expected one or two directions, got {len(self.directions)}")
        for direction in self.directions:
            if is_drawn(direction):  # has them by construction
                continue
            check_alike(self.center, direction)

    def __repr__(self) -> str:
        return f"<Plane of {self.axes} directions through {len(self.center)} tensors>"

    @property
    def axes(self) -> int:
        """Number of directions: 2, or 1 for a line."""
        return len(self.directions)

    @cached_property
    def gram(self) -> NDArray[np.float64]:
        """Inner products of the directions, shape (axes, axes)."""
        gram = np.zeros((self.axes, self.axes))
        for name in self.center:
            tensors = [direction[name] for direction in self.directions]  # drawn once each
            gram += [[dot(one, other) for other in tensors] for one in tensors]
        return gram

    @property
    def is_parallel(self) -> bool:
        """Whether both directions, none of them zero, lie on one line but for rounding."""
        if self.axes == 1:
            return False
        (a, b), (_, c) = self.gram
        return bool(1 - b * b / (a * c) < _PARALLEL)

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
