"""The data of a problem, read once and kept: counted, fingerprinted, checked for a fixed order."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from landscape.errors import ProblemError

_SHUFFLE_HINT = (
    "use shuffle=False and no random augmentation; a surface needs the same data at every point"
)


@dataclass(frozen=True)
class ResidentBatches:
    """Batches in memory, with the number of samples in each and a SHA-256 of all their tensors."""

    batches: tuple[Any, ...]
    sizes: tuple[int, ...]
    fingerprint: str

    @property
    def samples(self) -> int:
        """Number of samples in all batches."""
        return sum(self.sizes)


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
    if isinstance(batch, dict):
        return {key: map_tensors(function, value) for key, value in batch.items()}
    if isinstance(batch, tuple) and hasattr(batch, "_fields"):
        return type(batch)(*(map_tensors(function, value) for value in batch))
    if isinstance(batch, (tuple, list)):
        return type(batch)(map_tensors(function, value) for value in batch)
    return batch


def _tensors(batch: Any) -> Iterator[Tensor]:
    """Yield the tensors of a batch in order."""
    if isinstance(batch, Tensor):
        yield batch
    elif isinstance(batch, dict):
        for value in batch.values():
            yield from _tensors(value)
    elif isinstance(batch, (tuple, list)):
        for value in batch:
            yield from _tensors(value)


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
        yield batch if keep == size else map_tensors(_head(size, keep), batch)


def _head(size: int, keep: int) -> Callable[[Tensor], Tensor]:
    """Return a function that cuts tensors with `size` rows to `keep` rows."""
    return lambda tensor: tensor[:keep] if tensor.ndim and tensor.shape[0] == size else tensor


def _fingerprint(batches: Iterable[Any]) -> str:
    """Hash shapes, types and bytes of every tensor in every batch."""
    digest = hashlib.sha256()
    for batch in batches:
        for tensor in _tensors(batch):
            digest.update(f"{tuple(tensor.shape)} {tensor.dtype};".encode())
            if tensor.numel():
                flat = tensor.detach().cpu().contiguous().view(-1)
                digest.update(flat.view(torch.uint8).numpy().data)
        digest.update(b"|")
    return digest.hexdigest()
