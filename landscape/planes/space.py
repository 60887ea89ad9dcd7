"""The space in which a model moves: its parameters, their names, and what directions do to them."""

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, overload

import torch
from torch import Tensor, nn

from landscape.arguments import checked
from landscape.errors import LandscapeError
from landscape.planes.layouts import FilterLayout, assumed_names, filter_layouts
from landscape.planes.names import plain_names
from landscape.planes.normalize import normalization_report
from landscape.planes.orthogonal import OrthogonalDirection
from landscape.planes.parameters import check_alike, fingerprint
from landscape.planes.plane import Plane
from landscape.planes.random import RandomDirection
from landscape.planes.selection import moving_names, patterns_of
from landscape.planes.sharing import own_parameters
from landscape.settings import Normalize, Vectors

logger = logging.getLogger("landscape")


@checked
@dataclass(frozen=True, eq=False)
class ParameterSpace:
    """The parameters of a model that move, made once for all that needs to know them.

    Args:
        model: Any module with parameters. It is left as found, and not copied.
        only: What moves: patterns (as of `fnmatch`) of the names of parameters, or of modules for
            all that is in them. Empty moves everything.
        freeze: Patterns of what stays.
        trainable: Move only what requires a gradient.
        vectors: Whether random directions move biases, other vectors and the parameters of
            normalization layers; they do where nothing else moves.

    Raises:
        LandscapeError: If a pattern matches nothing, or nothing would move (`ProblemError`: if
            there is no parameter, one is complex, or it is not clear which way one moves).

    Example:
        >>> model = nn.Sequential(nn.Linear(3, 2), nn.Tanh(), nn.Linear(2, 1))
        >>> list(ParameterSpace(nn.DataParallel(model)).names.values())
        ['0.weight', '0.bias', '2.weight', '2.bias']
        >>> list(ParameterSpace(model, only=["*.weight"], freeze=["0"]).center)
        ['2.weight']
    """

    model: nn.Module
    only: str | Sequence[str] = ()
    freeze: str | Sequence[str] = ()
    trainable: bool = False
    vectors: Vectors = "zero"

    def __post_init__(self) -> None:
        _ = self.moving

    @cached_property
    def moving(self) -> tuple[str, ...]:
        """Names of the parameters that move, in the model's order."""
        only, freeze = patterns_of("only", self.only), patterns_of("freeze", self.freeze)
        if not only and not freeze and not self.trainable:
            return tuple(own_parameters(self.model))
        return moving_names(self.model, only=only, freeze=freeze, trainable=self.trainable)

    @property
    def center(self) -> Mapping[str, Tensor]:
        """The model's own parameters that move, by name, detached, not copied; each memory once.

        Found anew each time, not kept: a model may be given other memory, and this would hold the
        old. It walks through the model: take it once where it is used often.
        """
        own = own_parameters(self.model)
        return {name: own[name] for name in self.moving}

    @cached_property
    def names(self) -> Mapping[str, str]:
        """For each parameter its name without what wrappers add: the same model, the same names.

        They are the same whether other parameters move or not.
        """
        plain = plain_names(list(own_parameters(self.model)))
        return {name: plain[name] for name in self.moving}

    @cached_property
    def layouts(self) -> Mapping[str, FilterLayout]:
        """Where each parameter's filters are, and which stay in random directions."""
        layouts = self._layouts(move_vectors=self.vectors == "random")
        guessed = assumed_names(layouts)
        if guessed:
            more = f" and {len(guessed) - 3} more" if len(guessed) > 3 else ""
            logger.warning(
                "it is a guess which weights of %s%s make up a filter: rows are taken "
                "(`landscape info` lists them)",
                ", ".join(guessed[:3]),
                more,
            )
        if all(layout.zeroed for layout in layouts.values()):
            return self._layouts(move_vectors=True)
        return layouts

    def _layouts(self, *, move_vectors: bool) -> dict[str, FilterLayout]:
        """Find where the filters are of what moves."""
        found = filter_layouts(self.model, move_vectors=move_vectors)
        return {name: found[name] for name in self.moving}

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of all parameters, of those too that do not move."""
        return fingerprint(self._all())

    def _all(self) -> dict[str, Tensor]:
        """Return all parameters, those too that do not move, by their plain names."""
        own = own_parameters(self.model)
        plain = plain_names(list(own))
        return {plain[name]: value for name, value in own.items()}

    def counts(self, *, random: bool) -> tuple[int, int]:
        """Count numbers.

        Args:
            random: Whether directions are random ones, some of which leave vectors where they are.

        Returns:
            How many move, and how many the model has.
        """
        own = own_parameters(self.model)
        moving = [
            own[name].numel()
            for name in self.moving
            if own[name].is_floating_point() and not (random and self.layouts[name].zeroed)
        ]
        return sum(moving), sum(value.numel() for value in own.values())

    def report(self, normalize: Normalize) -> list[dict[str, Any]]:
        """Tell what normalization does to each tensor; see `normalization_report`."""
        layouts = {self.names[name]: layout for name, layout in self.layouts.items()}
        return normalization_report(layouts, self._all(), how=normalize)


@checked
class RandomPlanes(Sequence[Plane]):
    """Replicate planes around a model: independent pairs of random directions.

    A plane is drawn when it is used, tensor by tensor, and never kept. Directions are not
    orthogonalised by default: random ones in n dimensions have a cosine of about 1 / sqrt(n)
    anyway, orthogonalising after normalization changes the filter norms, and every measure takes
    the remaining angle into account through the Gram matrix.

    Args:
        space: Of the model.
        count: Number of planes.
        seed: The same seed draws the same numbers for every model with these names and shapes.
        normalize: How directions are scaled; filter by filter as in Li et al. (2018, section 4).
        line: One direction for each plane: the first of the same plane.
        orthogonal: Make the second direction orthogonal to the first.

    Raises:
        LandscapeError: If the count is not positive, or the seed is negative.

    Example:
        >>> planes = RandomPlanes(ParameterSpace(nn.Linear(4, 3)), 5, seed=0)
        >>> len(planes), planes[1].axes, sorted(planes[1].directions[0])
        (5, 2, ['bias', 'weight'])
    """

    def __init__(
        self,
        space: ParameterSpace,
        count: int = 5,
        *,
        seed: int = 0,
        normalize: Normalize = "filter",
        line: bool = False,
        orthogonal: bool = False,
    ) -> None:
        if count < 1 or seed < 0:
            raise LandscapeError(
                f"expected a positive count and a seed from 0, got {count}, {seed}"
            )
        self.space, self.seed = space, seed
        self._count = count
        self.normalize, self.line, self.orthogonal = normalize, line, orthogonal

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Plane: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Plane]: ...

    def __getitem__(self, index: int | slice) -> Plane | Sequence[Plane]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self._count))]
        if not -self._count <= index < self._count:
            raise IndexError(f"expected a plane below {self._count}, got {index}")
        center = self.space.center
        return Plane(center, self._directions(index % self._count, center))

    @cached_property
    def draws(self) -> str:
        """Hash of the random numbers of all planes; equal where two models' planes are pairs."""
        digest = hashlib.sha256()
        center = self.space.center
        for index in range(self._count):
            for direction in self._directions(index, center):
                digest.update(direction.draws().encode())
        return digest.hexdigest()

    def _directions(
        self, index: int, center: Mapping[str, Tensor]
    ) -> tuple[RandomDirection | OrthogonalDirection, ...]:
        first, *rest = (
            RandomDirection(
                center=center,
                layouts=self.space.layouts,
                names=self.space.names,
                seed=self.seed,
                plane=index,
                axis=axis,
                normalize=self.normalize,
            )
            for axis in range(1 if self.line else 2)
        )
        return (first, *(OrthogonalDirection(d, first) if self.orthogonal else d for d in rest))


def check_planes(planes: Sequence[Plane], space: ParameterSpace) -> bool:
    """Check that planes go through a model, and tell whether they are lines.

    Args:
        planes: At least one.
        space: Of the model.

    Returns:
        True for lines.

    Raises:
        LandscapeError: If one has other parameters, or another center, or axes than the others.
    """
    center = space.center
    for plane in planes:
        if not isinstance(plane, Plane):
            raise LandscapeError(
                f"expected planes to be a number or a sequence of Plane, got one of "
                f"{type(plane).__name__}"
            )
        try:
            check_alike(center, plane.center)
        except ValueError as error:
            raise LandscapeError(
                f"a plane does not belong to this model: {error}",
                hint="to move some parameters, give only=... and planes through "
                "ParameterSpace(model, only=...).center",
            ) from error
        for name, value in plane.center.items():
            if not torch.equal(value, center[name].to(value)):
                raise LandscapeError(
                    f"a plane does not go through this model's parameters: its center has another "
                    f"{name!r}",
                    hint="Plane(parameters_of(model), directions) does",
                )
    axes = {plane.axes for plane in planes}
    if len(axes) != 1:
        raise LandscapeError(f"expected planes of equally many directions, got {sorted(axes)}")
    return axes == {1}


def directions_fingerprint(planes: Sequence[Plane], space: ParameterSpace) -> str:
    """Hash all directions: for random ones what they are made of, which is quick.

    Args:
        planes: All of them.
        space: Of the model.

    Returns:
        SHA-256 as hexadecimal digits.
    """
    digest = hashlib.sha256()
    if isinstance(planes, RandomPlanes):
        report = json.dumps(space.report(planes.normalize), sort_keys=True)
        orthogonal = " orthogonal" * planes.orthogonal
        digest.update(f"{planes.draws} {planes.normalize} {report}{orthogonal}".encode())
        return digest.hexdigest()
    for plane in planes:
        for direction in plane.directions:
            digest.update(fingerprint(direction).encode())
    return digest.hexdigest()
