"""Tables to be pasted into a paper or a page."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from landscape.cli.commands import app
from landscape.cli.run import run
from landscape.measures import summarize
from landscape.surface import load
from landscape.surface.exchange import import_surface


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Bowls 1 + c r², whose loss is doubled at 1 / sqrt(c)."""
    monkeypatch.chdir(tmp_path)
    axis = np.linspace(-1, 1, 41)
    for name, factor in (("flat_1", 4.0), ("steep", 16.0)):
        np.save("a.npy", 1 + factor * (axis**2 + axis[:, None] ** 2))
        import_surface("a.npy", f"{name}.h5", window=[-1, 1, -1, 1])
    return tmp_path


def test_stats_in_latex_have_a_column_for_each_file(here, capsys):
    assert run(app, ["stats", "flat_1.h5", "steep.h5", "--style", "latex"]) == 0
    text = capsys.readouterr().out
    row = next(line for line in text.splitlines() if line.startswith("radius to 2 f0, mean"))
    *_, flat, steep = row.removesuffix(r" \\").split(" & ")

    assert r" & flat\_1 & steep \\" in text
    assert float(flat.split()[0]) == pytest.approx(0.5, abs=0.005)
    assert float(steep.split()[0]) == pytest.approx(0.25, abs=0.005)
    assert text.count(r"\begin{tabular}") == 1
    assert r"flat\_1: On 1 plane the loss of 1 doubles at" in text


def test_stats_in_markdown_number_the_notes_of_all_files(here, capsys):
    assert run(app, ["stats", "flat_1.h5", "steep.h5", "--style", "markdown", "--all"]) == 0
    text = capsys.readouterr().out

    assert text.count("\n| :-- |") == 1
    for number in range(1, text.count("\n[") + 1):
        assert text.count(f"[{number}]") >= 2  # in a cell and below


def test_csv_of_stats_has_every_digit(here, capsys):
    assert run(app, ["stats", "flat_1.h5", "steep.h5", "--csv", "stats.csv"]) == 0
    rows = list(csv.DictReader(Path("stats.csv").read_text(encoding="utf-8").splitlines()))
    summary = summarize(load("steep.h5"), rise=1)
    found = {row["key"]: row for row in rows if row["file"] == "steep.h5"}

    assert "written: stats.csv" in capsys.readouterr().err
    assert {row["file"] for row in rows} == {"flat_1.h5", "steep.h5"}
    assert float(found["radius_mean"]["value"]) == summary["radius_mean"].value
    assert found["radius_mean"]["low"] == ""  # of one plane there is no interval
    assert math.isnan(summary["radius_mean"].low)


def test_comparisons_and_barriers_are_written_in_the_same_styles(here, capsys):
    assert run(app, ["compare", "flat_1.h5", "steep.h5", "--style", "latex"]) == 0
    text = capsys.readouterr().out
    assert r"statistic & flat\_1 / steep &" in text
    assert not text.startswith("flat_1: ")


def test_what_cannot_be_is_refused_before_work(here, capsys):
    for words, said in (
        (["--style", "html"], 'Choose from: "text", "markdown", "latex"'),
        (["--csv", "stats.txt"], ".csv"),
    ):
        assert run(app, ["stats", "flat_1.h5", *words]) != 0
        error = capsys.readouterr().err
        assert said in error
        assert len(error.splitlines()) == 2
