"""Batches cut anew against slices of all the data."""

from collections import namedtuple

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.utils.rnn import pack_sequence

from landscape.errors import ProblemError
from landscape.objective.cutting import Piece, join_pieces, recut, recut_sizes
from landscape.objective.data import read_batches

Pair = namedtuple("Pair", ["x", "y"])


@given(samples=st.integers(1, 40), old=st.integers(1, 17), new=st.integers(1, 50))
def test_the_same_samples_in_the_same_order(samples, old, new):
    x = torch.arange(float(samples))[:, None]
    y = np.arange(samples)
    starts = range(0, samples, old)
    data = read_batches([(x[i : i + old], {"y": y[i : i + old]}) for i in starts])
    found = list(recut(data.batches, data.count, new))
    sizes = recut_sizes(samples, new)
    assert [len(batch[0]) for batch in found] == list(sizes)
    assert sum(sizes) == samples
    assert max(sizes) <= new
    assert torch.equal(torch.cat([batch[0] for batch in found]), x)
    np.testing.assert_array_equal(np.concatenate([batch[1]["y"] for batch in found]), y)


def test_any_nesting_keeps_its_types_and_constants():
    scale = torch.tensor([2.0])

    def batch(start, stop):
        x = torch.arange(float(start), stop)
        return {"pair": Pair(x, [x, "name"]), "labels": list(range(start, stop)), "scale": scale}

    data = read_batches([batch(0, 4), batch(4, 7)])
    first, last = recut(data.batches, data.count, 5)
    assert type(first["pair"]) is Pair
    assert first["pair"].x.tolist() == [0, 1, 2, 3, 4]
    assert last["pair"].y[0].tolist() == [5, 6]
    assert last["pair"].y[1] == "name"
    assert first["labels"] == [0, 1, 2, 3, 4]
    assert torch.equal(first["scale"], scale)


def test_smaller_batches_are_views_and_take_no_memory():
    x = torch.zeros(8, 3)
    data = read_batches([x])
    for part in recut(data.batches, data.count, 2):
        assert part.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()


def packed(length):
    return pack_sequence([torch.zeros(length)])


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ((torch.zeros(2), "a"), (torch.zeros(2), "b"), "cannot join str of several batches"),
        (torch.zeros(2), (torch.zeros(2),), "cannot join Tensor and tuple of several"),
        ({"x": torch.zeros(2)}, {"z": torch.zeros(2)}, "different keys"),
        ((torch.zeros(2),), (torch.zeros(2), 1), "different keys or of different lengths"),
        (
            (torch.zeros(2), torch.zeros(3)),
            (torch.zeros(2), torch.ones(3)),
            "no entry for each sample",
        ),
        ((torch.zeros(2), [1, 2]), (torch.zeros(2), [1, 3]), "cannot join list"),
        ((torch.zeros(2), packed(1)), (torch.zeros(2), packed(1)), "cannot join PackedSequence"),
    ],
)
def test_what_cannot_be_joined_is_refused(first, second, message):
    with pytest.raises(ProblemError, match=message):
        join_pieces([Piece(batch, slice(0, 2)) for batch in (first, second)], frozenset({(0,)}))


def test_batches_whose_samples_are_not_known_are_not_cut():
    data = read_batches([(torch.randn(7, n, 2), torch.zeros(n)) for n in (4, 2)])
    with pytest.raises(ProblemError, match="not known where their samples are"):
        list(recut(data.batches, data.count, 3))
