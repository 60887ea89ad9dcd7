"""The surface file: what is written is read, whatever happens in between."""

import contextlib
import copy
import io
import pickle
import shutil
import subprocess
import sys
import warnings
from types import SimpleNamespace

import h5py
import numpy as np
import pytest
import xarray

from landscape.errors import SettingsMismatchError, SurfaceFileError
from landscape.points.grid import axis
from landscape.surface import Status, load, load_directions
from landscape.surface import writer as writer_module
from landscape.surface.create import Blueprint, create
from landscape.surface.file import SCHEMA, writing
from landscape.surface.store import check_identity
from landscape.surface.writer import SurfaceWriter

POINTS = [(0, 0, 0), (1, 2, 1), (1, 1, 3), (0, 2, 3)]
VALUES = {
    "loss": [1.5, float("nan"), float("inf"), -2.0],
    "loss_se": [0.1, 0.2, 0.3, 0.4],
    "loss_delta_se": [0.0, 1.0, 2.0, 3.0],
}


def blueprint(**changes) -> Blueprint:
    weight = np.arange(6, dtype=np.float32).reshape(2, 3)
    given = {
        "alpha": axis(1.0, 5),
        "beta": axis(2.0, 3),
        "gram": np.stack([np.eye(2), 2 * np.eye(2)]),
        "center": {"loss": 0.25},
        "identity": {"seed": 0, "normalize": "filter", "center": "a" * 64},
        "provenance": {"problem": "mine.py:build", "samples": 7},
        "directions": [[{"0.weight": weight + i, "0.bias": np.float32(i)}] * 2 for i in range(2)],
    }
    return Blueprint(**(given | changes))


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


def test_points_are_read_as_written_and_others_stay_missing(path):
    with SurfaceWriter(path) as writer:
        assert len(writer.missing()) == 30
        writer.write(POINTS, VALUES)
        writer.fail([(0, 1, 1)])
        assert writer.missing()[-1] == (0, 1, 1), "what failed is tried again last"
        assert len(writer.missing()) == 26
    surface = load(path)
    for name, numbers in VALUES.items():
        np.testing.assert_array_equal([surface.values[name][p] for p in POINTS], numbers)
    assert surface.measured.sum() == 4
    assert surface.status[0, 1, 1] == Status.FAILED


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


def test_directions_come_back(path):
    found = load_directions(path)
    expected = blueprint().directions
    assert [len(axes) for axes in found] == [2, 2]
    np.testing.assert_array_equal(found[1][0]["0.weight"], expected[1][0]["0.weight"])
    assert found[1][0]["0.bias"] == 1.0


def test_a_second_writer_is_refused_and_a_reader_is_not(path):
    with writing(path), SurfaceWriter(path) as writer:
        writer.write(POINTS, VALUES)
        code = (
            "import sys; from pathlib import Path; from landscape.surface import load\n"
            "from landscape.surface.file import writing\n"
            "print(load(sys.argv[1]).measured.sum())\n"
            "with writing(Path(sys.argv[1])): pass\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False
        )
    assert done.stdout.strip() == "4"
    assert "is being written by another process" in done.stderr


def test_other_settings_are_refused_by_name(path):
    def asked(**changes):
        return blueprint(identity={**blueprint().identity, **changes})

    check_identity(path, blueprint())
    with pytest.raises(SettingsMismatchError, match="computed with seed = 0, not 1") as caught:
        check_identity(path, asked(seed=1))
    assert "--overwrite" in caught.value.hint
    with pytest.raises(SettingsMismatchError, match=r'center = "aaaaaaaaaaaa\.\.\.", not "bbbb'):
        check_identity(path, asked(center="b" * 64))
    with pytest.raises(SettingsMismatchError, match='radius = "nothing", not 2'):
        check_identity(path, asked(radius=2))


def versioned(**changes):
    given = {"center": {"loss": 1e-12}, "witness": {"loss": 2.0}} | changes
    return blueprint(**{"provenance": {"torch": "2.6", "cpu": "x"}} | given)


def test_another_value_at_the_center_or_at_the_witness_is_refused(path):
    create(path, versioned())
    check_identity(path, versioned())
    off = np.nextafter(2.0, 3.0)
    with pytest.raises(SettingsMismatchError, match=r"2e-12: the code .* has changed$"):
        check_identity(path, versioned(center={"loss": 2e-12}))
    with pytest.raises(SettingsMismatchError, match=r"loss = 2\.0 at a point away from the center"):
        check_identity(path, versioned(witness={"loss": off}))
    with pytest.raises(SettingsMismatchError, match="away from the center, this problem nan"):
        check_identity(path, versioned(witness={"loss": np.nan}))


def test_other_versions_may_round_differently_but_not_more(path):
    create(path, versioned())
    other = {"provenance": {"torch": "2.7", "cpu": "x"}}
    check_identity(path, versioned(witness={"loss": 2.00001}, **other))
    with pytest.raises(SettingsMismatchError, match=r"computed with torch 2\.6, not 2\.7"):
        check_identity(path, versioned(witness={"loss": 2.0001}, **other))


def test_a_witness_that_is_not_finite_is_compared_like_any_other(path):
    for value in (np.nan, np.inf):
        create(path, versioned(witness={"loss": value}))
        check_identity(path, versioned(witness={"loss": value}))


def test_kinds_of_metrics_come_back(path):
    kinds = '{"loss": {"higher_is_better": true, "low": 0, "high": 1}}'
    create(path, blueprint(provenance={"metric_kinds": kinds}))
    assert load(path).bounds("loss") == (0.0, 1.0)


def test_what_does_not_fit_on_the_disk_is_not_begun(path, monkeypatch):
    full = SimpleNamespace(total=9, used=9, free=0)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    with pytest.raises(SurfaceFileError, match=r"needs .* GB, but 0 GB are free"):
        create(path.with_name("b.h5"), blueprint())
    assert [p.name for p in path.parent.iterdir()] == ["run.h5"]


def test_any_parameter_name_survives(tmp_path):
    names = ["a/b", "a", "/", "50%", "δ.weight", "a b"]
    path = tmp_path / "names.h5"
    create(path, blueprint(directions=[[{name: np.ones(2, np.float32) for name in names}]]))
    assert set(load_directions(path)[0][0]) == set(names)


def test_a_surface_can_be_copied_and_pickled(path):
    surface = pickle.loads(pickle.dumps(load(path)))
    assert surface.metrics == ("loss",)
    np.testing.assert_array_equal(copy.deepcopy(surface).alpha, surface.alpha)


def test_files_that_are_no_surface_files(path, tmp_path):
    with pytest.raises(SurfaceFileError, match="no such file"):
        load(tmp_path / "nowhere.h5")
    with pytest.raises(SurfaceFileError, match="expected a surface file, got a folder"):
        load(tmp_path)
    text = tmp_path / "text.h5"
    text.write_text("hello")
    with pytest.raises(SurfaceFileError, match="not an HDF5 file, or is damaged"):
        load(text)
    other = tmp_path / "other.h5"
    with h5py.File(other, "w") as file:
        file["x"] = 1
    with pytest.raises(SurfaceFileError, match="but not a surface file"):
        load(other)
    with h5py.File(path, "r+") as file:
        file.attrs["schema_version"] = 99
    with pytest.raises(SurfaceFileError, match="schema version 99, newer than"):
        load(path)


class Dying(io.BytesIO):
    """A disk whose writer dies at the K-th write, which is lost, half done or done."""

    def __init__(self, content: bytes, death: int, share: float):
        super().__init__(content)
        self.death, self.share, self.writes = death, share, 0

    def write(self, data):
        self.writes += 1
        if self.writes > self.death:
            raise OSError("dead")
        if self.writes == self.death:
            super().write(bytes(data)[: round(len(data) * self.share)])
            raise OSError("dead")
        return super().write(data)


def _write_until_death(content, death, share, monkeypatch, folder):
    """Store POINTS one by one; return the disk, and how many points were acknowledged."""
    disk = Dying(content, death, share)
    monkeypatch.setattr(writer_module, "open_file", lambda path, mode: h5py.File(disk, mode))
    acknowledged = 0
    with contextlib.suppress(OSError, RuntimeError, SurfaceFileError), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with SurfaceWriter(folder / "unused") as writer:
            for index, point in enumerate(POINTS):
                writer.write([point], {name: [v[index]] for name, v in VALUES.items()})
                acknowledged += 1
    monkeypatch.undo()
    return disk, acknowledged


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_no_death_of_the_writer_harms_the_file(path, tmp_path, share, monkeypatch):
    content = path.read_bytes()
    complete, all_points = _write_until_death(content, 10**9, share, monkeypatch, tmp_path)
    assert all_points == len(POINTS)
    assert complete.writes >= 4 * len(POINTS)
    for death in range(1, complete.writes + 1):
        disk, acknowledged = _write_until_death(content, death, share, monkeypatch, tmp_path)
        path.write_bytes(disk.getvalue())
        surface = load(path)
        assert surface.measured.sum() >= acknowledged
        for index, point in enumerate(POINTS):
            if index < acknowledged:
                assert surface.status[point] == Status.MEASURED
            if surface.status[point] == Status.MEASURED:
                for name, numbers in VALUES.items():
                    np.testing.assert_array_equal(surface.values[name][point], numbers[index])
        with SurfaceWriter(path) as writer:
            todo = [point for point in POINTS if point in writer.missing()]
            rest = [POINTS.index(point) for point in todo]
            writer.write(todo, {name: [v[i] for i in rest] for name, v in VALUES.items()})
        assert path.read_bytes() == complete.getvalue(), "the resumed file has other bytes"
