"""A new file is complete at once, or not there at all."""

import copy
import pickle
import shutil
from types import SimpleNamespace

import h5py
import numpy as np
import pytest
import xarray

from landscape.errors import SurfaceFileError
from landscape.surface import load
from landscape.surface.create import create
from landscape.surface.layout import SCHEMA
from landscape.surface.writer import SurfaceWriter
from tests.landscape.surface.files import POINTS, VALUES, blueprint


@pytest.fixture
def path(tmp_path):
    target = tmp_path / "run.h5"
    create(target, blueprint())
    return target


def test_a_new_file_is_complete_and_empty(path):
    surface = load(path)
    assert surface.loss.shape == (2, 3, 5)
    assert np.isnan(surface.loss).all()
    assert not surface.measured.any()
    assert surface.center == {"loss": 0.25}
    assert surface.metadata["problem"] == "mine.py:build"
    np.testing.assert_array_equal(surface.gram[1], 2 * np.eye(2))
    assert [p.name for p in path.parent.iterdir()] == ["run.h5"]


def test_xarray_opens_the_file_directly(path):
    with SurfaceWriter(path) as writer:
        writer.write(POINTS, VALUES)
    with xarray.open_dataset(path) as data:
        assert data["loss"].dims == ("plane", "beta", "alpha")
        assert float(data["loss"].sel(plane=0, alpha=-1.0, beta=-2.0)) == 1.5
        assert data["status"].dtype == np.int8
        assert data.attrs["schema"] == SCHEMA


def test_the_stored_layout_can_only_be_overwritten_in_place(path):
    with h5py.File(path) as file:
        for name in ("loss", "loss_se", "loss_delta_se", "status"):
            assert file[name].chunks is None
            properties = file[name].id.get_create_plist()
            assert properties.get_alloc_time() == h5py.h5d.ALLOC_TIME_EARLY
        size = path.stat().st_size
    with SurfaceWriter(path) as writer:
        writer.write(POINTS, VALUES)
    assert path.stat().st_size == size


def test_what_does_not_fit_on_the_disk_is_not_begun(path, monkeypatch):
    full = SimpleNamespace(total=9, used=9, free=0)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    with pytest.raises(SurfaceFileError, match=r"needs .* GB, but 0 GB are free"):
        create(path.with_name("b.h5"), blueprint())
    assert [p.name for p in path.parent.iterdir()] == ["run.h5"]


def test_a_surface_can_be_copied_and_pickled(path):
    surface = pickle.loads(pickle.dumps(load(path)))
    assert surface.metrics == ("loss",)
    np.testing.assert_array_equal(copy.deepcopy(surface).alpha, surface.alpha)
