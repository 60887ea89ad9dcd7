"""`landscape watch`, beside a process that writes and without one."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

import landscape as ls
from landscape.cli.commands import app
from landscape.cli.growth import Growth, headline, picture, place
from landscape.cli.run import run
from tests.landscape.problems import regression

_COMPUTE = """
import sys, landscape as ls
from tests.landscape.problems import slow
ls.compute(slow(0.01), planes=2, steps=15, tolerance={tolerance}, workers=1, path=sys.argv[1])
"""


def _hidden(surface, count):
    """The surface when only its first points were there."""
    there = np.arange(surface.status.size).reshape(surface.status.shape) < count
    values = {name: np.where(there, array, np.nan) for name, array in surface.values.items()}
    return replace(surface, status=np.where(there, surface.status, 0), values=values)


@pytest.fixture(scope="module")
def whole():
    return ls.compute(regression(), planes=2, steps=5, workers=1)


def test_rate_and_time_left_are_those_of_the_last_minute(whole):
    growth = Growth()
    for now, count in ((0, 0), (10, 10), (80, 20), (90, 30)):
        growth.look(_hidden(whole, count), now)
    text = headline(_hidden(whole, 30), growth)

    assert growth.rate == pytest.approx((30 - 20) / (90 - 80))
    assert text == "30 of 50 points measured, 1 a second, 20 s left"


def test_it_says_where_points_come_in_or_since_when_none_has(whole):
    growth = Growth()
    growth.look(_hidden(whole, 25), 0)
    assert not place(whole, growth, 0)
    growth.look(_hidden(whole, 28), 1)
    assert place(whole, growth, 1) == "3 new: plane 1, α -1 to 0, β -1"
    growth.look(_hidden(whole, 28), 41)
    assert place(whole, growth, 41) == "no new point for 40 s"


def test_a_tolerance_has_an_error_and_no_time_left():
    surface = ls.compute(regression(), planes=2, steps=15, workers=1, tolerance=0.05)
    growth = Growth()
    growth.look(surface, 0)
    text = headline(surface, growth)

    assert f"estimated error {surface.refined.error.max():.2g}, to be 0.05" in text
    assert text.endswith("2 of 2 planes done")


def test_the_picture_fits_and_nothing_is_drawn_of_nothing(whole):
    growth = Growth()
    growth.look(whole, 0)
    painted = picture(whole, growth, plane=0, room=(12, 60)).plain.splitlines()
    empty = _hidden(whole, 0)

    assert len(painted) <= 12
    assert max(map(len, painted[:-1])) <= 60
    assert painted[-1].endswith("not known yet")
    assert picture(whole, growth, plane=0, room=(3, 60)) is None
    growth.look(empty, 1)
    assert picture(empty, growth, plane=0, room=(12, 60)) is None


def test_a_file_that_is_done_or_left_ends_it(tmp_path, capsys):
    path = tmp_path / "run.h5"
    ls.compute(regression(), planes=1, steps=5, workers=1, path=path, max_evaluations=10)
    assert run(app, ["watch", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{path}: 1 plane of 5 x 5 points; plane 0: 10 of 25 points")
    assert lines[-1] == "not done, and nobody writes to it: repeat the command to go on"
    ls.compute(regression(), planes=1, steps=5, workers=1, path=path)
    assert run(app, ["watch", str(path)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "done"


def test_what_cannot_be_watched_is_said_in_one_line(tmp_path, capsys, whole):
    path = tmp_path / "run.h5"
    whole.save(path)
    for words, said in (
        ([str(tmp_path / "no.h5")], "no such file"),
        ([str(path), "--plane", "7"], "expected a plane from 0 to 1, got 7"),
        ([str(path), "--every", "0"], "every"),
    ):
        assert run(app, ["watch", *words]) != 0
        error = capsys.readouterr().err
        assert said in error.splitlines()[0]


@pytest.mark.slow
@pytest.mark.parametrize("tolerance", [None, 0.02])
def test_reading_beside_a_writer_is_safe_and_shows_what_was_written(tmp_path, tolerance):
    path = tmp_path / "run.h5"
    code = _COMPUTE.format(tolerance=tolerance)
    looks = []
    with subprocess.Popen([sys.executable, "-c", code, str(path)]) as writer:
        while not path.exists():
            assert writer.poll() is None
            time.sleep(0.01)
        while writer.poll() is None:
            looks.append(ls.load(path))  # as often as can be: none may fail
    final = ls.load(path)
    counts = [int(one.measured.sum()) for one in looks]

    assert writer.returncode == 0
    assert final.is_complete
    assert len(set(counts)) > 5
    assert counts == sorted(counts)
    for one in looks:
        assert np.array_equal(one.loss[one.measured], final.loss[one.measured])


@contextlib.contextmanager
def computing(path):
    """Run a process that computes a surface, from where its file is there."""
    code = _COMPUTE.format(tolerance=None)
    with subprocess.Popen([sys.executable, "-c", code, str(path)]) as writer:
        while not path.exists():
            time.sleep(0.05)
        yield writer


@pytest.mark.slow
def test_ctrl_c_ends_it_and_not_what_is_computing(tmp_path):
    path = tmp_path / "run.h5"
    with computing(path) as writer:
        words = [sys.executable, "-m", "landscape", "watch", str(path)]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as watching:
            assert watching.stdout.readline()
            watching.send_signal(signal.SIGINT)
            _, error = watching.communicate()

    assert (watching.returncode, error) == (0, b"")
    assert writer.returncode == 0
    assert ls.load(path).is_complete


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_a_terminal_shows_a_picture_that_grows(tmp_path):
    import pty

    path = tmp_path / "run.h5"
    with computing(path) as writer:
        screen, terminal = pty.openpty()
        environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "90", "LINES": "30"}
        words = [sys.executable, "-m", "landscape", "watch", str(path), "--every", "0.2"]
        with subprocess.Popen(words, stdout=terminal, env=environment) as watching:
            os.close(terminal)
            shown = b""
            try:
                while piece := os.read(screen, 65536):
                    shown += piece
            except OSError:  # what Linux says when nobody has the terminal any more
                pass
        os.close(screen)
    text = shown.decode()

    assert (writer.returncode, watching.returncode) == (0, 0)
    assert "▀" in text
    assert "450 of 450 points measured" in text
