"""The parameters of a private model as views of one vector, moved from a center that stays."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from landscape.planes.random import RandomDirection
from landscape.planes.sharing import (
    Region,
    real_parameters,
    recurrent_regions,
    shared_regions,
)

_ALIGNMENT = 64  # entries
_PIECE = 2**18  # entries of a vector in half precision that are moved at a time: 1 MB in float32
_LARGE = 2**16
"""Entries from which on a tensor of the center stays where it is, in the caller's model. Smaller
ones are copied together: one operation moves them all, where each of its own would take
microseconds."""

Group = tuple[torch.dtype, bool]
"""Tensors that lie in one vector: those of one dtype that move, or that stay."""

Vectors = dict[Group, Tensor]


@dataclass(frozen=True, eq=False)
class _Segment:
    """Where one tensor of the model lies in the vector of its group."""

    name: str
    tensor: Tensor
    group: Group
    start: int
    stride: tuple[int, ...]
    directed: bool  # has a place in directions of its own; a tied one follows
    center: Tensor | None = None  # flat, where the tensor lay before

    def view(self, vectors: Mapping[Group, Tensor]) -> Tensor:
        """Return this tensor as a view of the vector, in its memory layout."""
        return vectors[self.group].as_strided(self.tensor.shape, self.stride, self.start)


@dataclass
class _Layout:
    """Gives tensors their places, one after the other: those first whose center lies here, too."""

    moves: Collection[str] | None
    segments: list[_Segment] = field(default_factory=list)
    sizes: dict[Group, int] = field(default_factory=dict)
    own: dict[Group, int] = field(default_factory=dict)  # where the last of those ends

    def add(
        self, name: str, parameter: Tensor, stride: tuple[int, ...], center: Tensor | None
    ) -> None:
        """Place a parameter that has its memory for itself."""
        moves = self._moves(name)
        group = (parameter.dtype, moves)
        start = self._reserve(group, parameter.numel())
        if center is None:
            self.own[group] = self.sizes[group]
        self.segments.append(_Segment(name, parameter, group, start, stride, moves, center))

    def add_region(self, region: Region) -> None:
        """Place tensors that lie together, as they lie now."""
        moving = [name for name in region.owners if self._moves(name)]
        group = (region.members[0].tensor.dtype, bool(moving))
        start = self._reserve(group, region.span)
        self.own[group] = self.sizes[group]
        for member in region.members:
            name, tensor = member.name, member.tensor
            offset = start + region.offset(member)
            directed = name in moving
            self.segments.append(_Segment(name, tensor, group, offset, tensor.stride(), directed))

    def _moves(self, name: str) -> bool:
        """Tell whether a parameter moves."""
        return self.moves is None or name in self.moves

    def _reserve(self, group: Group, size: int) -> int:
        """Return where the next entries begin."""
        # At cache lines: unaligned weights make products slower.
        start = -(-self.sizes.get(group, 0) // _ALIGNMENT) * _ALIGNMENT
        self.sizes[group] = start + size
        return start


class ResidentParameters:
    """Owns the memory of a model's parameters and overwrites it in place.

    Every point is computed from the center, never by walking from the previous point, so that no
    error accumulates and the order of points does not matter.

    Args:
        model: A private copy; its parameters become views of vectors held here. What shares their
            memory goes on sharing it. Where large ones lie before, there their center is read.
        channels_last: Store 4-D parameters in channels-last order.
        moves: Names of the parameters that directions move; all others have the center's bits at
            every point. None moves all.

    Raises:
        ProblemError: If there is no parameter, or a complex one.
    """

    def __init__(
        self, model: nn.Module, *, channels_last: bool, moves: Collection[str] | None = None
    ) -> None:
        named = real_parameters(model)
        layout = _Layout(moves)
        shared: set[str] = set()
        for region in (*shared_regions(model), *recurrent_regions(model)):
            names = {member.name for member in region.members}
            if not names & shared:
                layout.add_region(region)
                shared |= names
        places = []
        for name, parameter in named.items():
            # Quantised weights and counters stay where they are.
            if parameter.is_floating_point() and name not in shared:
                stride = _stride(parameter, channels_last=channels_last)
                places.append((name, parameter, stride, _flat(parameter, stride)))
        for place in sorted(places, key=lambda place: place[3] is not None):
            layout.add(*place)
        self._segments = layout.segments
        device = next(iter(named.values())).device
        self._vectors: Vectors = {
            group: torch.zeros(size, dtype=group[0], device=device)
            for group, size in layout.sizes.items()
        }
        own = {
            group: torch.zeros(size, dtype=group[0], device=device)
            for group, size in layout.own.items()
        }
        self._sources = [(group, 0, center) for group, center in own.items()]
        for segment in self._segments:
            if segment.center is None:
                segment.view(own).copy_(segment.tensor.detach())
            else:
                self._sources.append((segment.group, segment.start, segment.center))
        for parameter in named.values():
            parameter.requires_grad_(False)
        self._views = [(segment.tensor, segment.view(self._vectors)) for segment in self._segments]
        self.move([], [])

    @property
    def tensors(self) -> list[Tensor]:
        """All tensors that `move` sets: parameters, and whatever shares their memory."""
        return [tensor for tensor, _ in self._views]

    def vectors(self, params: Mapping[str, Tensor]) -> Vectors:
        """Lay a direction out as this model's vectors, one for each dtype that moves.

        Args:
            params: A direction; each tensor is asked for once.

        Returns:
            Vectors in the dtype of the parameters; in float32 for those in half precision.
        """
        result: Vectors = {
            (dtype, moves): torch.zeros_like(
                vector, dtype=torch.float32 if _is_half(dtype) else dtype
            )
            for (dtype, moves), vector in self._vectors.items()
            if moves
        }
        for segment in self._segments:
            if not segment.directed:
                continue
            place = segment.view(result)
            if isinstance(params, RandomDirection):  # drawn where it is to lie
                params.write(segment.name, place)
            else:
                place.copy_(params[segment.name])
        return result

    def tangents(self, params: Mapping[str, Tensor]) -> dict[int, Tensor]:
        """Tell how each tensor of the model moves along a direction.

        Args:
            params: The direction.

        Returns:
            Tensors by the `id` of those that `move` sets, without what stays; what lies in the
            memory of several is in each of them.
        """
        vectors = self.vectors(params)
        return {id(s.tensor): s.view(vectors) for s in self._segments if s.group in vectors}

    def move(self, coordinates: list[float], directions: list[Vectors]) -> None:
        """Set the model to center + sum of coordinate * direction, in place.

        Half precision is moved in float32 and rounded once, at the end: its own steps would be
        lost below 2^-8 of a weight.

        Args:
            coordinates: One number for each direction.
            directions: Directions laid out by `vectors`.
        """
        for tensor, view in self._views:
            if tensor.data_ptr() != view.data_ptr():  # a loss may have put other memory there
                tensor.data = view
        for group, start, center in self._sources:
            dtype, moves = group
            pairs = list(zip(coordinates, directions, strict=True)) if moves else []
            length = _PIECE if pairs and _is_half(dtype) else max(1, len(center))
            for first in range(0, len(center), length):
                source = center[first : first + length]
                piece = slice(start + first, start + first + len(source))
                point = self._vectors[group][piece]
                steps = [(coordinate, vectors[group][piece]) for coordinate, vectors in pairs]
                if pairs and _is_half(dtype):
                    exact = source.float()
                    _move(exact, exact, steps)
                    point.copy_(exact)
                else:
                    _move(point, source, steps)


def _move(point: Tensor, center: Tensor, steps: list[tuple[float, Tensor]]) -> None:
    """Write center + sum of coordinate * direction to a point."""
    # The first step reads the center and writes the point in one pass over memory.
    source = center
    for coordinate, direction in steps:
        if abs(coordinate) <= torch.finfo(point.dtype).max:
            torch.add(source, direction, alpha=coordinate, out=point)
        else:  # beyond the dtype: infinite, as the exact sum would be
            torch.add(source, direction * torch.tensor(coordinate).to(point.dtype), out=point)
        source = point
    if source is not point:
        point.copy_(source)


def _stride(parameter: Tensor, *, channels_last: bool) -> tuple[int, ...]:
    """Return the strides of a parameter in its vector."""
    last = channels_last and parameter.ndim == 4
    form = torch.channels_last if last else torch.contiguous_format
    return torch.empty(parameter.shape, device="meta").contiguous(memory_format=form).stride()


def _flat(parameter: Tensor, stride: tuple[int, ...]) -> Tensor | None:
    """Return a parameter as a flat tensor, if it is large and lies as it will in its vector."""
    if parameter.numel() < _LARGE or parameter.stride() != stride:
        return None
    return parameter.detach().as_strided((parameter.numel(),), (1,))


def _is_half(dtype: torch.dtype) -> bool:
    """Tell whether a dtype has fewer bits than float32."""
    return dtype.itemsize < 4
