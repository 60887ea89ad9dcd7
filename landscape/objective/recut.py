"""Batches cut anew, larger or smaller: the same samples in the same order."""

from collections.abc import Iterator
from typing import Any

from landscape.errors import ProblemError
from landscape.objective.cutting import Piece, join_pieces
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
        ProblemError: If it is not known where the samples are, or batches that would have to be
            joined differ in structure.

    Example:
        >>> import torch
        >>> from landscape.objective.data import read_batches
        >>> data = read_batches(torch.arange(5.0).split(2))
        >>> list(recut(data, 3))
        [tensor([0., 1., 2.]), tensor([3., 4.])]
    """
    if not data.count.paths:
        raise ProblemError("cannot cut batches anew: it is not known where their samples are")
    pieces: list[Piece] = []
    seen = 0
    for batch, length in zip(data.batches, data.sizes, strict=True):
        start = 0
        while start < length:
            stop = min(length, start + size - seen)
            pieces.append(Piece(batch, slice(start, stop)))
            seen += stop - start
            start = stop
            if seen == size:
                yield join_pieces(pieces, data.count.paths)
                pieces, seen = [], 0
    if pieces:
        yield join_pieces(pieces, data.count.paths)
