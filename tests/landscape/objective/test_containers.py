"""Containers keep their type, and what cannot be rebuilt is refused."""

import dataclasses
from collections import OrderedDict, UserDict, defaultdict, deque, namedtuple
from collections.abc import Mapping
from types import SimpleNamespace

import pytest
import torch
from torch.nn.utils.rnn import pack_sequence

from landscape.errors import ProblemError
from landscape.objective.containers import map_tensors
from landscape.objective.data import read_batches
from landscape.objective.placement import PlacedData

X = torch.arange(4.0)
Pair = namedtuple("Pair", ["x", "y"])


class Encoding(UserDict):
    """Like the batches of tokenizers: keys are attributes."""

    def __init__(self, data=None, extra=None):
        super().__init__(data)
        self.extra = extra

    def __getattr__(self, name):
        try:
            return self.data[name]
        except KeyError:
            raise AttributeError(name) from None


class AttributeDict(dict):
    def __init__(self, *args):
        super().__init__(*args)
        self.__dict__ = self


class ReadOnly(Mapping):
    def __init__(self, data):
        self._data = data

    def __getitem__(self, key):
        return self._data[key]

    def __iter__(self):
        return iter(self._data)

    def __len__(self):
        return len(self._data)


@dataclasses.dataclass
class Open:
    x: torch.Tensor
    y: list[int]


@dataclasses.dataclass(frozen=True)
class Frozen:
    x: torch.Tensor


@dataclasses.dataclass(frozen=True, slots=True)
class Slots:
    x: torch.Tensor


KINDS = [
    {"x": X},
    OrderedDict(x=X),
    defaultdict(list, x=X),
    UserDict(x=X),
    Encoding({"x": X}, extra=3),
    AttributeDict({"x": X}),
    ReadOnly({"x": X}),
    Open(X, [1, 2, 3, 4]),
    Frozen(X),
    Slots(X),
    Pair(X, 2 * X),
    (X, "name"),
    [X, None],
]


def x_of(batch):
    return batch.x if hasattr(batch, "x") else batch["x" if isinstance(batch, Mapping) else 0]


@pytest.mark.parametrize("batch", KINDS, ids=lambda batch: type(batch).__name__)
def test_every_container_keeps_its_type(batch):
    data = read_batches([batch], max_samples=3)
    assert type(data.batches[0]) is type(batch)
    assert torch.equal(x_of(data.batches[0]), X[:3])
    assert x_of(batch) is X
    placed = next(iter(PlacedData(data, device="cpu", layout="contiguous", batch_size=2)))
    assert type(placed) is type(batch)
    assert torch.equal(x_of(placed), X[:2])


def test_what_else_a_container_has_is_kept():
    assert map_tensors(torch.clone, Encoding({"x": X}, extra=3)).extra == 3
    assert map_tensors(torch.clone, defaultdict(list, x=X))["new"] == []


def test_packed_sequences_are_moved():
    packed = pack_sequence([X, X[:2]])
    moved = map_tensors(lambda t: t + 1, packed)
    assert torch.equal(moved.data, packed.data + 1)
    assert torch.equal(moved.batch_sizes, packed.batch_sizes)


class Stubborn(dict):
    def __setitem__(self, key, value):
        super().__setitem__(key, 0)


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        (SimpleNamespace(x=X), "SimpleNamespace"),
        ((X, deque([X])), "a batch holds a deque with tensors in it"),
        ((X, {X}), "a batch holds a set with tensors in it"),
        ((X, SimpleNamespace(deep=[{"x": X}])), "a SimpleNamespace with tensors in it"),
        (torch.zeros(3, device="meta"), "on the meta device"),
    ],
)
def test_what_tensors_hide_in_is_named(batch, message):
    with pytest.raises(ProblemError, match=message):
        read_batches([batch])


def test_a_container_that_cannot_be_rebuilt_is_named():
    with pytest.raises(ProblemError, match="cannot make a Stubborn"):
        map_tensors(torch.clone, Stubborn(x=X))
