"""Opening and locking: one writer, any readers, and words for what goes wrong."""

import subprocess
import sys

import h5py
import pytest

from landscape.errors import SurfaceFileError
from landscape.surface import load
from landscape.surface.create import create
from landscape.surface.file import writing
from landscape.surface.writer import SurfaceWriter
from tests.landscape.surface.files import POINTS, VALUES, blueprint


@pytest.fixture
def path(tmp_path):
    target = tmp_path / "run.h5"
    create(target, blueprint())
    return target


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
