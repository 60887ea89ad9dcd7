"""Directions in a file come back as they were, whatever the names of parameters."""

import weakref
from collections.abc import Mapping

import h5py
import numpy as np
import pytest

from landscape.errors import SurfaceFileError
from landscape.surface import load, load_directions
from landscape.surface.create import create
from tests.landscape.surface.files import blueprint, directions


def test_directions_come_back(tmp_path):
    path = tmp_path / "run.h5"
    create(path, blueprint(directions=directions()))
    found = load_directions(path)
    assert [len(axes) for axes in found] == [2, 2]
    np.testing.assert_array_equal(found[1][0]["0.weight"], directions()[1][0]["0.weight"])
    assert found[1][0]["0.bias"] == 1.0
    create(path, blueprint())
    assert load_directions(path) == []


def test_directions_that_were_changed_are_refused(tmp_path):
    path = tmp_path / "run.h5"
    create(path, blueprint(directions=directions()))
    with h5py.File(path, "r+") as file:
        file["directions/1/alpha/0.weight"][0, 0] += 1
    assert load(path).planes == 2
    with pytest.raises(SurfaceFileError, match="directions are not those that were written"):
        load_directions(path)


class Lazy(Mapping):
    """A direction whose arrays are made when they are asked for, and counted."""

    def __init__(self, direction, made):
        self.direction, self.made = direction, made

    def __getitem__(self, name):
        array = np.array(self.direction[name])
        self.made.append(weakref.ref(array))
        assert sum(one() is not None for one in self.made) <= 3, "arrays are kept"
        return array

    def __iter__(self):
        return iter(self.direction)

    def __len__(self):
        return len(self.direction)


def test_directions_are_written_array_by_array(tmp_path):
    made = []
    lazy = [[Lazy(direction, made) for direction in plane] for plane in directions()]
    create(tmp_path / "lazy.h5", blueprint(directions=lazy))
    expected = [d[name] for plane in directions() for d in plane for name in d]
    size = len(directions()[0][0])
    assert len(made) == len(expected) + size, "each once, and those of the first for their size"
    for found, plane in zip(load_directions(tmp_path / "lazy.h5"), directions(), strict=True):
        for one, other in zip(found, plane, strict=True):
            assert all(np.array_equal(one[name], other[name]) for name in other)


def test_any_parameter_name_survives(tmp_path):
    names = ["a/b", "a", "/", "50%", "δ.weight", "a b"]
    path = tmp_path / "names.h5"
    create(path, blueprint(directions=[[{name: np.ones(2, np.float32) for name in names}]]))
    assert set(load_directions(path)[0][0]) == set(names)
