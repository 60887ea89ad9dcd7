"""`landscape compare`: sentences, a table, CSV, JSON and a figure of two files or more."""

import csv
import json

import numpy as np
import pytest

from landscape.cli.commands import app
from landscape.cli.run import run
from landscape.surface.exchange import import_surface
from tests.landscape.measures.surfaces import make


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Three files of arrays: a bowl, one that is four times as steep, and the bowl again."""
    monkeypatch.chdir(tmp_path)
    axis = np.linspace(-1, 1, 21)
    squares = axis**2 + axis[:, None] ** 2
    for name, factor in (("flat", 1.0), ("steep", 4.0), ("again", 1.0)):
        np.save(f"{name}.npy", 1 + factor * squares)
        import_surface(f"{name}.npy", f"{name}.h5", window=[-1, 1, -1, 1])
    return tmp_path


def test_as_text_and_json(computed, capsys):
    assert run(app, ["compare", str(computed), str(computed)]) == 0
    text = capsys.readouterr().out
    assert f"a: {computed}, b: {computed}; loss" in text
    assert "mean curvature per filter norm does not differ: it is the same on all 3 planes." in text
    assert "headline comparisons" in text
    assert "asymmetry" not in text
    assert run(app, ["compare", str(computed), str(computed), "--all"]) == 0
    assert "asymmetry" in capsys.readouterr().out
    words = ["--json", "--rise", "0.3", "--label", "x", "--label", "y"]
    assert run(app, ["compare", str(computed), str(computed), *words]) == 0
    document = json.loads(capsys.readouterr().out)
    found = {one["key"]: one for one in document["differences"]}
    assert document["files"] == {"x": str(computed), "y": str(computed)}
    assert found["curvature_mean"]["ratio"] == 1
    assert found["curvature_mean"]["of"] == ["x", "y"]
    assert found["radius_mean_rise"]["name"] == "radius to f0 + 0.3, mean"


def test_lines_have_a_figure_too(lines, tmp_path, capsys):
    assert run(app, ["compare", str(lines), str(lines), "--figure", str(tmp_path / "x.png")]) == 0
    assert "written: " in capsys.readouterr().err


def test_table_and_figure_of_three_files(here, capsys):
    words = ["compare", "steep.h5", "flat.h5", "again.h5"]
    assert run(app, [*words, "--csv", "table.csv", "--figure", "pair.pdf"]) == 0
    out, err = capsys.readouterr()
    assert "steep: steep.h5, flat: flat.h5, again: again.h5; loss" in out
    assert "ε-sharpness has no test on 1 plane: that of steep is 4 times that of again." in out
    assert err == "written: table.csv, pair.pdf\n"
    rows = list(csv.DictReader((here / "table.csv").read_text().splitlines()))
    (row,) = (r for r in rows if (r["key"], r["second"]) == ("epsilon_sharpness", "flat"))
    assert float(row["ratio"]) == pytest.approx(4)
    assert (here / "pair.pdf").stat().st_size > 10_000


@pytest.mark.parametrize(("noise", "said"), [(1.0, True), (0.0, False)])
def test_a_map_without_a_point_that_differs_is_explained(tmp_path, capsys, noise, said):
    """Noise of each point averages out over a plane, but hides what differs at the point itself."""
    draw = np.random.default_rng(0).normal
    steep, flat = (
        make(
            lambda a, b, _, c=c: 9 + c * np.hypot(a, b) ** 2 * (1 + noise * draw(size=a.shape)),
            steps=21,
            planes=4,
            center=9.0,
        )
        for c in (8.0, 2.0)
    )
    for name, surface in (("steep", steep), ("flat", flat)):
        surface.save(tmp_path / f"{name}.h5")
    files = [str(tmp_path / "steep.h5"), str(tmp_path / "flat.h5")]
    assert run(app, ["compare", *files, "--figure", str(tmp_path / "x.png")]) == 0
    out, err = capsys.readouterr()
    assert " differs: that of " in out
    assert ("a map tests each point, for which it needs more planes" in err) == said


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["flat.h5"], "error: expected two surface files or more, got 1"),
        (["flat.h5", "none.h5"], "error: no such file or folder: none.h5"),
        (["flat.h5", "steep.h5", "--plane", "0"], "error: expected --plane with --figure"),
        (
            ["flat.h5", "steep.h5", "--figure", "x.html"],
            "error: expected a file name ending in",
        ),
        (
            ["flat.h5", "steep.h5", "--label", "x"],
            "error: expected 2 different --title, one",
        ),
        (["flat.h5", "steep.h5", "--metric", "f1"], "error: expected one of the metrics loss, got"),
    ],
)
def test_wrong_input_is_one_line(here, capsys, words, message):
    assert run(app, ["compare", *words]) in {1, 2}
    assert message in capsys.readouterr().err
