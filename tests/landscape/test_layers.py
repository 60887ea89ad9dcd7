"""Each layer alone: a quadratic whose curvature is known in every layer."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from landscape.cli.commands import app
from landscape.cli.run import run
from landscape.errors import LandscapeError, ProblemError
from landscape.figures import draw_layers, save_figure
from landscape.layers import each_layer
from landscape.measures import layer_rows, layer_table
from landscape.measures.layers import Layer
from landscape.problem import Problem
from landscape.surface import load

CURVATURES = {"body.0": 3.0, "body.1": 40.0, "head": 0.5}
QUICK = {"planes": 3, "steps": 21, "workers": 1}


class Bowls(nn.Module):
    """f = constant + sum over layers of c / 2 |w|^2."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.body = nn.Sequential(nn.Linear(4, 3), nn.Conv2d(2, 3, 2))
        self.head = nn.Linear(5, 2)
        self.tied = nn.Linear(5, 2, bias=False)
        self.tied.weight = self.head.weight
        self.unused, self.zero = nn.Linear(2, 2), nn.Linear(2, 2)
        nn.init.zeros_(self.zero.weight)
        nn.init.zeros_(self.zero.bias)

    def forward(self, x):
        squares = (c * self.get_submodule(n).weight.square().sum() for n, c in CURVATURES.items())
        return 1 + sum(squares) / 2 + 0 * self.zero(x).sum(1)


def bowls() -> Problem:
    x = torch.zeros(2, 2, dtype=torch.float64)
    return Problem(Bowls().double(), lambda model, x: model(x), [x])


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    folder = tmp_path_factory.mktemp("layers")
    problem = bowls()
    before = {name: value.clone() for name, value in problem.model.named_parameters()}
    layers = each_layer(problem, folder, **QUICK)
    assert all(torch.equal(v, before[n]) for n, v in problem.model.named_parameters())
    return problem, folder, layers


def test_each_layer_has_its_own_curvature(measured):
    problem, _, layers = measured
    assert [layer.name for layer in layers] == list(CURVATURES)
    assert [layer.kind for layer in layers] == ["Linear", "Conv2d", "Linear"]
    for layer in layers:
        weight = problem.model.get_submodule(layer.name).weight.detach()
        curvature, length = CURVATURES[layer.name], float(weight.norm())
        assert layer.parameters == weight.numel()
        assert layer.summary["curvature_mean"].value == pytest.approx(curvature, rel=1e-6)
        rise, scaled, _ = layer.statistics
        assert scaled.value == pytest.approx(curvature * length**2, rel=1e-6)
        # The mean of alpha^2 over |alpha| < 1/2 is 1/12; what is odd in alpha cancels.
        assert rise.value == pytest.approx(curvature / 2 * length**2 / 12, rel=1e-6)
        assert layer.failed == 0


def test_what_cannot_be_measured_is_left_out_with_a_warning(measured, caplog):
    problem, folder, _ = measured
    layers = each_layer(problem, folder, **QUICK)  # a second time: only read
    assert [layer.name for layer in layers] == list(CURVATURES)
    assert "zero is left out: all of it is zero" in caplog.text
    assert "unused is left out: the loss is the same at the center" in caplog.text


def test_a_layers_file_is_that_of_its_parameters_and_is_only_read_again(measured):
    problem, folder, layers = measured
    assert sorted(file.stem for file in folder.glob("*.h5")) == sorted(CURVATURES)
    times = {file: file.stat().st_mtime_ns for file in folder.glob("*.h5")}
    assert load(folder / "body.1.h5").config["only"] == ["body.1.weight", "body.1.bias"]
    again = each_layer(problem, folder, only=["body"], **QUICK)
    for one, other in zip(again, layers, strict=False):
        assert one.name == other.name
        assert str(one.statistics[0]) == str(other.statistics[0])
    assert {file: file.stat().st_mtime_ns for file in folder.glob("*.h5")} == times


def test_the_table_has_the_sharpest_layer_first_and_rows_are_in_order(measured):
    _, _, layers = measured
    lines = layer_table(layers).splitlines()
    order = [line.split()[0] for line in lines[1:4]]
    rises = {layer.name: layer.statistics[0].value for layer in layers}
    assert order == sorted(rises, key=rises.get, reverse=True)
    assert "mean excess" in lines[0]
    assert "within 0.5" in lines[-1]
    rows = layer_rows(layers)
    assert [row["layer"] for row in rows[::3]] == list(CURVATURES)
    assert {row["statistic"] for row in rows} == {
        "mean_excess",
        "curvature_mean_scaled",
        "radius_mean",
    }
    assert rows[0]["low"] <= rows[0]["value"] <= rows[0]["high"]


def test_the_figure_has_a_bar_with_an_interval_for_each_layer(measured, tmp_path):
    _, _, layers = measured
    drawing = draw_layers(layers, log=False)
    bars = [drawing.artists[f"bar {row}"] for row in range(3)]
    assert [bar.get_width() for bar in bars] == [layer.statistics[0].value for layer in layers]
    names = [text.get_text() for text in drawing.axes.get_yticklabels()]
    assert names == ["body.0 Linear", "body.1 Conv2d", "head"]
    segments = drawing.artists["intervals"].get_segments()
    for segment, layer in zip(segments, layers, strict=True):
        one = layer.statistics[0]
        np.testing.assert_allclose(segment[:, 0], [one.low, one.high])
    assert "within 0.5" in drawing.axes.get_xlabel()
    assert drawing.artists["notes"].get_text() == "95% intervals over planes"
    assert save_figure(drawing, tmp_path / "layers.pdf").stat().st_size > 1000
    radius = draw_layers(layers, statistic="radius_mean")
    bounds = sum(layer.summary["radius_mean"].is_bound for layer in layers)
    assert sum(text.get_text() == "≥" for text in radius.axes.texts) == bounds
    assert ("≥: not reached" in radius.artists["notes"].get_text()) == bool(bounds)


def like(layer: Layer, name: str, rise: float) -> Layer:
    one = replace(layer.statistics[0], value=rise, low=rise / 2, high=2 * rise)
    return replace(layer, name=name, summary=replace(layer.summary, statistics=(one,)))


def test_values_of_several_decades_are_diamonds_on_a_logarithmic_axis(measured):
    _, _, layers = measured
    near = [like(layer, layer.name, rise) for layer, rise in zip(layers, (1, 4, 2), strict=True)]
    assert draw_layers(near).axes.get_xscale() == "linear"
    rises = {"0": 0.001, "1.bn": 0.1, "_$x$": 1.0}
    far = [like(layer, *pair) for layer, pair in zip(layers, rises.items(), strict=True)]
    drawing = draw_layers(far)
    assert drawing.axes.get_xscale() == "log"
    assert drawing.axes.get_xlabel().endswith("(loss, log scale)")
    assert drawing.artists["means"].get_offsets()[:, 0].tolist() == list(rises.values())
    assert not any(name.startswith("bar") for name in drawing.artists)
    names = [text.get_text() for text in drawing.axes.get_yticklabels()]
    assert names == ["0 Linear", "1.bn", "_$x$"]
    names = [f"model.backbone.layer1.block{k}.convolution.weight" for k in range(3)]
    long = draw_layers([like(layer, n, 1.0) for layer, n in zip(layers, names, strict=True)])
    assert len({text.get_text() for text in long.axes.get_yticklabels()}) == 3
    assert draw_layers([*far[:2], like(layers[2], "c", -1.0)]).axes.get_xscale() == "linear"
    with pytest.raises(LandscapeError, match="positive values for a logarithmic axis, got -1"):
        draw_layers([like(layers[0], "a", -1.0)], log=True)


def test_progress_is_that_of_all_layers_and_tells_which(tmp_path):
    told = []
    each_layer(
        bowls(),
        tmp_path,
        only=["body", "head"],
        progress=lambda done, total, info: told.append((done, total, info["layer"])),
        **QUICK,
    )
    count = len({layer for _, _, layer in told})
    assert told[-1][:2] == (told[0][1],) * 2
    assert [done for done, _, _ in told] == sorted(done for done, _, _ in told)
    assert told[0][2] == f"body.0 (1 of {count})"
    assert told[-1][2].endswith(f"({count} of {count})")


def test_planes_instead_of_lines(tmp_path):
    layers = each_layer(bowls(), tmp_path, line=False, only=["head"], planes=2, steps=11, workers=1)
    assert load(tmp_path / "head.h5").loss.shape == (2, 11, 11)
    assert layers[0].summary["curvature_mean"].value == pytest.approx(0.5, rel=1e-6)


def test_what_is_refused(tmp_path):
    with pytest.raises(LandscapeError, match="one radius for all layers, got 'auto'"):
        each_layer(bowls(), tmp_path, radius="auto")
    for other in ({"along": "gradient"}, {"planes": []}):
        with pytest.raises(LandscapeError, match="a number of random planes for every layer"):
            each_layer(bowls(), tmp_path, **other)
    with pytest.raises(ProblemError, match="the same at the center"):
        each_layer(bowls(), tmp_path, only=["unused"], **QUICK)
    with pytest.raises(LandscapeError, match="no layer has weights other than zero"):
        each_layer(bowls(), tmp_path, only=["zero"], **QUICK)


PROBLEM = """
import torch
from landscape import Problem

def build():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))
    return Problem(model, lambda model, x: model(x).square().mean(1), [torch.randn(9, 3)])
"""


def test_the_command_writes_files_a_table_and_a_figure(tmp_path, capsys):
    (tmp_path / "p.py").write_text(PROBLEM)
    words = ["compute", str(tmp_path / "p.py"), "--each-layer", "--out", str(tmp_path / "out")]
    words += ["--planes", "2", "--steps", "5", "--workers", "1"]
    assert run(app, words) == 0
    table = capsys.readouterr().out
    assert table.startswith("layer  type")
    names = {file.name for file in (tmp_path / "out").iterdir() if file.suffix != ".lock"}
    assert names == {"0.h5", "2.h5", "layers.csv", "layers.pdf"}
    assert load(tmp_path / "out" / "0.h5").is_line
    assert run(app, [*words, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["layer"] for row in rows] == ["0"] * 3 + ["2"] * 3
    assert all(row["value"] is None or math.isfinite(row["value"]) for row in rows)
    assert run(app, ["compute", str(tmp_path / "p.py"), "--out", "x.h5", "--json"]) == 1
    assert "expected --json with --each-layer" in capsys.readouterr().err
    assert run(app, [*words[:3], "--out", str(tmp_path / "p.py")]) == 1
    assert "is a file, not a folder" in capsys.readouterr().err
