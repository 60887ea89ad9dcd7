"""Data that stays on the device and data that does not give the same bits."""

import os
from types import SimpleNamespace

import psutil
import pytest
import torch

from landscape.objective import placement
from landscape.objective.data import read_batches
from landscape.objective.placement import PlacedData


def source():
    x = torch.randn(10, 2, 3, 3, generator=torch.Generator().manual_seed(0))
    return read_batches([(x[:4], {"y": x[:4, 0]}), (x[4:], {"y": x[4:, 0]})])


@pytest.mark.parametrize("layout", ["contiguous", "channels_last"])
@pytest.mark.parametrize("batch_size", [None, 3, 7])
def test_memory_decides_where_the_data_lies_and_nothing_else(monkeypatch, layout, batch_size):
    data = source()
    settings = {"device": "cpu", "layout": layout, "batch_size": batch_size}
    resident = PlacedData(data, **settings)
    monkeypatch.setattr(placement, "free_memory", lambda device: 2 * data.bytes - 1)
    streamed = PlacedData(data, **settings)
    assert (resident.resident, streamed.resident) == (True, False)
    assert resident.count == streamed.count
    for _ in range(2):
        for one, other in zip(resident, streamed, strict=True):
            assert torch.equal(one[0], other[0])
            assert one[0].stride() == other[0].stride()
            assert torch.equal(one[1]["y"], other[1]["y"])


def test_the_callers_tensors_are_never_handed_out(monkeypatch):
    data = source()
    memory = {t.data_ptr() for batch in data.batches for t in (batch[0], batch[1]["y"])}
    for free in (10**9, 0):
        monkeypatch.setattr(placement, "free_memory", lambda device, free=free: free)
        for batch in PlacedData(data, device="cpu", layout="contiguous", batch_size=None):
            assert batch[0].data_ptr() not in memory
            batch[1].pop("y")  # containers are the loss's own
        assert "y" in data.batches[0][1]


@pytest.mark.parametrize(("cores", "share"), [(4, 25), (None, 100)])
def test_free_memory_is_shared_by_the_cores(monkeypatch, cores, share):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=100))
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert placement.free_memory("cpu") == share


def test_sizes_of_all_kinds_of_tensors_are_known():
    dense = torch.eye(4, 8)
    indices, values = 2 * 4 * 8, 4 * 4
    assert read_batches([(dense, dense.to_sparse())]).bytes == 4 * 8 * 4 + indices + values


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("layout", ["contiguous", "channels_last"])
@pytest.mark.parametrize("batch_size", [None, 3])
def test_batches_streamed_to_a_gpu_are_the_resident_ones(monkeypatch, layout, batch_size):
    data = source()
    settings = {"device": "cuda", "layout": layout, "batch_size": batch_size}
    resident = PlacedData(data, **settings)
    monkeypatch.setattr(placement, "free_memory", lambda device: 0)
    streamed = PlacedData(data, **settings)
    assert (resident.resident, streamed.resident) == (True, False)
    for one, other in zip(resident, streamed, strict=True):
        assert one[0].device.type == other[0].device.type == "cuda"
        assert torch.equal(one[0], other[0])
        assert torch.equal(one[1]["y"], other[1]["y"])
