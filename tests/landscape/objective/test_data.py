"""Data is read, counted, cut and checked."""

import pickle
from collections import UserDict, namedtuple

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import DataLoader, TensorDataset

from landscape.errors import ProblemError
from landscape.objective import data as data_module
from landscape.objective.data import read_batches
from landscape.problem import Problem

Pair = namedtuple("Pair", ["x", "y"])


@given(size=st.integers(1, 30), batch=st.integers(1, 9), limit=st.integers(1, 40))
def test_max_samples_keeps_the_first_samples(size, batch, limit):
    x = torch.arange(float(size))
    data = read_batches(list(zip(x.split(batch), x.split(batch), strict=True)), max_samples=limit)
    kept = torch.cat([pair[0] for pair in data.batches])
    assert torch.equal(kept, x[:limit])
    assert data.samples == min(size, limit)


@pytest.mark.parametrize(("limit", "prints"), [(None, 6), (12, 6), (8, 4), (9, 7)])
def test_batches_are_hashed_at_both_readings_and_again_only_where_cut(monkeypatch, limit, prints):
    hashed = []
    real = data_module.batch_print
    monkeypatch.setattr(data_module, "batch_print", lambda x: (hashed.append(x), real(x))[1])
    counted = []
    count = lambda x: (counted.append(x), len(x))[1]  # noqa: E731
    data = read_batches(torch.arange(12.0).split(4), max_samples=limit, batch_size=count)
    assert len(hashed) == prints
    assert len(counted) <= 2 + 2 + 3  # the first two, the third beside the first, all of them
    expected = read_batches(torch.arange(float(limit or 12)).split(4))
    assert data.fingerprint == expected.fingerprint


def test_every_kind_of_batch_is_cut():
    x, y = torch.zeros(6, 2), torch.arange(6)
    for batch in ((x, y), [x, y], {"x": x, "y": y, "name": "a"}, Pair(x, y), {"deep": [(x, y)]}):
        data = read_batches([batch], max_samples=4)
        assert data.sizes == (4,)
        assert type(data.batches[0]) is type(batch)


def test_a_loader_with_a_fixed_order_is_accepted():
    loader = DataLoader(TensorDataset(torch.randn(10, 2)), batch_size=4)
    assert read_batches(loader).sizes == (4, 4, 2)


def test_a_shuffling_loader_is_refused():
    loader = DataLoader(TensorDataset(torch.randn(64, 2)), batch_size=4, shuffle=True)
    with pytest.raises(ProblemError, match="differ when they are read again") as caught:
        read_batches(loader)
    assert "shuffle=False" in caught.value.hint


class Once:
    """Can be read once, though it is no iterator."""

    def __init__(self, batches):
        self._iterator = iter(batches)

    def __iter__(self):
        return self._iterator


def test_what_can_be_read_once_is_told_from_what_shuffles():
    with pytest.raises(ProblemError, match="can be read only once") as caught:
        read_batches(Once([torch.zeros(3), torch.zeros(3)]))
    assert caught.value.hint == "pass list(batches)"
    lists = iter([[torch.zeros(3)] * 3, [torch.zeros(3)]])
    fewer = type("Fewer", (), {"__iter__": lambda self: iter(next(lists))})()
    with pytest.raises(ProblemError, match="3 at first, then 1") as caught:
        read_batches(fewer)
    assert "shuffle=False" in caught.value.hint


class Broken(torch.utils.data.Dataset):
    def __len__(self):
        return 6

    def __getitem__(self, index):
        if index == 5:
            raise KeyError("no label")
        return torch.zeros(2)


def torn(samples):
    raise ValueError("cannot collate")


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize(
    ("collate", "message"),
    [
        (None, r"(?m)reading batch 3 raised KeyError: .*no label.* \(.*test_data\.py, line \d+\)$"),
        (torn, r"(?m)reading batch 1 raised ValueError: cannot collate \(.*_data\.py, line \d+\)$"),
    ],
)
def test_errors_while_reading_name_the_batch_and_the_line(workers, collate, message):
    loader = DataLoader(Broken(), batch_size=2, num_workers=workers, collate_fn=collate)
    with pytest.raises(ProblemError, match=message) as caught:
        read_batches(loader)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("source", "message"),
    [([], "at least one batch"), (["text"], "got str"), ([torch.tensor(1.0)], "shape")],
)
def test_batches_without_samples(source, message):
    with pytest.raises(ProblemError, match=message):
        read_batches(source)


def test_the_fingerprint_sees_values_shapes_and_types():
    x = torch.arange(6.0)
    sources = [[x], [x.view(2, 3)], [x + 1], [x.double()], [x[:3], x[3:]]]
    assert len({read_batches(source).fingerprint for source in sources}) == len(sources)


def test_lists_of_labels_are_cut_and_fingerprinted():
    x = torch.zeros(6, 2)
    data = read_batches([(x, list("abcdef"), np.arange(6))], max_samples=4)
    assert data.batches[0][1:][0] == list("abcd")
    assert len(data.batches[0][2]) == 4
    other = read_batches([(x, list("abcdeX"), np.arange(6))])
    assert other.fingerprint != read_batches([(x, list("abcdef"), np.arange(6))]).fingerprint


def test_mappings_sparse_and_conjugated_tensors_are_read():
    x = torch.eye(4)
    batch = UserDict(x=x, sparse=x.to_sparse(), conj=(x + 1j).conj())
    assert read_batches([batch]).sizes == (4,)


def test_a_loader_with_worker_processes_leaves_the_random_state():
    loader = DataLoader(TensorDataset(torch.randn(8, 2)), batch_size=4, num_workers=1)
    model = torch.nn.Linear(2, 1)
    state = torch.get_rng_state()
    Problem(model, len, loader)
    assert torch.equal(state, torch.get_rng_state())


def test_compact_batches_are_pickled_without_the_tensors_they_were_cut_from():
    x = torch.randn(64, 100)
    data = read_batches([(part, part.to_sparse()) for part in x.split(4)])
    compact = data.compact()
    for (part, sparse), (old, same) in zip(compact.batches, data.batches, strict=True):
        assert old.untyped_storage().nbytes() == x.nbytes
        assert part.untyped_storage().nbytes() == part.nbytes
        assert torch.equal(part, old)
        assert sparse is same
    again = compact.compact()
    for (part, _), (old, _) in zip(again.batches, compact.batches, strict=True):
        assert part is old, "what is compact is not copied"
    assert len(pickle.dumps([part for part, _ in compact.batches])) < 1.5 * x.nbytes
