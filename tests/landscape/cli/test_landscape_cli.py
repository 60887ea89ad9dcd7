"""The landscape command: results on stdout, errors in words, exit codes."""

import json
import logging
import re
import subprocess
import sys

import numpy as np
import pytest

import landscape
import landscape.running
from landscape.cli.commands import app
from landscape.cli.run import run
from tests.landscape.cli.example import EXAMPLE, QUICK

BROKEN = """
import torch
from landscape import Problem

def loss(model, x):
    value = model(x)[:, 0].square()
    if model.weight[0, 0] < 0.8:
        raise ArithmeticError("too small")
    return value

def build():
    model = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.ones_(model.weight)
    return Problem(model, loss, [torch.ones(4, 1)])
"""


def test_compute_says_what_it_did_and_goes_on_where_it_was(computed, capsys):
    words = ["compute", EXAMPLE, "--planes", "3", "--out", str(computed), *QUICK]
    assert run(app, words) == 0
    assert capsys.readouterr().out == f"{computed}: 75 points measured, 0 failed\n"


def test_another_grid_in_the_same_file_is_refused(computed, capsys):
    words = ["compute", EXAMPLE, "--planes", "2", "--out", str(computed), *QUICK]
    assert run(app, words) == 1
    error = capsys.readouterr().err
    assert f"error: {computed} was computed with planes = 3, not 2\n" in error
    assert "hint: choose another file, or replace this one with --overwrite" in error
    assert "Traceback" not in error


def test_stats_as_text_and_json(computed, capsys):
    assert run(app, ["stats", str(computed), "--metric", "accuracy"]) == 0
    assert "accuracy at the center" in capsys.readouterr().out
    assert run(app, ["stats", str(computed), "--json"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)
    assert entry["file"] == str(computed)
    assert {"radius_mean", "curvature_mean_relative"} <= {s["key"] for s in entry["statistics"]}
    assert run(app, ["stats", str(computed)]) == 0
    brief = capsys.readouterr().out
    assert "On 3 planes the loss of " in brief
    assert "asymmetry" not in brief
    assert run(app, ["stats", str(computed), "--all", "--rise", "0.25"]) == 0
    text = capsys.readouterr().out
    assert "asymmetry" in text
    assert "radius to f0 + 0.25, mean" in text


def test_info_as_text_and_json(computed, capsys):
    assert run(app, ["info", str(computed)]) == 0
    text = capsys.readouterr().out
    assert "3 planes of 5 x 5 points" in text
    assert "points    75 measured\n" in text
    assert "features.0.weight" not in text
    assert run(app, ["info", str(computed), "--all"]) == 0
    assert "features.0.weight" in capsys.readouterr().out
    assert run(app, ["info", str(computed), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["points"] == {"missing": 0, "measured": 75, "failed": 0}
    assert document["provenance"]["problem"] == f"{EXAMPLE}:build epochs=1"


def test_failed_points_have_an_exit_code_of_their_own(tmp_path, capsys):
    (tmp_path / "broken.py").write_text(BROKEN)
    words = ["compute", str(tmp_path / "broken.py"), "--out", str(tmp_path / "run.h5")]
    assert run(app, [*words, "--planes", "1", "--steps", "5", "--workers", "1"]) == 3
    assert " failed\n" in capsys.readouterr().out


def test_failed_points_are_not_those_that_a_limit_left_out(tmp_path, capsys):
    (tmp_path / "broken.py").write_text(BROKEN)
    words = ["compute", str(tmp_path / "broken.py"), "--planes", "1", "--steps", "5"]
    for limit, stopped in (("9", True), ("25", False)):
        out = ["--out", str(tmp_path / f"{limit}.h5"), "--max-evaluations", limit]
        assert run(app, [*words, *out, "--workers", "1"]) == 3
        assert ("stopped at --max-evaluations" in capsys.readouterr().out) == stopped


PEAKED = """
import torch
from landscape import Problem

def build():
    def loss(model, x):
        distance = (model.weight[0, 0] - 1).abs()
        if distance > {far}:
            raise ArithmeticError("too far")
        return (1 + 99 * (distance > 0.05)) * x[:, 0]
    model = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.ones_(model.weight)
    return Problem(model, loss, [torch.ones(4, 1)])
"""


@pytest.mark.parametrize(
    ("far", "warning"), [(0.25, ""), (2, "only 4.8% of the points lie below 10 times the center")]
)
def test_what_failed_says_nothing_of_how_far_to_go(far, warning, tmp_path, capsys):
    (tmp_path / "peaked.py").write_text(PEAKED.format(far=far))  # 1 of 21 points is low
    words = ["compute", str(tmp_path / "peaked.py"), "--out", str(tmp_path / "run.h5"), "--line"]
    run(app, [*words, "--planes", "1", "--steps", "21", "--workers", "1"])
    said = capsys.readouterr().err
    assert warning in said
    assert bool(warning) == ("of the points lie below" in said)


@pytest.mark.slow
def test_a_point_that_kills_its_worker_has_the_exit_code_of_failed_points(tmp_path, capsys):
    text = BROKEN.replace('raise ArithmeticError("too small")', "import os; os._exit(9)")
    (tmp_path / "poison.py").write_text(text.replace("< 0.8", "< 0.3"))
    words = ["compute", str(tmp_path / "poison.py"), "--out", str(tmp_path / "run.h5"), "--line"]
    words += ["--planes", "1", "--steps", "3", "--seed", "1", "--workers", "2"]
    assert run(app, words) == 3
    captured = capsys.readouterr()
    assert "2 points measured, 1 failed\n" in captured.out
    assert re.search(r"2 workers, evaluating \d+% of the time\n", captured.err)


def test_without_dask_the_extra_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.delitem(sys.modules, "landscape.running.dask", raising=False)
    monkeypatch.delattr(landscape.running, "dask", raising=False)
    words = ["compute", EXAMPLE, "--out", str(tmp_path / "x.h5"), "--dask", "tcp://127.0.0.1:9"]
    assert run(app, words) == 1
    error = capsys.readouterr().err
    assert "error: a cluster needs Dask, which is not installed" in error
    assert "hint: pip install 'lamp-landscape[dask]'" in error


@pytest.mark.slow
@pytest.mark.cluster
def test_a_cluster_by_its_address(tmp_path, capsys):
    from distributed import LocalCluster

    (tmp_path / "broken.py").write_text(BROKEN)
    words = ["compute", str(tmp_path / "broken.py"), "--planes", "1", "--steps", "5"]
    assert run(app, [*words, "--out", str(tmp_path / "here.h5"), "--workers", "1"]) == 3
    with LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address=":0", silence_logs=logging.ERROR
    ) as cluster:
        words += ["--dask", cluster.scheduler_address]
        assert run(app, [*words, "--out", str(tmp_path / "there.h5")]) == 3
    assert "1 worker, evaluating" in capsys.readouterr().err
    here, there = (landscape.load(tmp_path / name) for name in ("here.h5", "there.h5"))
    np.testing.assert_array_equal(here.loss, there.loss)
    np.testing.assert_array_equal(here.status, there.status)


def test_interruption_has_an_exit_code_of_its_own(tmp_path, capsys):
    text = BROKEN.replace('ArithmeticError("too small")', "KeyboardInterrupt")
    (tmp_path / "stopped.py").write_text(text)
    words = ["compute", str(tmp_path / "stopped.py"), "--out", str(tmp_path / "run.h5")]
    assert run(app, [*words, "--planes", "1", "--steps", "5", "--workers", "1"]) == 130
    assert "hint: what was stored is kept: give the same command again" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (
            ["compute", EXAMPLE, "--out", "x.h5", "--steps", "2"],
            2,
            "steps: input should be greater",
        ),
        (["compute", EXAMPLE, "--out", "x.h5", "--stps", "9"], 2, "Did you mean --steps?"),
        (["compute", EXAMPLE, "--out", "x.h5", "--set", "epochs"], 1, "expected --set name=value"),
        (
            ["compute", EXAMPLE, "--out", "x.h5", "--set", "epoch=1"],
            1,
            "unexpected keyword argument",
        ),
        (["compute", "nowhere.py", "--out", "x.h5"], 1, "no such file: nowhere.py"),
        (["stats", "nowhere.h5"], 1, "no such file: nowhere.h5"),
        (["plot", "nowhere.h5", "--out", "a.png"], 1, "no such file: nowhere.h5"),
        (["compute", EXAMPLE, "--out", "x.h5", "--dask", "host"], 1, "address of a Dask scheduler"),
        (
            ["compute", EXAMPLE, "--out", "x.h5", "--dask", "tcp://a:1", "--workers", "2"],
            1,
            "expected --workers or --dask, got both",
        ),
        (["compute", EXAMPLE, "--out", "x.h5", "--steps", "51x51"], 2, "steps: input should be"),
        (["compute", EXAMPLE, "--out", "x.h5", "--steps", str(10**9)], 2, "at most 100,000,000"),
        (["compute", EXAMPLE, "--out", "x.h5", "--planes", str(10**7)], 2, "planes: input should"),
        (["compute", EXAMPLE, "--out", "x.h5", "--seed", str(10**30)], 2, "seed: input should be"),
        (["compute", EXAMPLE, "--out", "x.h5", "--workers", str(10**9)], 2, "Must be <= 4096"),
        (["compute", EXAMPLE, "build", "--out", "x.h5"], 2, "did not expect 'build'"),
        (["compute", EXAMPLE, "--out", "."], 1, "to be a surface file, got the folder ."),
        (["compute", EXAMPLE, "--out", f"{EXAMPLE}/x.h5"], 1, "is a file, not a folder"),
        (["compute", EXAMPLE, "--out", "x.png"], 1, "ending in .h5, .hdf5 or .nc, got 'x.png'"),
        (["stats", "a\nb\x1b[31m.h5"], 1, "no such file: a\\nb\\x1b[31m.h5"),
        (["compute"], 2, "expected PROBLEM, got none"),
        (["copmute"], 2, "Unknown command"),
        (["--config", "no.toml", "stats", "x.h5"], 1, "no such file: no.toml"),
    ],
)
def test_bad_usage_is_one_line_and_a_hint(words, code, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(app, words) == code
    first, *rest = capsys.readouterr().err.splitlines()
    assert first.startswith("error: ")
    assert message in first
    assert all(line.startswith("hint: ") for line in rest)
    assert not list(tmp_path.iterdir())


def test_options_come_from_a_toml_file_and_flags_win(tmp_path, capsys):
    toml = tmp_path / "grid.toml"
    toml.write_text("planes = 1\nsteps = 7\nmax_samples = 16\n")
    path = tmp_path / "run.h5"
    words = ["compute", EXAMPLE, "--set", "epochs=1", "--workers", "1", "--out", str(path)]
    assert run(app, [*words, "--steps", "3", "--config", str(toml)]) == 0
    assert "9 points measured" in capsys.readouterr().out
    toml.write_text("plane = 1\n")
    assert run(app, [*words, "--config", str(toml)]) == 2
    assert "Did you mean --planes?" in capsys.readouterr().err
    toml.write_text("planes = [1\n")
    assert run(app, [*words, "--config", str(toml)]) == 1
    assert "grid.toml is not a TOML file" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--version"], ["compute", "--help"]])
@pytest.mark.parametrize("columns", ["0", "1", "1000000000"])
def test_help_in_any_width(words, columns, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", columns)
    assert run(app, words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines
    assert max(map(len, lines)) <= 200


def test_help_shows_what_one_types(capsys):
    assert run(app, ["compute", "--help"]) == 0
    text = capsys.readouterr().out
    assert "[default: loss]" in text
    assert "--empty" not in text
    assert "('" not in text


def test_reading_does_without_torch(computed, tmp_path):
    code = f"""
import sys
from landscape.cli.commands import app
from landscape.cli.run import run
for words in (["info"], ["stats", "--rise", "0.1"], ["plot", "--out", {str(tmp_path / "a.png")!r}]):
    assert run(app, [words[0], {str(computed)!r}, *words[1:]]) == 0
assert "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)


def test_a_program_that_ends_itself_has_done_nothing(tmp_path, capsys):
    text = BROKEN.replace("def build():", "def build():\n    exit()")
    (tmp_path / "script.py").write_text(text)
    words = ["compute", str(tmp_path / "script.py"), "--out", str(tmp_path / "run.h5")]
    assert run(app, words) == 1
    assert capsys.readouterr().err.startswith("error: ")
    assert not (tmp_path / "run.h5").exists()


def test_help_does_not_import_torch():
    code = (
        "import sys\nfrom landscape.cli.commands import app\nfrom landscape.cli.run import run\n"
        "run(app, ['--help'])\nassert 'torch' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for command in ("compute", "plot", "stats", "compare", "info"):
        assert command in done.stdout
