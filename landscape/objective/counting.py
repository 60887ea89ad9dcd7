"""How many samples a batch holds, and which of its tensors have one entry for each of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from landscape.errors import ProblemError, describe
from landscape.objective.containers import CONTAINER_HINT, Path, entries, leaves, same_values

COUNT_HINT = (
    "say how many samples a batch has: Problem(..., batch_size=lambda batch: ...), or let the loss "
    "return one value for each sample, or {'loss': ..., 'weight': ...}"
)

_CHANNELS = (1, 3, 4)
_SHOWN = 6  # sizes in an error message


@dataclass(frozen=True)
class Count:
    """The samples of batches.

    Args:
        sizes: Samples in each batch; 1 for each where the number is not known.
        known: Whether these are numbers of samples.
        paths: Where the tensors, arrays and lists are that have one entry for each sample; empty
            where that is not known, so that batches cannot be cut.
        even: Whether batches are of one size, though it is not known which.
        doubt: Why the sizes are not known.
    """

    sizes: tuple[int, ...]
    known: bool
    paths: frozenset[Path]
    even: bool = False
    doubt: str = ""

    def head(self, batches: int | None) -> "Count":
        """Return the count of the first batches."""
        return replace(self, sizes=self.sizes[:batches])


def count_samples(batches: Sequence[Any], batch_size: Callable[[Any], int] | None = None) -> Count:
    """Count the samples in batches by the leading sizes of what is in them.

    The leading size of all tensors and arrays is the number of samples. Tables (the same values
    in all batches, such as weights of classes) do not count. Nothing is guessed where the others
    disagree: nodes and graphs, time before samples, lists of images with channels first.

    Args:
        batches: At least one.
        batch_size: The user's word on it.

    Returns:
        What is known.

    Raises:
        ProblemError: If a batch has nothing to count, or `batch_size` fails.

    Example:
        >>> x, table = torch.zeros(5, 2), torch.ones(7)
        >>> count_samples([(table, x[:3]), (table, x[3:])]).sizes
        (3, 2)
    """
    columns, doubt = _columns(batches)
    if batch_size is not None:
        sizes = tuple(_declared(batch_size, batch, i) for i, batch in enumerate(batches))
        agree = not doubt and set(columns.values()) == {sizes}
        paths = _sample_paths(batches, sizes) if agree else frozenset()
        return Count(sizes, known=True, paths=paths)
    if not doubt and len(set(columns.values())) == 1:
        sizes = next(iter(columns.values()))
        return Count(sizes, known=True, paths=_sample_paths(batches, sizes))
    even = bool(columns) and all(len(set(column)) == 1 for column in columns.values())
    found = sizes_found(batches[0])
    doubt = f"{doubt}; {found}" if doubt else found
    return Count((1,) * len(batches), known=False, paths=frozenset(), even=even, doubt=doubt)


def lengths(batch: Any) -> dict[Path, int]:
    """Return the leading sizes of what is in a batch: of its lists only if it has nothing else."""
    found = {path: _length(leaf) for path, leaf in leaves(batch)}
    arrays = {path: size for path, size in found.items() if size is not None}
    if arrays:
        return arrays
    return {path: len(leaf) for path, leaf in leaves(batch) if isinstance(leaf, list | tuple)}


def sizes_found(batch: Any) -> str:
    """Say which leading sizes the tensors of the first batch have."""
    shown = [f"{size} ({_shown(path)})" for path, size in lengths(batch).items()]
    more = ", ..." if len(shown) > _SHOWN else ""
    return f"the first batch has leading sizes {', '.join(shown[:_SHOWN])}{more}"


def _columns(batches: Sequence[Any]) -> tuple[dict[Path, tuple[int, ...]], str]:
    """Return the leading size in each batch of whatever is no table; and why that is no help."""
    rows = [lengths(batch) for batch in batches]
    for batch, row in zip(batches, rows, strict=True):
        if not row:
            raise ProblemError(
                f"expected a batch with a tensor of shape (N, ...), got {type(batch).__name__}",
                hint=CONTAINER_HINT,
            )
    for index, row in enumerate(rows):
        if row.keys() != rows[0].keys():
            return {}, f"batch {index + 1} has other entries than the first"
    columns = {path: tuple(row[path] for row in rows) for path in rows[0]}
    if len(set(columns.values())) > 1 and len(batches) > 1:
        tables = _tables(batches, columns)
        columns = {path: column for path, column in columns.items() if path not in tables}
    if all(_may_list_samples(batch) for batch in batches):
        return columns, "a list in a batch may have one entry for each sample"
    return columns, ""


def _tables(batches: Sequence[Any], columns: Mapping[Path, tuple[int, ...]]) -> set[Path]:
    """Find what has the same values in all batches, unless that is everything.

    Labels of one class are the same, too, in batches of one size: what is not one tensor shared
    by all batches must differ from labels, and keep its size where that of others changes.
    """
    rows = [dict(leaves(batch)) for batch in batches]
    same = {
        path for path in columns if all(same_values(row[path], rows[0][path]) for row in rows[1:])
    }
    vary = any(len(set(column)) > 1 for path, column in columns.items() if path not in same)
    tables = {
        path
        for path in same
        if all(_memory(row[path]) == _memory(rows[0][path]) for row in rows[1:])
        or (vary and not _uniform(rows[0][path]))
    }
    return tables if len(tables) < len(columns) else set()


def _sample_paths(batches: Sequence[Any], sizes: tuple[int, ...]) -> frozenset[Path]:
    """Find what has one entry for each sample; one tensor that all batches share has not."""
    rows = [dict(leaves(batch)) for batch in batches]
    sized = [
        path
        for path, leaf in rows[0].items()
        if all(path in row for row in rows)
        and all(_extent(row[path]) == size for row, size in zip(rows, sizes, strict=True))
    ]
    shared = [
        path
        for path in sized
        if len(rows) > 1 and all(_memory(row[path]) == _memory(rows[0][path]) for row in rows)
    ]
    return frozenset(sized if len(shared) == len(sized) else set(sized) - set(shared))


def _declared(batch_size: Callable[[Any], int], batch: Any, index: int) -> int:
    """Ask the user's function for the number of samples in a batch."""
    try:
        size = batch_size(batch)
    except Exception as error:
        raise ProblemError(f"batch_size(batch) raised {describe(error)}") from error
    whole = isinstance(size, int | np.integer) and not isinstance(size, bool) and size >= 0
    if not whole:
        raise ProblemError(
            f"expected batch_size(batch) to return a number of samples, got {size!r} for batch "
            f"{index + 1}"
        )
    return int(size)


def _length(leaf: Any) -> int | None:
    """Return the leading size of a tensor or array; None of anything else."""
    if isinstance(leaf, PackedSequence):
        return int(leaf.batch_sizes[0]) if len(leaf.batch_sizes) else 0
    if isinstance(leaf, Tensor) and leaf.is_nested:
        return int(leaf.size(0))
    if isinstance(leaf, Tensor | np.ndarray) and leaf.ndim > 0:
        return int(leaf.shape[0])
    return None


def _extent(leaf: Any) -> int | None:
    """Return the leading size of a tensor, array or list of labels."""
    return (
        len(leaf)
        if isinstance(leaf, list | tuple) and not isinstance(leaf, PackedSequence)
        else _length(leaf)
    )


def _uniform(leaf: Any) -> bool:
    """Tell whether all entries of a tensor, an array or a list are equal."""
    if isinstance(leaf, list | tuple):
        return all(entry == leaf[0] for entry in leaf)
    flat = leaf.reshape(-1)
    return bool((flat == flat[:1]).all())


def _memory(leaf: Any) -> Any:
    """Return what tells whether two leaves are one and the same."""
    dense = isinstance(leaf, Tensor) and not leaf.is_nested and leaf.layout is torch.strided
    return (leaf.data_ptr(), leaf.shape, leaf.stride()) if dense else id(leaf)


def _may_list_samples(batch: Any) -> bool:
    """Tell whether a list in a batch looks like samples: images (C, H, W), or dicts of one kind."""
    parts = entries(batch)
    if parts is None:
        return False
    values = [value for _, value in parts]
    if isinstance(batch, list | tuple) and values:
        if all(
            isinstance(v, Tensor) and not v.is_nested and v.ndim == 3 and v.shape[0] in _CHANNELS
            for v in values
        ):
            return True
        if len(values) > 1 and all(
            isinstance(v, Mapping) and list(v) == list(values[0]) for v in values
        ):
            return True
    return any(_may_list_samples(value) for value in values)


def _shown(path: Path) -> str:
    """Write a path as code."""
    return "batch" + "".join(f"[{key!r}]" for key in path)
