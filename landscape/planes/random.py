"""Random directions, reproducible from a seed on any machine."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from landscape.planes.layouts import FilterLayout
from landscape.planes.normalize import normalize_tensor
from landscape.planes.parameters import Parameters, dot
from landscape.settings import Normalize

_IDENTIFYING = 4096  # first entries of a tensor: enough to tell one stream from another


def random_direction(
    center: Mapping[str, Tensor], *, seed: int | Sequence[int], plane: int = 0, axis: int = 0
) -> Parameters:
    """Draw a direction with independent N(0, 1) entries.

    The draw of one tensor depends on `seed`, `plane`, `axis` and the tensor's *name* and shape
    only, not on its position: a layer added elsewhere changes nothing here. Entries are drawn in
    float32 and row-major order, then cast, so that a float64 copy of a model shares its
    directions. numpy's PCG64 takes all bits of the seed sequence and gives the same numbers on
    every CPU; torch's generator keeps 32 bits of its seed, and its normals depend on the vector
    width of the CPU. No global random state is read or changed.

    Args:
        center: The point whose names, shapes, dtypes and devices the direction takes.
        seed: Non-negative integer, or several.
        plane: Number of the replicate plane; each has streams of its own.
        axis: Number of the direction in its plane.

    Returns:
        The direction, not normalised. Tensors that are not floating-point do not move: zeros.

    Example:
        >>> center = {"w": torch.zeros(2, 3), "b": torch.zeros(2)}
        >>> one, other = (random_direction(center, seed=0, plane=plane) for plane in (0, 1))
        >>> torch.equal(one["w"], random_direction(center, seed=0)["w"])
        True
        >>> torch.equal(one["w"], other["w"])
        False
    """
    return {name: _draw(value, stream(name, seed, plane, axis)) for name, value in center.items()}


def stream(name: str, seed: int | Sequence[int], plane: int, axis: int) -> np.random.SeedSequence:
    """Return the stream of random numbers of one tensor of one direction."""
    return np.random.SeedSequence(seed, spawn_key=(plane, axis, *_words(name)))


@dataclass(frozen=True, eq=False, kw_only=True)
class RandomDirection(Mapping[str, Tensor]):
    """A normalised random direction of which each tensor is drawn when it is asked for.

    A direction is as large as the model. Whoever reads it tensor by tensor, as a surface is
    computed, needs memory for one tensor only.

    Args:
        center: The point it starts from.
        layouts: Where each parameter's filters are.
        names: For each parameter the name that its stream depends on.
        seed: Seed shared by all replicate planes, and by models to be compared.
        plane: Number of the replicate plane.
        axis: Number of the direction in its plane.
        normalize: How it is scaled; see `normalize_direction`.
    """

    center: Mapping[str, Tensor] = field(repr=False)
    layouts: Mapping[str, FilterLayout] = field(repr=False)
    names: Mapping[str, str] = field(repr=False)
    seed: int
    plane: int
    axis: int
    normalize: Normalize

    def __getitem__(self, name: str) -> Tensor:
        scaled = self._scaled(name)
        return scaled / self._length if self.normalize == "unit" else scaled

    def __iter__(self) -> Iterator[str]:
        return iter(self.center)

    def __len__(self) -> int:
        return len(self.center)

    @cached_property
    def _length(self) -> float:
        """Norm over all tensors, by which `unit` divides; 1 where nothing moves."""
        pairs = (self._scaled(name) for name in self.center)
        return sum(dot(value, value) for value in pairs) ** 0.5 or 1.0

    def _scaled(self, name: str) -> Tensor:
        """Draw and scale one tensor."""
        value = self.center[name]
        drawn = _draw(value, self._stream(name))
        return normalize_tensor(drawn, value, self.layouts[name], how=self.normalize)

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
            first = value.detach().reshape(-1)[:_IDENTIFYING].float()
            digest.update(_draw(first, self._stream(name)).cpu().numpy().tobytes())
        return digest.hexdigest()


def _draw(like: Tensor, stream: np.random.SeedSequence) -> Tensor:
    """Draw one tensor."""
    if not like.is_floating_point():
        return torch.zeros_like(like)
    generator = np.random.Generator(np.random.PCG64(stream))
    entries = generator.standard_normal(tuple(like.shape), dtype=np.float32)
    return torch.as_tensor(entries).to(device=like.device, dtype=like.dtype)


def _words(name: str) -> tuple[int, ...]:
    """Turn a name into four 32-bit words, the same in every process (`hash` is salted)."""
    digest = hashlib.sha256(name.encode()).digest()
    return tuple(int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4))
