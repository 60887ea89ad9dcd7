"""`landscape barrier`: two checkpoints, or one and the problem's own model."""

import csv
import json

import pytest
import torch
from PIL import Image

from landscape.cli.commands import app
from landscape.cli.run import run

PROBLEM = """
import torch
from landscape import Problem

def build(value: float = -1.0):
    model = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.constant_(model.weight, value)
    x = torch.linspace(0.5, 1.5, 8)[:, None]
    return Problem(model, lambda m, x: x[:, 0] * (m(x)[:, 0] ** 2 / x[:, 0] ** 2 - 1) ** 2, [x])
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "problem.py").write_text(PROBLEM)
    for folder, value in (("one", -1.0), ("two", 1.0)):
        (tmp_path / folder).mkdir()
        torch.save({"weight": torch.tensor([[value]])}, tmp_path / folder / "model.pt")
    torch.save({"w": torch.ones(2)}, tmp_path / "odd.pt")
    return tmp_path


def test_table_csv_and_figure(here, capsys):
    words = ["barrier", "problem.py", "one/model.pt", "two/model.pt", "--steps", "5"]
    files = ["--out", "run.h5", "--csv", "points.csv", "--figure", "barrier.pdf"]
    assert run(app, [*words, *files]) == 0
    out, err = capsys.readouterr()
    assert "written: run.h5, points.csv, barrier.pdf" in err
    assert "at one/model.pt" in out
    assert "loss: not linearly mode connected: it rises by 1 above the chord at t = 0.5 (95%" in out
    rows = list(csv.DictReader((here / "points.csv").read_text().splitlines()))
    assert [float(row["t"]) for row in rows] == [0, 0.25, 0.5, 0.75, 1]
    assert float(rows[2]["height"]) == pytest.approx(1)
    assert (here / "barrier.pdf").stat().st_size > 1000
    assert run(app, [*words, "--out", "run.h5", "--json"]) == 0  # read again
    assert json.loads(capsys.readouterr().out)["barriers"][0]["barrier"] == pytest.approx(1)


def test_a_curve_stands_beside_the_line(here, capsys):
    words = ["barrier", "problem.py", "two/model.pt", "--steps", "5", "--out", "run.h5"]
    assert run(app, [*words, "--curve", "bezier:steps=4,seed=1", "--figure", "b.png"]) == 0
    out, _ = capsys.readouterr()
    assert "loss    Bezier" in out
    assert "one bend, trained on the problem's batches for 4 steps (seed 1); it is 1 times" in out
    again = [*words, "--curve", "bezier:steps=4,seed=1", "--json"]
    assert run(app, again) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["curve"] for one in found["barriers"]] == ["line", "bezier"]
    assert {row["curve"] for row in found["points"]} == {"line", "bezier"}
    assert run(app, words) == 1
    assert (
        "run.h5 holds another result: curve was bezier:steps=4,seed=1, is now line"
        in capsys.readouterr().err
    )


def test_a_metric_that_is_none_is_refused_at_the_first_point(here, capsys):
    words = ["barrier", "problem.py", "two/model.pt", "--out", "run.h5", "--figure", "b.pdf"]
    assert run(app, [*words, "--metric", "f1"]) == 1
    out, err = capsys.readouterr()
    assert "error: no barrier of 'f1'" in err
    assert "hint: there are: loss" in err
    assert (out, sorted(path.name for path in here.glob("*.*"))) == ("", ["odd.pt", "problem.py"])


def test_splits_have_barriers_and_panels_of_their_own(here, capsys):
    split = "splits={'test': [2 * x]})"
    (here / "split.py").write_text(PROBLEM.replace("[x])", f"[x], {split}"))
    words = ["barrier", "split.py", "two/model.pt", "--steps", "5", "--figure", "barrier.png"]
    assert run(app, [*words, "--metric", "loss,test_loss"]) == 0
    out, err = capsys.readouterr()
    assert "written: barrier.png" in err
    assert "\nloss, test_loss: not linearly mode connected: each is worse than the chord by" in out
    with Image.open(here / "barrier.png") as image:
        assert image.width > 7 * 300  # a page of two panels
        assert "test_loss" in str(image.text)
    assert run(app, [*words, "--metric", "loss,f1"]) == 1
    err = capsys.readouterr().err
    assert "error: no barrier of 'f1'" in err
    assert "hint: there are: loss, test_loss" in err


def test_one_checkpoint_is_the_other_end(here, capsys):
    assert run(app, ["barrier", "problem.py:build", "two/model.pt", "--steps", "3", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["ends"] == ["the model", "model.pt"]
    assert found["barriers"][0]["connected"] is False


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["one/model.pt"], "error: the model and model.pt hold the same parameters: nothing lies"),
        (["odd.pt"], "error: odd.pt is of another architecture: 'weight' is missing"),
        (["none.pt"], "error: no such file or folder: none.pt"),
        (["one/model.pt"] * 3, "error: expected one or two checkpoints, got 3"),
        (["two/model.pt", "--batchnorm", "cold"], "error: expected --batchnorm to be of frozen"),
        (["two/model.pt", "--align"], "error: "),
        (["two/model.pt", "--curve", "spline"], "error: expected a curve, got 'spline'"),
        (["two/model.pt", "--overwrite"], "error: expected --overwrite with --out"),
        (["two/model.pt", "--figure", "b.html"], "error: expected a file name ending in .pdf"),
    ],
)
def test_wrong_input_is_one_line(here, capsys, words, message):
    assert run(app, ["barrier", "problem.py", *words, "--steps", "3"]) in {1, 2}
    assert message in capsys.readouterr().err
