"""The parameters of a private model as views of one vector: moving is two passes over memory."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from landscape.errors import ProblemError
from landscape.planes.random import RandomDirection

_ALIGNMENT = 64  # entries


@dataclass(frozen=True)
class _Segment:
    """Where one parameter lies in the vector of its dtype."""

    name: str
    dtype: torch.dtype
    start: int
    shape: torch.Size
    channels_last: bool

    def view(self, vector: Tensor) -> Tensor:
        """Return this parameter as a view of the vector, in its memory layout."""
        flat = vector[self.start : self.start + self.shape.numel()]
        if not self.channels_last:
            return flat.view(self.shape)
        out, inner, height, width = self.shape
        return flat.view(out, height, width, inner).permute(0, 3, 1, 2)


class ResidentParameters:
    """Owns the memory of a model's parameters and overwrites it in place.

    Every point is computed from the resident center, never by walking from the previous point, so
    that no error accumulates and the order of points does not matter.

    Args:
        model: A private copy; its parameters become views of vectors held here.
        channels_last: Store 4-D parameters in channels-last order.
    """

    def __init__(self, model: nn.Module, *, channels_last: bool) -> None:
        self._segments: list[_Segment] = []
        sizes: dict[torch.dtype, int] = {}
        named = dict(model.named_parameters())
        if not named:
            raise ProblemError("expected a model with parameters, got one without")
        for name, parameter in named.items():
            if isinstance(parameter, nn.parameter.UninitializedParameter):
                raise ProblemError(
                    f"parameter {name!r} has no shape yet",
                    hint="run a lazy model once before you build the problem",
                )
            if parameter.is_complex():
                raise ProblemError(
                    f"parameter {name!r} is complex, which is not supported",
                    hint="keep its real and imaginary parts as two parameters",
                )
            if not parameter.is_floating_point():
                continue  # quantised weights and counters stay where they are
            # Segments start at cache lines: unaligned weights make products slower.
            start = -(-sizes.get(parameter.dtype, 0) // _ALIGNMENT) * _ALIGNMENT
            last = channels_last and parameter.ndim == 4
            self._segments.append(_Segment(name, parameter.dtype, start, parameter.shape, last))
            sizes[parameter.dtype] = start + parameter.numel()
        device = next(iter(named.values())).device
        self._vectors = {
            dtype: torch.zeros(size, dtype=dtype, device=device) for dtype, size in sizes.items()
        }
        self._center = {dtype: torch.zeros_like(v) for dtype, v in self._vectors.items()}
        self.set_center({name: p.detach() for name, p in named.items()})
        for segment in self._segments:
            named[segment.name].requires_grad_(False)
            named[segment.name].data = segment.view(self._vectors[segment.dtype])
        self.move([], [])

    def vectors(self, params: Mapping[str, Tensor]) -> dict[torch.dtype, Tensor]:
        """Lay parameters out as this model's vectors, one for each dtype."""
        result = {dtype: torch.zeros_like(vector) for dtype, vector in self._vectors.items()}
        self._fill(result, params)
        return result

    def set_center(self, center: Mapping[str, Tensor]) -> None:
        """Take another center, in the memory of the old one."""
        self._fill(self._center, center)

    def lend_center(self, model: nn.Module) -> None:
        """Make the parameters of another copy of the model, at the center, views of the center."""
        named = dict(model.named_parameters())
        for segment in self._segments:
            view = segment.view(self._center[segment.dtype])
            parameter = named[segment.name]
            if parameter.device == view.device:
                parameter.data = view

    def _fill(self, vectors: Mapping[torch.dtype, Tensor], params: Mapping[str, Tensor]) -> None:
        """Write parameters to where they lie in vectors."""
        for segment in self._segments:
            place = segment.view(vectors[segment.dtype])
            if isinstance(params, RandomDirection):  # drawn where it is to lie
                params.write(segment.name, place)
            else:
                place.copy_(params[segment.name])

    def move(self, coordinates: list[float], directions: list[dict[torch.dtype, Tensor]]) -> None:
        """Set the model to center + sum of coordinate * direction, in place.

        Args:
            coordinates: One number for each direction.
            directions: Directions laid out by `vectors`.
        """
        for dtype, vector in self._vectors.items():
            # The first step reads the center and writes the model in one pass over memory.
            source = self._center[dtype]
            for coordinate, direction in zip(coordinates, directions, strict=True):
                if abs(coordinate) <= torch.finfo(dtype).max:
                    torch.add(source, direction[dtype], alpha=coordinate, out=vector)
                else:  # beyond the dtype: infinite, as the exact sum would be
                    step = direction[dtype] * torch.tensor(coordinate).to(dtype)
                    torch.add(source, step, out=vector)
                source = vector
            if source is not vector:
                vector.copy_(source)
