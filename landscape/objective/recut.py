"""Batches cut anew, larger or smaller: the same samples in the same order."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from landscape.errors import ProblemError
from landscape.objective.data import ResidentBatches


def recut_sizes(samples: int, size: int) -> tuple[int, ...]:
    """Return the sizes of batches of `size` samples, of which the last may be smaller.

    Example:
        >>> recut_sizes(10, 4)
        (4, 4, 2)
    """
    return tuple(min(size, samples - start) for start in range(0, samples, size))


def recut(data: ResidentBatches, size: int) -> Iterator[Any]:
    """Cut batches anew.

    Whatever has one entry for each sample of its batch is cut and joined: tensors, arrays, and
    lists of numbers or texts. All else must be the same in the batches that are joined.

    Args:
        data: Batches of any nesting, all of one structure where they are joined.
        size: Samples in each new batch; the last may have fewer.

    Yields:
        New batches; views of the old ones where nothing had to be joined.

    Raises:
        ProblemError: If batches that would have to be joined differ in structure.

    Example:
        >>> from landscape.objective.data import read_batches
        >>> data = read_batches(torch.arange(5.0).split(2))
        >>> list(recut(data, 3))
        [tensor([0., 1., 2.]), tensor([3., 4.])]
    """
    pieces: list[tuple[Any, int, slice]] = []
    seen = 0
    for batch, length in zip(data.batches, data.sizes, strict=True):
        start = 0
        while start < length:
            stop = min(length, start + size - seen)
            pieces.append((batch, length, slice(start, stop)))
            seen += stop - start
            start = stop
            if seen == size:
                yield _join(pieces)
                pieces, seen = [], 0
    if pieces:
        yield _join(pieces)


def _join(pieces: Sequence[tuple[Any, int, slice]]) -> Any:
    """Join parts of batches, each given as the batch, its size, and which of its samples."""
    parts = [part for part, _, _ in pieces]
    first = parts[0]
    if any(type(part) is not type(first) for part in parts):
        raise ProblemError(f"cannot join {_kinds(parts)} of several batches")
    if isinstance(first, Tensor | np.ndarray):
        return _join_arrays(pieces)
    if isinstance(first, Mapping):
        if any(list(part) != list(first) for part in parts):
            raise ProblemError("cannot join batches with different keys")
        return {key: _join([(part[key], n, cut) for part, n, cut in pieces]) for key in first}
    if isinstance(first, tuple | list):
        if _is_labels(first, pieces[0][1]):
            return type(first)([entry for part, _, cut in pieces for entry in part[cut]])
        if any(len(part) != len(first) for part in parts):
            raise ProblemError("cannot join batches of different lengths")
        joined = [
            _join([(part[index], n, cut) for part, n, cut in pieces]) for index in range(len(first))
        ]
        return type(first)(*joined) if hasattr(first, "_fields") else type(first)(joined)
    if any(part is not first and part != first for part in parts):
        raise ProblemError(f"cannot join {_kinds(parts)} of several batches")
    return first


def _join_arrays(pieces: Sequence[tuple[Any, int, slice]]) -> Any:
    """Join tensors or arrays: cut by samples where they have one entry for each."""
    first = pieces[0][0]
    if all(part.ndim and part.shape[0] == size for part, size, _ in pieces):
        cuts = [part[cut] for part, _, cut in pieces]
        if len(cuts) == 1:
            return cuts[0]
        return torch.cat(cuts) if isinstance(first, Tensor) else np.concatenate(cuts)
    for part, _, _ in pieces[1:]:
        same = torch.equal if isinstance(first, Tensor) else np.array_equal
        if part is not first and not same(part, first):
            raise ProblemError("cannot join tensors that differ and have no entry for each sample")
    return first


def _is_labels(value: Sequence[Any], size: int) -> bool:
    """Tell a list with one number or text for each sample from a list of tensors."""
    return len(value) == size and not any(
        isinstance(entry, Tensor | np.ndarray | Mapping | tuple | list) for entry in value
    )


def _kinds(parts: Sequence[Any]) -> str:
    """Name the types of parts for an error message."""
    return " and ".join(sorted({type(part).__name__ for part in parts}))
