"""Directions and windows on the command line."""

import json
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
    assert "error: --window: expected two ends of alpha, or four" in error
    assert run(app, ["compute", EXAMPLE, "--along", "to:no.pt", "--out", out, *QUICK]) == 1
    assert re.search(r"error: no such file or folder: no\.pt", capsys.readouterr().err)


def test_a_file_says_which_eigenvalues_its_axes_have(tmp_path, capsys):
    out = str(tmp_path / "run.h5")
    words = ["compute", EXAMPLE, "--along", "hessian:extremes", "--out", out, *QUICK]
    assert run(app, words) == 0
    capsys.readouterr()
    assert run(app, ["info", out]) == 0
    text = capsys.readouterr().out
    (value,) = re.findall(r"alpha +λ max = ([\d.]+), Hessian eigenvector, known to a resid", text)
    assert float(value) > 0
    assert "beta   λ min = " in re.sub(r"beta +", "beta   ", text)
    assert run(app, ["info", out, "--json"]) == 0
    first, second = json.loads(capsys.readouterr().out)["provenance"]["axes"]
    assert first["eigenvalue"] > second["eigenvalue"]
    assert 0 <= first["residual"] < 1e-4
    assert run(app, [*words, "--line"]) == 1
    assert "error: expected a plane for the largest and the small" in capsys.readouterr().err


def test_a_picture_that_would_be_a_dot_is_told_along_the_hessian_too(tmp_path, capsys):
    words = ["compute", EXAMPLE, "--along", "hessian", *QUICK]
    for number, (range_, told) in enumerate([(["--radius", "9"], 1), (["--window", "-9,9"], 0)]):
        assert run(app, [*words, *range_, "--out", str(tmp_path / f"{number}.h5")]) == 0
        assert ("--radius auto finds where that is" in capsys.readouterr().err) == told
