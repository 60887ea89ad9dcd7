"""Random directions, reproducible from a seed on any machine."""

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from landscape.planes.parameters import Parameters


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
    return {
        name: _draw(value, np.random.SeedSequence(seed, spawn_key=(plane, axis, *_words(name))))
        for name, value in center.items()
    }


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
