"""The data of a problem, read and kept: counted, fingerprinted, checked for a fixed order."""

import hashlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from landscape.errors import LandscapeError, ProblemError, describe
from landscape.objective.containers import map_tensors, tensors
from landscape.objective.counting import COUNT_HINT, Count, count_samples, lengths, sizes_found
from landscape.objective.cutting import Piece, join_pieces
from landscape.objective.prints import batch_print, components
from landscape.problem import Problem, about_split

_SHUFFLE_HINT = (
    "use shuffle=False and no random augmentation; a surface needs the same data at every point"
)
_CUT_HINT = "cut the batches yourself, or pass fewer of them"

BatchSize = Callable[[Any], int]
"""Tells how many samples a batch holds."""


@dataclass(frozen=True)
class ResidentBatches:
    """Batches in memory, with the number of samples in each and a SHA-256 of their content.

    `splits` are others by name, whose content the SHA-256 covers too.
    """

    batches: tuple[Any, ...]
    count: Count
    fingerprint: str
    splits: Mapping[str, "ResidentBatches"] = field(default_factory=dict)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of samples in each batch; 1 for each where that is not known."""
        return self.count.sizes

    @property
    def samples(self) -> int:
        """Number of samples in all batches."""
        return sum(self.sizes)

    @property
    def bytes(self) -> int:
        """Memory that the tensors of all batches take."""
        return sum(
            part.numel() * part.element_size()
            for batch in self.batches
            for tensor in tensors(batch)
            for part in components(tensor)
        )

    def head(self, samples: int) -> "ResidentBatches":
        """Return the first whole batches that hold at least this many samples; one of a split."""
        kept = int(np.searchsorted(np.cumsum(self.sizes), samples)) + 1
        splits = {name: split.head(1) for name, split in self.splits.items()}
        return replace(
            self, batches=self.batches[:kept], count=self.count.head(kept), splits=splits
        )

    def compact(self) -> "ResidentBatches":
        """Copy tensors that are parts of larger ones, of which pickle would write the whole."""
        batches = tuple(map_tensors(_compact, batch) for batch in self.batches)
        splits = {name: split.compact() for name, split in self.splits.items()}
        return replace(self, batches=batches, splits=splits)


def read_data(problem: Problem, *, max_samples: int | None = None) -> ResidentBatches:
    """Read a problem's batches and those of its splits.

    Args:
        problem: Whose batches.
        max_samples: Keep only the first this many samples of each; None keeps all.

    Returns:
        The batches, with the splits in them.

    Raises:
        LandscapeError: If there is not one sample to keep.
        ProblemError: As `read_batches`, naming the split.
    """
    if max_samples is not None and max_samples < 1:
        raise LandscapeError(f"expected max_samples to be 1 or more, or None, got {max_samples}")
    size = problem.batch_size
    data = read_batches(problem.batches, max_samples=max_samples, batch_size=size)
    if not problem.splits:
        return data
    splits = {}
    for name, batches in problem.splits.items():
        with about_split(name):
            splits[name] = read_batches(batches, max_samples=max_samples, batch_size=size)
    named = "".join(f"{name} {split.fingerprint} " for name, split in splits.items())
    digest = hashlib.sha256(f"{data.fingerprint} {named}".encode()).hexdigest()
    return replace(data, fingerprint=digest, splits=splits)


def read_batches(
    source: Iterable[Any],
    *,
    max_samples: int | None = None,
    batch_size: BatchSize | None = None,
) -> ResidentBatches:
    """Read all batches, twice, and keep the first reading.

    Args:
        source: Batches; a tensor, or a tuple, list, dict or dataclass with tensors each.
        max_samples: Keep only the first this many samples; None keeps all.
        batch_size: Tells the number of samples in a batch; None counts (`count_samples`).

    Returns:
        The batches as they came, cut to `max_samples`.

    Raises:
        ProblemError: If there is no sample, reading fails, a batch holds no tensor, the two
            readings differ, or it is not known where to cut.
    """
    batches = _read(source, max_samples, batch_size)
    if not batches:
        raise ProblemError("expected at least one batch, got none")
    count = count_samples(batches, batch_size)
    prints = [batch_print(batch) for batch in batches]
    _compare(_not_empty(source), prints, whole=max_samples is None)
    if max_samples is not None:
        _check_known(count, max_samples)
        whole = batches
        batches, count = _cut(batches, count, max_samples)
        prints = prints[: len(batches)]
        if batches[-1] is not whole[len(batches) - 1]:
            prints[-1] = batch_print(batches[-1])
    fingerprint = hashlib.sha256(b"".join(prints)).hexdigest()
    return ResidentBatches(tuple(batches), count, fingerprint)


def _read(
    source: Iterable[Any], max_samples: int | None, batch_size: BatchSize | None
) -> list[Any]:
    """Read batches until `max_samples` samples have surely been seen, or all."""
    stream = _not_empty(source)
    if max_samples is None:
        return list(stream)
    batches = list(itertools.islice(stream, 2))  # two tell samples from tables
    if not batches:
        return batches
    count = count_samples(batches, batch_size)
    _check_known(count, max_samples)
    seen = sum(count.sizes)
    while seen < max_samples and (more := list(itertools.islice(stream, 1))):
        batches.extend(more)
        count = count_samples([*batches[:1], *more], batch_size)
        _check_known(count, max_samples)
        seen += count.sizes[-1]
    return batches


def _check_known(count: Count, max_samples: int) -> None:
    """Say why samples cannot be counted for `max_samples`."""
    if not count.known:
        raise ProblemError(
            f"cannot count max_samples={max_samples}: {count.doubt}", hint=COUNT_HINT
        )


def _cut(batches: list[Any], count: Count, max_samples: int) -> tuple[list[Any], Count]:
    """Keep the first samples, cutting a batch where need be."""
    ends = np.cumsum(count.sizes)
    if ends[-1] <= max_samples:
        return batches, count
    last = int(np.searchsorted(ends, max_samples))
    keep = max_samples - int(ends[last] - count.sizes[last])
    kept = batches[: last + 1]
    if keep < count.sizes[last]:
        if not count.paths:
            raise ProblemError(
                f"cannot cut batch {last + 1} of {count.sizes[last]} samples to {keep} for "
                f"max_samples={max_samples}: {sizes_found(batches[0])}",
                hint=_CUT_HINT,
            )
        kept[last] = join_pieces([Piece(kept[last], slice(0, keep))], count.paths)
    return kept, replace(count, sizes=(*count.sizes[:last], keep))


def _compare(again: Iterable[Any], prints: Sequence[bytes], *, whole: bool) -> None:
    """Refuse batches that differ when they are read again."""
    number = 0
    for number, batch in enumerate(again, 1):
        if number > len(prints) or batch_print(batch) != prints[number - 1]:
            raise ProblemError(
                f"the batches differ when they are read again: batch {number} is another one",
                hint=_SHUFFLE_HINT,
            )
        if number == len(prints) and not whole:
            return
    if number == 0:
        raise ProblemError(
            "the batches can be read only once: there are none when they are read again",
            hint="pass list(batches)",
        )
    if number < len(prints):
        raise ProblemError(
            f"the batches differ when they are read again: {len(prints)} at first, then {number}",
            hint=_SHUFFLE_HINT,
        )


def _not_empty(source: Iterable[Any]) -> Iterator[Any]:
    """Yield batches that hold a sample, and say where reading them fails."""
    stream: Iterator[Any] | None = None
    for number in itertools.count(1):
        try:
            stream = iter(source) if stream is None else stream
            batch = next(stream)
        except StopIteration:
            return
        except LandscapeError:
            raise
        except (Exception, SystemExit) as error:
            raise ProblemError(
                f"reading batch {number} raised {describe(error)}",
                hint="the error is in the dataset, the collate function or the loader",
            ) from error
        row = lengths(batch)
        if not row or any(row.values()):
            yield batch


def _compact(tensor: Tensor) -> Tensor:
    """Return a tensor with no more memory behind it than it needs."""
    if tensor.is_nested or tensor.layout is not torch.strided:
        return tensor
    return tensor if tensor.untyped_storage().nbytes() <= tensor.nbytes else tensor.clone()
