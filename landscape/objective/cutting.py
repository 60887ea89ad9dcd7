"""Batches cut along their samples and joined anew: the same samples in the same order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from landscape.errors import ProblemError
from landscape.objective.containers import Path, entries, rebuild, same_values
from landscape.objective.counting import Count


def recut_sizes(samples: int, size: int) -> tuple[int, ...]:
    """Return the sizes of batches of `size` samples, of which the last may be smaller.

    Example:
        >>> recut_sizes(10, 4)
        (4, 4, 2)
    """
    return tuple(min(size, samples - start) for start in range(0, samples, size))


def recut(batches: Sequence[Any], count: Count, size: int) -> Iterator[Any]:
    """Cut batches anew.

    Whatever has one entry for each sample of its batch is cut and joined: tensors, arrays, and
    lists of numbers or texts. All else must be the same in the batches that are joined.

    Args:
        batches: Of any nesting, all of one structure where they are joined.
        count: Their samples.
        size: Samples in each new batch; the last may have fewer.

    Yields:
        New batches; views of the old ones where nothing had to be joined.

    Raises:
        ProblemError: If it is not known where the samples are, or batches that would have to be
            joined differ in structure.

    Example:
        >>> import torch
        >>> from landscape.objective.counting import count_samples
        >>> batches = torch.arange(5.0).split(2)
        >>> list(recut(batches, count_samples(batches), 3))
        [tensor([0., 1., 2.]), tensor([3., 4.])]
    """
    if not count.paths:
        raise ProblemError("cannot cut batches anew: it is not known where their samples are")
    pieces: list[Piece] = []
    seen = 0
    for batch, length in zip(batches, count.sizes, strict=True):
        start = 0
        while start < length:
            stop = min(length, start + size - seen)
            pieces.append(Piece(batch, slice(start, stop)))
            seen += stop - start
            start = stop
            if seen == size:
                yield join_pieces(pieces, count.paths)
                pieces, seen = [], 0
    if pieces:
        yield join_pieces(pieces, count.paths)


@dataclass(frozen=True)
class Piece:
    """Some samples of a batch.

    Args:
        batch: The whole batch, or a part of its structure.
        cut: Which of its samples.
    """

    batch: Any
    cut: slice


def join_pieces(pieces: Sequence[Piece], paths: frozenset[Path], path: Path = ()) -> Any:
    """Cut pieces out of their batches and join them.

    Args:
        pieces: In order.
        paths: Where in a batch there is one entry for each sample. All else must be the same in
            all pieces.
        path: Where in a batch the pieces are.

    Returns:
        One batch; views of the old one where there is one piece.

    Raises:
        ProblemError: If pieces that would have to be joined differ in structure.
    """
    parts = [piece.batch for piece in pieces]
    first = parts[0]
    if any(type(part) is not type(first) for part in parts):
        kinds = " and ".join(sorted({type(part).__name__ for part in parts}))
        raise ProblemError(f"cannot join {kinds} of several batches")
    if path in paths:
        return _joined([_cut(piece.batch, piece.cut) for piece in pieces])
    found = [entries(part) for part in parts]
    if found[0] is None:
        if any(part is not first and not same_values(part, first) for part in parts[1:]):
            raise ProblemError(
                f"cannot join {type(first).__name__} of several batches that differ and have no "
                "entry for each sample"
            )
        return first
    inner = [dict(part or ()) for part in found]
    if any(list(part) != list(inner[0]) for part in inner):
        raise ProblemError("cannot join batches with different keys or of different lengths")
    values = [
        join_pieces(
            [Piece(part[key], piece.cut) for part, piece in zip(inner, pieces, strict=True)],
            paths,
            (*path, key),
        )
        for key in inner[0]
    ]
    return rebuild(first, values)


def _cut(leaf: Any, cut: slice) -> Any:
    """Take some entries of a tensor, an array or a list."""
    try:
        if isinstance(leaf, Tensor) and leaf.layout is torch.sparse_coo:
            return leaf.narrow_copy(0, cut.start, cut.stop - cut.start)
        if isinstance(leaf, PackedSequence):
            raise TypeError  # its tensors are ordered by time
        return leaf[cut]
    except (RuntimeError, TypeError) as error:
        kind = (
            f"a tensor of layout {leaf.layout}"
            if isinstance(leaf, Tensor)
            else f"a {type(leaf).__name__}"
        )
        raise ProblemError(
            f"cannot cut {kind} along its samples", hint="cut the batches yourself"
        ) from error


def _joined(cuts: Sequence[Any]) -> Any:
    """Join tensors, arrays or lists one after the other."""
    first = cuts[0]
    if len(cuts) == 1:
        return first
    if isinstance(first, Tensor):
        return torch.cat(list(cuts))
    if isinstance(first, np.ndarray):
        return np.concatenate(cuts)
    return type(first)([entry for cut in cuts for entry in cut])
