"""A new file is complete at once, or not there at all."""

import copy
import pickle
import resource
import shutil
from types import SimpleNamespace

import h5py
import numpy as np
import pytest
import xarray

from landscape.errors import SurfaceFileError
from landscape.surface import load
from landscape.surface.create import create
from landscape.surface.file import writing
from landscape.surface.layout import SCHEMA
from landscape.surface.writer import SurfaceWriter
from tests.landscape.surface.files import POINTS, VALUES, blueprint


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


def test_a_link_stays_and_its_target_is_written(tmp_path):
    folder = tmp_path / "scratch"
    folder.mkdir()
    link = tmp_path / "link.h5"
    link.symlink_to(folder / "run.h5")
    for center in (0.25, 0.5):
        with writing(link):
            create(link, blueprint(center={"loss": center}))
        assert link.is_symlink()
        assert load(folder / "run.h5").center == load(link).center == {"loss": center}
    assert [p.name for p in folder.iterdir()] == ["run.h5"]


def test_what_a_killed_process_left_is_removed_by_the_next(path):
    ours, other = path.with_name(".run.h5.0123456789abcdef.tmp"), path.with_name(".a.h5.1.tmp")
    precious = path.with_name("precious")
    precious.write_text("kept")
    ours.symlink_to(precious)
    other.touch()
    with writing(path):
        create(path, blueprint())
    assert sorted(p.name for p in path.parent.iterdir()) == [other.name, "precious", "run.h5"]
    assert precious.read_text() == "kept"


def test_a_disk_that_fills_while_creating_leaves_nothing(path, capfd):
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, hard))
    try:
        with pytest.raises(SurfaceFileError, match=r"cannot write .*run.h5: File too large") as e:
            create(path, blueprint())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "nothing is stored yet" in e.value.hint
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["run.h5"]
    assert capfd.readouterr().err == ""


def test_attributes_that_hdf5_cannot_hold(path):
    create(path, blueprint(provenance={"command": "a\udcff\0b", "count": np.int64(3)}))
    assert load(path).metadata["command"] == "a\\udcff\\0b"
    assert load(path).metadata["count"] == 3
    with pytest.raises(SurfaceFileError, match="expected seed to fit in 64 bits, got 10000"):
        create(path, blueprint(provenance={"seed": 10**30}))
