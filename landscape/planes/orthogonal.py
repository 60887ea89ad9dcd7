"""A direction without its share along another."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from torch import Tensor

from landscape.errors import LandscapeError
from landscape.planes.parameters import dot
from landscape.planes.random import RandomDirection

_PARALLEL = 1e-12  # of a squared norm: what is left of it is rounding


@dataclass(frozen=True, eq=False)
class OrthogonalDirection(Mapping[str, Tensor]):
    r"""A random direction made orthogonal to another one, as long as it was.

    $(d - s a) \|d\| / \|d - s a\|$ with $s = \langle d, a \rangle / \|a\|^2$ over all tensors
    (Gram and Schmidt). The norms of single filters change by about the cosine between both, which
    is 1 / sqrt(n) in n dimensions. Tensors in half precision are returned in float32: rounded,
    they would not be orthogonal.

    Args:
        direction: What is made orthogonal.
        against: To what.

    Raises:
        LandscapeError: When used, if both are parallel.
    """

    direction: RandomDirection
    against: RandomDirection

    def __getitem__(self, name: str) -> Tensor:
        share, factor = self._weights
        return (_exact(self.direction[name]) - share * _exact(self.against[name])) * factor

    def __iter__(self) -> Iterator[str]:
        return iter(self.direction)

    def __len__(self) -> int:
        return len(self.direction)

    def draws(self) -> str:
        """Hash the numbers drawn; see `RandomDirection.draws`."""
        return self.direction.draws()

    @cached_property
    def _weights(self) -> tuple[float, float]:
        """The share along the other direction, and the factor that gives the norm back."""
        own = cross = other = 0.0
        for name in self.direction:
            one, two = self.direction[name], self.against[name]
            own, cross, other = own + dot(one, one), cross + dot(one, two), other + dot(two, two)
        share = cross / other if other else 0.0
        rest = own - share * cross
        if own and rest <= _PARALLEL * own:
            raise LandscapeError(
                "both directions of a plane are parallel: none is left that is orthogonal",
                hint="a plane needs two parameters that move; a line needs one (--line)",
            )
        return share, (own / rest) ** 0.5 if own else 1.0


def _exact(value: Tensor) -> Tensor:
    """Return a tensor in float32 at least."""
    return value.float() if value.is_floating_point() and value.dtype.itemsize < 4 else value


def is_drawn(direction: Mapping[str, Tensor]) -> bool:
    """Tell whether a direction is drawn tensor by tensor, with the names and shapes it is for."""
    return isinstance(direction, RandomDirection | OrthogonalDirection)
