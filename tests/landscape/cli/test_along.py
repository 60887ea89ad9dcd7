"""Directions and windows on the command line."""

import re

from landscape import load
from landscape.cli.commands import app
from landscape.cli.run import run
from tests.landscape.cli.example import EXAMPLE, QUICK


def test_directions_and_windows_from_the_shell(tmp_path, capsys):
    out = str(tmp_path / "run.h5")
    words = ["compute", EXAMPLE, "--along", "gradient", "--line", "--out", out, *QUICK]
    assert run(app, [*words, "--window", "-0.5,0.1"]) == 0
    assert load(out).config["window"] == [-0.5, 0.1]
    capsys.readouterr()
    assert run(app, ["info", out]) == 0
    text = capsys.readouterr().out
    assert re.search(r"alpha +gradient, 1 is as long as a random direction", text)
    assert "filter-normalized" not in text
    assert "window [-0.5, 0.1]" in text
    assert run(app, [*words, "--window", "0.1"]) == 2
    error = capsys.readouterr().err
    assert "error: window: expected two ends of alpha, or four" in error
    assert run(app, ["compute", EXAMPLE, "--along", "to:no.pt", "--out", out, *QUICK]) == 1
    assert re.search(
        r"error: expected a checkpoint, got no file: .*no\.pt", capsys.readouterr().err
    )
