"""Directions in a file come back as they were, whatever the names of parameters."""

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


def test_any_parameter_name_survives(tmp_path):
    names = ["a/b", "a", "/", "50%", "δ.weight", "a b"]
    path = tmp_path / "names.h5"
    create(path, blueprint(directions=[[{name: np.ones(2, np.float32) for name in names}]]))
    assert set(load_directions(path)[0][0]) == set(names)
