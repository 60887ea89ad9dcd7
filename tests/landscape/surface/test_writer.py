"""What is written is read, whatever happens in between."""

import os
import re
import resource
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest

from landscape.errors import SurfaceFileError
from landscape.surface import Status, load
from landscape.surface.create import create
from landscape.surface.file import writing
from landscape.surface.identity import check_identity
from landscape.surface.writer import SurfaceWriter
from tests.landscape.surface.files import POINTS, VALUES, blueprint


def test_points_are_read_as_written_and_others_stay_missing(path):
    with SurfaceWriter(path) as writer:
        assert (writer.status() == Status.MISSING).sum() == 30
        writer.write(POINTS, VALUES)
        writer.fail([(0, 1, 1)])
        assert (writer.status() == Status.MISSING).sum() == 25
    surface = load(path)
    for name, numbers in VALUES.items():
        np.testing.assert_array_equal([surface.values[name][p] for p in POINTS], numbers)
    assert surface.measured.sum() == 4
    assert surface.status[0, 1, 1] == Status.FAILED


SLOW = pytest.mark.slow


def write_some(writer, part):
    writer.write(POINTS[part], {name: numbers[part] for name, numbers in VALUES.items()})


def replace(path):
    create(path, blueprint(center={"loss": 0.75}))


def cut(path):
    os.truncate(path, 3000)


def remove_folder(path):
    shutil.rmtree(path.parent)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (replace, "was replaced by another file"),
        (Path.unlink, "was deleted or moved away"),
        (cut, r"was cut from \d+ to 3000 bytes"),
        (remove_folder, "was deleted or moved away"),
    ],
)
@pytest.mark.parametrize("late", [False, True], ids=["at the next chunk", "at the end"])
def test_what_was_measured_survives_the_loss_of_the_file(tmp_path, monkeypatch, harm, words, late):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    path = tmp_path / "runs" / "run.h5"

    def run():
        create(path, blueprint(witness={"loss": 2.0}))
        with SurfaceWriter(path) as writer:
            write_some(writer, slice(0, 2))
            if late:
                write_some(writer, slice(2, 4))
            harm(path)
            if not late:
                write_some(writer, slice(2, 4))

    with writing(path), pytest.raises(SurfaceFileError, match=words) as caught:
        run()
    rescued = Path(re.search(r"is in (.*\.rescued\.h5): move", caught.value.hint)[1])
    check_identity(load(rescued), blueprint(witness={"loss": 2.0}))
    surface = load(rescued)
    for name, numbers in VALUES.items():
        np.testing.assert_array_equal([surface.values[name][p] for p in POINTS], numbers)
    assert surface.measured.sum() == 4
    assert not list(path.parent.glob("*.lock"))


def test_nothing_to_write_writes_nothing(tmp_path):
    path = tmp_path / "run.h5"
    create(path, blueprint())
    before = path.read_bytes()
    with SurfaceWriter(path) as writer:
        writer.fail([])
        writer.write([], {name: [] for name in VALUES})
    assert path.read_bytes() == before


def test_a_disk_that_fills_is_one_line_and_loses_nothing(tmp_path, capfd):
    path = tmp_path / "run.h5"
    create(path, blueprint())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def run():
        with SurfaceWriter(path) as writer:
            write_some(writer, slice(0, 2))
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
            write_some(writer, slice(2, 4))

    try:
        with pytest.raises(SurfaceFileError, match=r"cannot write .*h5: File too large") as caught:
            run()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "stored so far are safe" in caught.value.hint
    assert capfd.readouterr().err == ""
    assert load(path).measured.sum() == 2


def test_a_lost_file_without_points_leaves_nothing_behind(tmp_path):
    path = tmp_path / "run.h5"
    create(path, blueprint())

    def run():
        with SurfaceWriter(path):
            path.unlink()

    with pytest.raises(SurfaceFileError, match="was deleted") as caught:
        run()
    assert "nothing had been measured" in caught.value.hint
    assert not list(tmp_path.iterdir())
