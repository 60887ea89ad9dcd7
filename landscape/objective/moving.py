"""The parameters of a private model as views of one vector: moving is two passes over memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from landscape.planes.random import RandomDirection
from landscape.planes.sharing import Region, real_parameters, shared_regions

_ALIGNMENT = 64  # entries
_PIECE = 2**18  # entries of a vector in half precision that are moved at a time: 1 MB in float32

Vectors = dict[torch.dtype, Tensor]


@dataclass(frozen=True, eq=False)
class _Segment:
    """Where one tensor of the model lies in the vector of its dtype."""

    name: str
    tensor: Tensor
    start: int
    stride: tuple[int, ...]
    moves: bool = True

    def view(self, vectors: Mapping[torch.dtype, Tensor]) -> Tensor:
        """Return this tensor as a view of the vector, in its memory layout."""
        return vectors[self.tensor.dtype].as_strided(self.tensor.shape, self.stride, self.start)


@dataclass
class _Layout:
    """Gives tensors their places, one after the other."""

    segments: list[_Segment] = field(default_factory=list)
    sizes: dict[torch.dtype, int] = field(default_factory=dict)

    def add(self, name: str, parameter: nn.Parameter, *, channels_last: bool) -> None:
        """Place a parameter that has its memory for itself."""
        start = self._reserve(parameter.dtype, parameter.numel())
        form = torch.channels_last if channels_last else torch.contiguous_format
        like = torch.empty(parameter.shape, device="meta").contiguous(memory_format=form)
        self.segments.append(_Segment(name, parameter, start, like.stride()))

    def add_region(self, region: Region) -> None:
        """Place tensors that overlap, as they overlap now."""
        start = self._reserve(region.members[0].tensor.dtype, region.span)
        for member in region.members:
            offset = start + region.offset(member)
            moves = member.name in region.owners
            place = _Segment(member.name, member.tensor, offset, member.tensor.stride(), moves)
            self.segments.append(place)

    def _reserve(self, dtype: torch.dtype, size: int) -> int:
        """Return where the next entries begin."""
        # At cache lines: unaligned weights make products slower.
        start = -(-self.sizes.get(dtype, 0) // _ALIGNMENT) * _ALIGNMENT
        self.sizes[dtype] = start + size
        return start


class ResidentParameters:
    """Owns the memory of a model's parameters and overwrites it in place.

    Every point is computed from the resident center, never by walking from the previous point, so
    that no error accumulates and the order of points does not matter.

    Args:
        model: A private copy; its parameters become views of vectors held here. What shares their
            memory goes on sharing it.
        channels_last: Store 4-D parameters in channels-last order.

    Raises:
        ProblemError: If there is no parameter, or a complex one.
    """

    def __init__(self, model: nn.Module, *, channels_last: bool) -> None:
        named = real_parameters(model)
        layout = _Layout()
        regions = shared_regions(model)
        for region in regions:
            layout.add_region(region)
        shared = {member.name for region in regions for member in region.members}
        for name, parameter in named.items():
            # Quantised weights and counters stay where they are.
            if parameter.is_floating_point() and name not in shared:
                last = channels_last and parameter.ndim == 4
                layout.add(name, parameter, channels_last=last)
        self._segments = layout.segments
        device = next(iter(named.values())).device
        self._vectors: Vectors = {
            dtype: torch.zeros(size, dtype=dtype, device=device)
            for dtype, size in layout.sizes.items()
        }
        self._center = {dtype: torch.zeros_like(v) for dtype, v in self._vectors.items()}
        for segment in self._segments:
            segment.view(self._center).copy_(segment.tensor.detach())
        for parameter in named.values():
            parameter.requires_grad_(False)
        self._views = [(segment.tensor, segment.view(self._vectors)) for segment in self._segments]
        self.move([], [])

    @property
    def tensors(self) -> list[Tensor]:
        """All tensors of the model that move: parameters, and whatever shares their memory."""
        return [tensor for tensor, _ in self._views]

    def vectors(self, params: Mapping[str, Tensor]) -> Vectors:
        """Lay a direction out as this model's vectors, one for each dtype.

        Args:
            params: A direction; each tensor is asked for once.

        Returns:
            Vectors by the dtype of the parameters; float32 for those in half precision.
        """
        result = {
            dtype: torch.zeros_like(vector, dtype=torch.float32 if _is_half(dtype) else dtype)
            for dtype, vector in self._vectors.items()
        }
        self._fill(result, params)
        return result

    def set_center(self, center: Mapping[str, Tensor]) -> None:
        """Take another center, in the memory of the old one."""
        self._fill(self._center, center)

    def lend_center(self, model: nn.Module) -> None:
        """Make the parameters of another copy of the model, at the center, views of the center.

        Its other tensors get memory of their own: they may lie in a file together, of which all
        would stay in memory for the smallest of them.
        """
        places = {segment.name: segment.view(self._center) for segment in self._segments}
        devices = {vector.device for vector in self._center.values()}
        for name, tensor in (*model.named_parameters(), *model.named_buffers()):
            if tensor.device in devices:
                tensor.data = places[name] if name in places else tensor.data.clone()

    def _fill(self, vectors: Mapping[torch.dtype, Tensor], params: Mapping[str, Tensor]) -> None:
        """Write parameters to where they lie in vectors."""
        for segment in self._segments:
            if not segment.moves:
                continue
            place = segment.view(vectors)
            if isinstance(params, RandomDirection):  # drawn where it is to lie
                params.write(segment.name, place)
            else:
                place.copy_(params[segment.name])

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
        for dtype, vector in self._vectors.items():
            steps = [(c, d[dtype]) for c, d in zip(coordinates, directions, strict=True)]
            if not _is_half(dtype):
                _move(vector, self._center[dtype], steps)
                continue
            for start in range(0, len(vector), _PIECE):
                piece = slice(start, start + _PIECE)
                point = self._center[dtype][piece].float()
                _move(point, point, [(c, direction[piece]) for c, direction in steps])
                vector[piece].copy_(point)


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


def _is_half(dtype: torch.dtype) -> bool:
    """Tell whether a dtype has fewer bits than float32."""
    return dtype.itemsize < 4
