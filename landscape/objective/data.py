"""The data of a problem, read once and kept: counted, fingerprinted, checked for a fixed order."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from landscape.errors import ProblemError

_SHUFFLE_HINT = (
    "use shuffle=False and no random augmentation; a surface needs the same data at every point"
)


@dataclass(frozen=True)
class ResidentBatches:
    """Batches in memory, with the number of samples in each and a SHA-256 of their content."""

    batches: tuple[Any, ...]
    sizes: tuple[int, ...]
    fingerprint: str

    @property
    def samples(self) -> int:
        """Number of samples in all batches."""
        return sum(self.sizes)

    @property
    def bytes(self) -> int:
        """Memory that the tensors of all batches take."""
        return sum(
            tensor.numel() * tensor.element_size()
            for batch in self.batches
            for tensor in _tensors(batch)
        )

    def head(self, samples: int) -> "ResidentBatches":
        """Return the first whole batches that hold at least this many samples."""
        count = int(np.searchsorted(np.cumsum(self.sizes), samples)) + 1
        return replace(self, batches=self.batches[:count], sizes=self.sizes[:count])

    def compact(self) -> "ResidentBatches":
        """Copy tensors that are parts of larger ones, of which pickle would write the whole."""
        batches = tuple(map_tensors(_compact, batch) for batch in self.batches)
        return replace(self, batches=batches)


def read_batches(source: Iterable[Any], *, max_samples: int | None = None) -> ResidentBatches:
    """Read all batches, twice, and keep the first reading.

    Args:
        source: Batches; a tensor, or a tuple, list or dict with tensors of shape (N, ...) each.
        max_samples: Keep only the first this many samples; None keeps all.

    Returns:
        The batches as they came, cut to `max_samples`.

    Raises:
        ProblemError: If there is no sample, a batch holds no tensor, or the two readings differ.
    """
    batches = tuple(_limit(source, max_samples))
    if not batches:
        raise ProblemError("expected at least one batch, got none")
    fingerprint = _fingerprint(batches)
    if _fingerprint(_limit(source, max_samples)) != fingerprint:
        raise ProblemError("the batches differ when they are read again", hint=_SHUFFLE_HINT)
    return ResidentBatches(batches, tuple(map(batch_size, batches)), fingerprint)


def batch_size(batch: Any) -> int:
    """Return the length of the first tensor in a batch."""
    for tensor in _tensors(batch):
        if tensor.ndim > 0:
            return int(tensor.shape[0])
    raise ProblemError(
        f"expected a batch with a tensor of shape (N, ...), got {type(batch).__name__}",
        hint="a batch is a tensor, or a tuple, list or dict of tensors",
    )


def map_tensors(function: Callable[[Tensor], Tensor], batch: Any) -> Any:
    """Apply a function to every tensor in a batch, whatever its nesting."""
    if isinstance(batch, Tensor):
        return function(batch)
    if isinstance(batch, Mapping):
        return {key: map_tensors(function, value) for key, value in batch.items()}
    if isinstance(batch, tuple) and hasattr(batch, "_fields"):
        return type(batch)(*(map_tensors(function, value) for value in batch))
    if isinstance(batch, (tuple, list)):
        return type(batch)(map_tensors(function, value) for value in batch)
    return batch


def _compact(tensor: Tensor) -> Tensor:
    """Return a tensor with no more memory behind it than it needs."""
    if tensor.layout is not torch.strided or tensor.untyped_storage().nbytes() <= tensor.nbytes:
        return tensor
    return tensor.clone()


def _tensors(batch: Any) -> Iterator[Tensor]:
    """Yield the tensors of a batch in order."""
    return (leaf for leaf in _leaves(batch) if isinstance(leaf, Tensor))


def _limit(source: Iterable[Any], max_samples: int | None) -> Iterator[Any]:
    """Yield batches until `max_samples` samples have been seen, cutting the last one."""
    seen = 0
    for batch in source:
        size = batch_size(batch)
        if size == 0:
            continue
        keep = size if max_samples is None else min(size, max_samples - seen)
        if keep <= 0:
            return
        seen += keep
        yield batch if keep == size else _head(batch, size, keep)


def _head(batch: Any, size: int, keep: int) -> Any:
    """Cut everything in a batch that has `size` entries to `keep` entries."""
    if isinstance(batch, Tensor | np.ndarray):
        return batch[:keep] if batch.ndim and batch.shape[0] == size else batch
    if isinstance(batch, Mapping):
        return {key: _head(value, size, keep) for key, value in batch.items()}
    if isinstance(batch, tuple) and hasattr(batch, "_fields"):
        return type(batch)(*(_head(value, size, keep) for value in batch))
    if isinstance(batch, tuple | list):
        if len(batch) == size and not any(True for _ in _tensors(batch)):
            return batch[:keep]  # labels as a list of numbers or strings
        return type(batch)(_head(value, size, keep) for value in batch)
    return batch


def _fingerprint(batches: Iterable[Any]) -> str:
    """Hash every tensor, array, number and text in every batch."""
    digest = hashlib.sha256()
    for batch in batches:
        for leaf in _leaves(batch):
            if isinstance(leaf, np.ndarray) and leaf.dtype != object:
                leaf = torch.from_numpy(np.ascontiguousarray(leaf))
            if isinstance(leaf, Tensor):
                digest.update(f"{tuple(leaf.shape)} {leaf.dtype};".encode())
                if leaf.numel():
                    flat = plain(leaf).cpu().contiguous().view(-1)
                    digest.update(flat.view(torch.uint8).numpy().data)
            elif isinstance(leaf, str | bytes | int | float | bool | None):
                digest.update(repr(leaf).encode())
        digest.update(b"|")
    return digest.hexdigest()


def plain(tensor: Tensor) -> Tensor:
    """Return a tensor as dense memory, which sparse and lazily conjugated ones are not."""
    return tensor.detach().to_dense().resolve_conj().resolve_neg()


def _leaves(batch: Any) -> Iterator[Any]:
    """Yield whatever is in a batch that is no container, in order."""
    if isinstance(batch, Mapping):
        for key, value in batch.items():
            yield repr(key)
            yield from _leaves(value)
    elif isinstance(batch, tuple | list):
        for value in batch:
            yield from _leaves(value)
    else:
        yield batch
