"""Opening and locking: one writer, any readers, and words for what goes wrong."""

import errno
import subprocess
import sys
import threading
import time
from pathlib import Path

import h5py
import pytest
import xarray

from landscape import files
from landscape.errors import SurfaceFileError
from landscape.surface import file, load
from landscape.surface.file import writing
from landscape.surface.writer import SurfaceWriter
from tests.landscape.surface.files import POINTS, VALUES


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
    with h5py.File(path, "r+") as file:
        file.attrs["schema_version"] = 1
    with pytest.raises(SurfaceFileError, match="version 1, which has no checksums") as caught:
        load(path)
    assert "--overwrite" in caught.value.hint
    with pytest.raises(SurfaceFileError, match="got a device or pipe: /dev/null"):
        load("/dev/null")
    with pytest.raises(SurfaceFileError, match=r"cannot read .*: embedded null byte"):
        load("a\0b.h5")


def test_an_unreadable_file_is_not_called_damaged(path, monkeypatch):
    def denied(*_):
        raise PermissionError(errno.EACCES, "no")

    monkeypatch.setattr(file.io, "FileIO", denied)
    with pytest.raises(SurfaceFileError, match=r"cannot read .*run\.h5: Permission denied"):
        load(path)


def test_the_lock_is_one_for_all_names_and_does_not_stay(path, tmp_path):
    link = tmp_path / "link.h5"
    link.symlink_to(path)
    with writing(link):
        assert (tmp_path / "run.h5.lock").exists()
        with pytest.raises(SurfaceFileError, match="written by another process"), writing(path):
            pass
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link.h5", "run.h5"]


def test_locks_that_vanish_while_others_wait_never_admit_two(path):
    inside, counts = [], []

    def work():
        admitted = 0
        while admitted < 50:
            try:
                with writing(path):
                    inside.append(1)
                    counts.append(len(inside))
                    inside.pop()
                    admitted += 1
            except SurfaceFileError:
                time.sleep(0)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [1] * 200
    assert [p.name for p in path.parent.iterdir()] == ["run.h5"]


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_without_locks_is_named_with_a_remedy(path, monkeypatch, number):
    def refuse(_):
        raise OSError(number, "no")

    monkeypatch.setattr(files, "_lock", refuse)
    with (
        pytest.raises(SurfaceFileError, match=r"the file system of .* has no locks \(") as caught,
        writing(path),
    ):
        pass
    assert "local disk" in caught.value.hint


def test_places_that_cannot_be_written_are_one_line(tmp_path):
    (tmp_path / "text").write_text("a file where a folder should be")
    for place, words in [
        (Path("/proc/x.h5"), "cannot write /proc/x.h5: No such file or directory"),
        (tmp_path / "text" / "run.h5", "expected a folder, got a file: .*text$"),
    ]:
        with pytest.raises(SurfaceFileError, match=words), writing(place):
            pass


def test_xarray_and_the_writer_share_a_process(path):
    with xarray.open_dataset(path, engine="h5netcdf") as before:
        with writing(path), SurfaceWriter(path) as writer:
            writer.write(POINTS, VALUES)
            with xarray.open_dataset(path, engine="h5netcdf", cache=False) as during:
                assert during["loss"].shape == (2, 3, 5)
            assert load(path).measured.sum() == 4
        assert before["loss"].shape == (2, 3, 5)
        assert load(path).measured.sum() == 4
