"""Where the data lies: on the device, or in host memory where the device has no room for it."""

import copy
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any

import psutil
import torch
from torch import Tensor

from landscape.objective.containers import map_tensors
from landscape.objective.counting import Count
from landscape.objective.cutting import recut, recut_sizes
from landscape.objective.data import ResidentBatches
from landscape.objective.tuning import Layout, Tuning

_SHARE = 0.5  # of the free memory: the rest is for the model, its activations and others


class PlacedData:
    """The batches of a problem as an objective reads them, again and again.

    They stay on the device where its free memory allows, else each batch is copied when its turn
    comes, from pinned host memory to a GPU. Either way a loss gets copies: one that works in place
    does not reach the caller's tensors.

    Args:
        data: The batches as read.
        device: Where to evaluate.
        layout: Memory layout of 4-D floating-point tensors.
        batch_size: Samples in each batch; None keeps the caller's batches.

    Attributes:
        count: Samples in each batch.
        resident: Whether all batches stay on the device.
    """

    def __init__(
        self, data: ResidentBatches, *, device: str, layout: Layout, batch_size: int | None
    ) -> None:
        self._device = device
        self._format = torch.channels_last if layout == "channels_last" else None
        self._batches: Callable[[], Iterable[Any]] = lambda: data.batches
        self.count: Count = data.count
        if batch_size is not None:
            self._batches = partial(recut, data.batches, data.count, batch_size)
            self.count = replace(data.count, sizes=recut_sizes(data.samples, batch_size))
        self.resident = data.bytes <= _SHARE * free_memory(device)
        if self.resident or device != "cpu":
            prepare = self._place if self.resident else _pinned
            kept = [map_tensors(prepare, batch) for batch in self._batches()]
            self._batches = lambda: kept  # the data as read may be let go
        self._finish = _same if self.resident else self._place

    def __iter__(self) -> Iterator[Any]:
        """Yield each batch in containers of its own, which a loss may take apart."""
        return (map_tensors(self._finish, batch) for batch in self._batches())

    def only(self, index: int) -> "PlacedData":
        """Return one batch, where it lies."""
        one = copy.copy(self)
        one._batches = lambda: islice(self._batches(), index, index + 1)
        one.count = replace(self.count, sizes=self.count.sizes[index : index + 1])
        return one

    def _place(self, tensor: Tensor) -> Tensor:
        """Copy a tensor to the device."""
        if self._format is not None and tensor.ndim == 4 and tensor.is_floating_point():
            return tensor.detach().to(
                self._device, memory_format=self._format, non_blocking=True, copy=True
            )
        return tensor.detach().to(self._device, non_blocking=True, copy=True)


def place(
    data: ResidentBatches, *, device: str, tuning: Tuning
) -> tuple[PlacedData, dict[str, PlacedData]]:
    """Place batches and those of each split.

    Args:
        data: As read.
        device: Where to evaluate.
        tuning: Layout and batch size; a split that cannot be cut keeps its batches.

    Returns:
        The batches, and the splits by name.
    """

    def placed(one: ResidentBatches, batch_size: int | None) -> PlacedData:
        return PlacedData(one, device=device, layout=tuning.layout, batch_size=batch_size)

    size = tuning.batch_size
    splits = {
        name: placed(one, size if one.count.paths else None) for name, one in data.splits.items()
    }
    return placed(data, size), splits


def free_memory(device: str) -> int:
    """Measure the free memory of a device in bytes; on the CPU each core's part of it."""
    if device == "cpu":
        return int(psutil.virtual_memory().available) // (os.cpu_count() or 1)
    return int(torch.cuda.mem_get_info(device)[0])


def _same(tensor: Tensor) -> Tensor:
    """Return a tensor itself."""
    return tensor


def _pinned(tensor: Tensor) -> Tensor:
    """Return a tensor in pinned memory; one on a device, or of other parts, as it is."""
    dense = tensor.layout is torch.strided and not tensor.is_nested
    return tensor.detach().pin_memory() if dense and tensor.device.type == "cpu" else tensor
