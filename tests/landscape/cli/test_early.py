"""Help is for people, and wrong words are refused before anything heavy is imported."""

import pytest

from landscape.cli.commands import app
from landscape.cli.run import run
from landscape.planes.along.grammar import KINDS
from landscape.settings import DIRECTIONS
from tests.commands import check_help, check_without_torch
from tests.landscape.cli.example import EXAMPLE, QUICK

PROBLEM = "def build(seed: int = 0, *, name: str = open('no such file')): ...\n"


def test_help_shows_nothing_of_its_parser(capsys, monkeypatch):
    assert "compute" in check_help("landscape.cli.commands", capsys, monkeypatch)


def test_wrong_words_are_refused_before_torch_is_imported(tmp_path, monkeypatch, computed, lines):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.py").write_text(PROBLEM)
    (tmp_path / "broken.py").write_text("def build(:\n")
    file, out = str(computed), ["--out", "x.h5"]
    refused = [
        (["compute", "no.py:build", *out], "no such file: no.py"),
        (["compute", "no_such.module", *out], "no module named 'no_such'"),
        (["compute", "broken.py", *out], "broken.py raised SyntaxError"),
        (["compute", "m.py:bild", *out], "m.py has no function 'bild'"),
        (["compute", "m.py", "--set", "sed=1", *out], "unexpected keyword argument 'sed'"),
        (["compute", "m.py", "--along", "foo", *out], "unknown directions 'foo'"),
        (["compute", "m.py", "--along", "to:a.pt,b.pt", *out], "no such file or folder: a.pt"),
        (["compute", "m.py", "--along", "pca:run", *out], "no such file or folder: run"),
        (["compute", "m.py", "--device", "gpu", *out], "expected a device auto, cpu, cuda or"),
        (["compute", "m.py", "--each-layer", "--radius", "auto", *out], "got --radius auto"),
        (["compute", "m.py", "--each-layer", "--along", "hessian", *out], "got --along hessian"),
        (["compute", EXAMPLE, "--out", file], "computed with --max-samples = 64, not none"),
        (["compute", EXAMPLE, "--out", file, *QUICK], "computed with planes = 3, not 5"),
        (["compute", "m.py", "--steps", "2", *out], "--steps: input should be greater"),
        (["barrier", "m.py", "a.pt"], "no such file or folder: a.pt"),
        (["barrier", "m.py", file, "--batchnorm", "frozn"], "expected --batchnorm to be of frozen"),
        (["barrier", "m.py", file, "--steps", "2"], "--steps"),
        (["explore", "m.py", "--out", "x.html"], "expected a surface file (.h5), got m.py"),
        (["barrier", "m.py:bild", file], "m.py has no function 'bild'"),
        (["stats", file, "--metric", "los"], "expected one of the metrics loss, accuracy"),
        (["stats", file, "--rise", "-1"], "--rise"),
        (["compare", file, file, "--metric", "los"], "expected one of the metrics loss, accuracy"),
        (["compare", file, str(lines)], "expected two surfaces with the same "),
        (["plot", file, "--out", "x.pdf", "--metric", "los"], "expected one of the metrics loss,"),
        (["watch", "m.py"], "expected a surface file (.h5), got m.py"),
    ]
    check_without_torch("landscape.cli.commands", refused, ("torch", "scipy"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broken.py", "m.py"]


def test_what_cannot_be_seen_to_be_wrong_is_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for number, text in enumerate(("globals()['build'] = 1\n", "from os.path import *\n")):
        (tmp_path / f"m{number}.py").write_text(text)
        assert run(app, ["compute", f"m{number}.py", "--out", "x.h5"]) == 1
        assert f"error: m{number}.py has no function 'build'" in capsys.readouterr().err


def test_a_metric_with_a_misprint_is_recognized(computed, capsys):
    assert run(app, ["stats", str(computed), "--metric", "acuracy"]) == 1
    assert "hint: did you mean 'accuracy'?" in capsys.readouterr().err


def test_every_word_of_directions_is_known_twice():
    assert tuple(KINDS) == DIRECTIONS


@pytest.mark.parametrize("option", ["--radius", "--normalize"])
def test_surfaces_that_differ_are_told_by_their_option(option, computed, tmp_path, capsys):
    other = {"--radius": "0.25", "--normalize": "layer"}[option]
    out = str(tmp_path / "other.h5")
    words = ["compute", EXAMPLE, "--planes", "3", *QUICK]
    assert run(app, [*words, option, other, "--out", out]) == 0
    assert run(app, ["compare", str(computed), out]) == 1
    assert f"hint: compute both with {option} " in capsys.readouterr().err
