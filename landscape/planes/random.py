"""Random directions, reproducible from a seed on any machine."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from landscape.planes.layouts import FilterLayout
from landscape.planes.normalize import scale_in_place
from landscape.planes.parameters import dot, split_entries
from landscape.settings import Normalize

_IDENTIFYING = 4096  # first entries of a tensor: enough to tell one stream from another


def stream(name: str, seed: int, plane: int, axis: int) -> np.random.SeedSequence:
    """Return the stream of random numbers of one tensor of one direction.

    It depends on seed, plane, axis and the tensor's *name*, not on its position: a layer added
    elsewhere changes nothing here. numpy's PCG64 takes all bits of the seed sequence and gives the
    same numbers on every CPU; torch's generator keeps 32 bits of its seed, and its normals depend
    on the vector width of the CPU.
    """
    return np.random.SeedSequence(seed, spawn_key=(plane, axis, *_words(name)))


@dataclass(frozen=True, eq=False, kw_only=True)
class RandomDirection(Mapping[str, Tensor]):
    r"""A normalised random direction of which each tensor is drawn when it is asked for.

    A direction is as large as the model. Whoever reads it tensor by tensor, as a surface is
    computed, needs memory for one tensor only. Entries d are independent N(0, 1), drawn in float32
    and row-major order, then cast, so that a float64 copy of a model shares its directions. They
    are scaled to the entries, filters or tensors w of the center:

    * `filter`: $d \|w\| / \|d\|$ for each filter (Li et al. 2018, section 4);
    * `layer`: the same for each whole tensor;
    * `weight`: $d |w|$ for each entry. Li's code takes $d w$, which has the same distribution;
      with $|w|$ two models that share a seed share the signs of their directions;
    * `unit`: the whole direction divided by its norm over all tensors that move;
    * `none`: as drawn. In n dimensions that is sqrt(n) long, whatever the center is.

    Where the layout says `zeroed`, and in tensors that are not floating-point, the direction is
    zero. A filter that is zero in the center stays where it is: exactly, without a small constant
    in the denominator.

    Args:
        center: The point it starts from.
        layouts: Where each parameter's filters are.
        names: For each parameter the name that its stream depends on.
        seed: Seed shared by all replicate planes, and by models to be compared.
        plane: Number of the replicate plane.
        axis: Number of the direction in its plane.
        normalize: How it is scaled.

    Example:
        >>> center = {"w": torch.tensor([[3.0, 4.0], [0.0, 0.0]])}
        >>> layouts = {"w": FilterLayout(layer="Linear", dim=0)}
        >>> space = {"center": center, "layouts": layouts, "names": {"w": "w"}}
        >>> direction = RandomDirection(**space, seed=0, plane=0, axis=0, normalize="filter")
        >>> direction["w"].norm(dim=1)
        tensor([5., 0.])
    """

    center: Mapping[str, Tensor] = field(repr=False)
    layouts: Mapping[str, FilterLayout] = field(repr=False)
    names: Mapping[str, str] = field(repr=False)
    seed: int
    plane: int
    axis: int
    normalize: Normalize

    def __getitem__(self, name: str) -> Tensor:
        value = self.center[name]
        drawn = _new(value)
        self._draw(name, drawn)
        return drawn.to(value.device)

    def write(self, name: str, out: Tensor) -> None:
        """Write a tensor to memory that is there already, without a copy where it fits.

        Args:
            name: Of the parameter.
            out: A tensor of its shape.
        """
        if out.dtype == self.center[name].dtype and out.is_contiguous() and out.is_cpu:
            self._draw(name, out)
        else:
            out.copy_(self[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self.center)

    def __len__(self) -> int:
        return len(self.center)

    def _draw(self, name: str, out: Tensor) -> None:
        """Draw and scale one tensor."""
        self._draw_unscaled(name, out)
        if self.normalize == "unit":
            for piece in split_entries(out):
                piece /= self._length

    @cached_property
    def _length(self) -> float:
        """Norm over all tensors, by which `unit` divides; 1 where nothing moves."""
        squares = 0.0
        for name, value in self.center.items():
            drawn = _new(value)
            self._draw_unscaled(name, drawn)
            squares += dot(drawn, drawn)
        return squares**0.5 or 1.0

    def _draw_unscaled(self, name: str, out: Tensor) -> None:
        """Draw one tensor; scale it but for `unit`."""
        _draw(out, self._stream(name))
        scale_in_place(out, self.center[name], self.layouts[name], how=self.normalize)

    def _stream(self, name: str) -> np.random.SeedSequence:
        return stream(self.names[name], self.seed, self.plane, self.axis)

    def draws(self) -> str:
        """Hash the numbers drawn, before they are scaled.

        Returns:
            SHA-256 as hexadecimal digits. Two models have the same exactly where names, shapes
            and random numbers agree: only then are their planes pairs. The first entries of each
            tensor stand for its stream.
        """
        digest = hashlib.sha256()
        for name in sorted(self.center, key=self.names.__getitem__):
            value = self.center[name]
            digest.update(f"{self.names[name]!r}:{tuple(value.shape)};".encode())
            count = min(value.numel(), _IDENTIFYING)
            first = torch.empty(count, dtype=torch.float32, device="cpu")
            digest.update(_draw(first, self._stream(name)).numpy().tobytes())
        return digest.hexdigest()


def _new(like: Tensor) -> Tensor:
    """Return contiguous CPU memory for one tensor."""
    return torch.empty(like.shape, dtype=like.dtype, device="cpu")


def _draw(out: Tensor, stream: np.random.SeedSequence) -> Tensor:
    """Fill a contiguous tensor in CPU memory, and return it."""
    if not out.is_floating_point():
        return out.zero_()
    generator = np.random.Generator(np.random.PCG64(stream))
    for piece in split_entries(out):
        if out.dtype == torch.float32:
            generator.standard_normal(dtype=np.float32, out=piece.numpy())
        else:
            piece.copy_(torch.from_numpy(generator.standard_normal(len(piece), dtype=np.float32)))
    return out


def _words(name: str) -> tuple[int, ...]:
    """Turn a name into four 32-bit words, the same in every process (`hash` is salted)."""
    digest = hashlib.sha256(name.encode()).digest()
    return tuple(int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4))
