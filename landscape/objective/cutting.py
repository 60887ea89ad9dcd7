"""Parts of batches cut out along their samples, and joined."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from landscape.errors import ProblemError
from landscape.objective.containers import Path, entries, rebuild


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
        if any(part is not first and not _equal(part, first) for part in parts[1:]):
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


def _equal(part: Any, first: Any) -> bool:
    """Tell whether two leaves are equal, whatever they are."""
    if isinstance(first, Tensor):
        dense = part.layout is torch.strided is first.layout and not first.is_nested
        return dense and torch.equal(part, first)
    if isinstance(first, np.ndarray):
        return np.array_equal(part, first)
    return bool(np.all(part == first))
