"""The space in which a model moves: its parameters, their names, and what directions do to them."""

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_args, overload

import torch
from torch import Tensor, nn

from landscape.errors import LandscapeError
from landscape.planes.layouts import FilterLayout, assumed_names, filter_layouts
from landscape.planes.normalize import normalization_report
from landscape.planes.parameters import check_alike, fingerprint
from landscape.planes.plane import Plane
from landscape.planes.random import RandomDirection
from landscape.planes.sharing import own_parameters
from landscape.settings import Normalize

logger = logging.getLogger("landscape")

WRAPPERS = {"module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"}
"""What DataParallel, torch.compile, FSDP and checkpointing put into the names of parameters."""


@dataclass(frozen=True, eq=False)
class ParameterSpace:
    """The parameters of a model, made once for all that needs to know them.

    Args:
        model: Any module with parameters. It is left as found, and not copied.

    Raises:
        ProblemError: If there is no parameter, one is complex, or it is not clear which way one
            moves.

    Example:
        >>> model = nn.Sequential(nn.Linear(3, 2), nn.Tanh(), nn.Linear(2, 1))
        >>> list(ParameterSpace(nn.DataParallel(model)).names.values())
        ['0.weight', '0.bias', '2.weight', '2.bias']
    """

    model: nn.Module

    def __post_init__(self) -> None:
        own_parameters(self.model)

    @property
    def center(self) -> Mapping[str, Tensor]:
        """The model's own parameters by name, detached, not copied; each memory once.

        Found anew each time, not kept: a model may be given other memory, and this would hold the
        old. It walks through the model: take it once where it is used often.
        """
        return own_parameters(self.model)

    @cached_property
    def names(self) -> Mapping[str, str]:
        """For each parameter its name without what wrappers add: the same model, the same names."""
        return plain_names(list(self.center))

    @cached_property
    def layouts(self) -> Mapping[str, FilterLayout]:
        """Where each parameter's filters are; vectors move only where there is nothing else."""
        layouts = filter_layouts(self.model)
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
            return filter_layouts(self.model, move_vectors=True)
        return layouts

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of all parameters."""
        return fingerprint({self.names[name]: value for name, value in self.center.items()})

    def report(self, normalize: Normalize) -> list[dict[str, Any]]:
        """Tell what normalization does to each tensor; see `normalization_report`."""
        found = self.center
        center = {plain: found[name] for name, plain in self.names.items()}
        layouts = {plain: self.layouts[name] for name, plain in self.names.items()}
        return normalization_report(layouts, center, how=normalize)


class RandomPlanes(Sequence[Plane]):
    """Replicate planes around a model: independent pairs of random directions.

    A plane is drawn when it is used, tensor by tensor, and never kept. Directions are not
    orthogonalised: random ones in n dimensions have a cosine of about 1 / sqrt(n) anyway,
    orthogonalising after normalization would undo the filter norms, and every measure takes the
    remaining angle into account through the Gram matrix.

    Args:
        space: Of the model.
        count: Number of planes.
        seed: The same seed draws the same numbers for every model with these names and shapes.
        normalize: How directions are scaled; filter by filter as in Li et al. (2018, section 4).
        line: One direction for each plane: the first of the same plane.

    Raises:
        LandscapeError: If the normalization is unknown.

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
    ) -> None:
        if normalize not in get_args(Normalize):
            known = ", ".join(get_args(Normalize))
            raise LandscapeError(f"expected normalize to be one of {known}, got {normalize!r}")
        self.space, self.seed = space, seed
        self._count = count
        self.normalize, self.line = normalize, line

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

    def _directions(self, index: int, center: Mapping[str, Tensor]) -> tuple[RandomDirection, ...]:
        return tuple(
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
            raise LandscapeError(f"a plane does not belong to this model: {error}") from error
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
        digest.update(f"{planes.draws} {planes.normalize} {report}".encode())
        return digest.hexdigest()
    for plane in planes:
        for direction in plane.directions:
            digest.update(fingerprint(direction).encode())
    return digest.hexdigest()


def plain_name(name: str) -> str:
    """Strip from the name of a module or parameter what wrappers put there."""
    return ".".join(part for part in name.split(".") if part not in WRAPPERS)


def plain_names(names: Sequence[str]) -> dict[str, str]:
    """Strip from names what wrappers put there, and the path that all of them share.

    Args:
        names: Of parameters.

    Returns:
        For each its plain name. Where two would become one, all stay as they are.

    Example:
        >>> plain_names(["module._orig_mod.net.0.weight", "module._orig_mod.net.2.weight"])
        {'module._orig_mod.net.0.weight': '0.weight', 'module._orig_mod.net.2.weight': '2.weight'}
    """
    paths = [plain_name(name).split(".") for name in names]
    while all(len(path) > 1 for path in paths) and len({path[0] for path in paths}) == 1:
        paths = [path[1:] for path in paths]
    plain = [".".join(path) for path in paths]
    if len(set(plain)) < len(plain) or not all(plain):
        plain = list(names)
    return dict(zip(names, plain, strict=True))
