import contextlib
import io

import pytest

import landscape.progress
from landscape.errors import LandscapeError
from landscape.progress import reporting
from landscape.sampling import compute
from tests.landscape.problems import regression


class _Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm")  # rich moves nothing on a dumb one
    monkeypatch.setattr(landscape.progress, "_PATIENCE", 0)
    return _Terminal()


def _shown(terminal, **settings):
    """Compute with standard error on a terminal."""
    with contextlib.redirect_stderr(terminal):
        return compute(regression(), planes=1, workers=1, **settings)


def test_a_terminal_gets_a_bar_without_being_asked(terminal):
    _shown(terminal, steps=5)

    assert "computing" in terminal.getvalue()
    assert "25/25" in terminal.getvalue()


def test_with_a_tolerance_no_total_is_promised(terminal):
    surface = _shown(terminal, steps=21, tolerance=0.05)

    measured = int(surface.measured.sum())
    if measured < 441:  # where points are cheap, a fast machine measures all of them
        assert "/441" not in terminal.getvalue()
    assert f"{measured}/{measured}" in terminal.getvalue()
    assert "to be 0.05" in terminal.getvalue()


def test_short_work_shows_nothing(terminal, monkeypatch):
    monkeypatch.setattr(landscape.progress, "_PATIENCE", 60)
    _shown(terminal, steps=5)

    assert not terminal.getvalue()


def test_none_tells_nobody_and_a_function_is_called_instead(terminal):
    calls = []
    _shown(terminal, steps=5, progress=None)
    _shown(terminal, steps=5, progress=lambda done, *_: calls.append(done))

    assert not terminal.getvalue()
    assert calls[-1] == 25


def test_without_a_terminal_nothing_is_shown(capsys, monkeypatch):
    monkeypatch.setattr(landscape.progress, "_PATIENCE", 0)
    with reporting("auto", "computing") as report:
        assert report is None
    assert capsys.readouterr() == ("", "")


def test_what_is_no_progress_is_refused():
    with (
        pytest.raises(LandscapeError, match="progress to be 'auto', None or a function, got True"),
        reporting(True, "computing"),
    ):
        pass
