"""The examples, run as a user runs them, with small arguments; what each one shows is there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import landscape as ls

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted(path.name for path in (ROOT / "examples").glob("*.py"))


def run(name, folder, **arguments):
    """Run an example and return what it prints."""
    options = [text for key, value in arguments.items() for text in (f"--{key}", str(value))]
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / name, *options, "--device", "cpu", "--out", "out"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert list((folder / "out").rglob("*.png"))
    return done.stdout


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_short(name):
    assert len((ROOT / "examples" / name).read_text("utf-8").splitlines()) < 100


@pytest.mark.slow
def test_without_skip_connections_a_deep_network_is_sharper(tmp_path):
    small = {"seeds": 1, "steps": 9}
    text = run("skip_connections.py", tmp_path, **small)
    plain, skip = (ls.load(tmp_path / "out" / f"38-{kind}-0-30.h5") for kind in ("plain", "skip"))
    assert skip.center["accuracy"] > plain.center["accuracy"]
    found = ls.compare(plain, skip)
    assert found["radius_mean_rise"].interval.high < 1
    assert "38 layers, seed 0, plain / skip: accuracy" in text
    assert run("skip_connections.py", tmp_path, **small) == text  # it goes on, here at the end


@pytest.mark.slow
def test_small_and_large_batches_are_compared_at_as_many_epochs_and_updates(tmp_path):
    text = run("batch_sizes.py", tmp_path, epochs=2, seeds=1, planes=3, steps=9)
    losses = [float(found) for found in re.findall(r": loss ([^,]+), test loss", text)]
    assert losses[1] > losses[0]  # 6 updates are too few
    assert losses[1] > losses[2]
    assert text.count("mean curvature per filter norm ") == 4  # a sentence and a row each


@pytest.mark.slow
def test_the_wall_between_minima_falls_by_recalibration_and_by_alignment(tmp_path):
    text = run("two_minima.py", tmp_path, width=64, epochs=8, steps=5)
    heights = re.findall(r"(?m)^loss \((frozen|recalibrated)\): .*?rises by ([0-9.e-]+)", text)
    (_, frozen), (_, fresh), (_, aligned), (_, both) = heights[:4]
    assert float(frozen) > 1.5 * float(fresh) > 3 * float(both)
    assert float(frozen) > 3 * float(aligned)


@pytest.mark.slow
def test_a_random_walk_explains_as_much_as_is_said_of_one(tmp_path):
    text = run("sgd_path.py", tmp_path, epochs=5, steps=5)
    told = re.search(r"a random walk of \d+ steps explains ([0-9.]+) %", text)
    noise = re.search(r"noise: two components explain ([0-9.]+) %", text)
    path = re.search(r"SGD: two components explain ([0-9.]+) %", text)
    assert abs(float(noise[1]) - float(told[1])) < 6
    assert float(path[1]) > 60
    assert "off the plane by up to" in text


@pytest.mark.slow
def test_adapters_alone_move_the_model_less_than_everything(tmp_path):
    run("transformer_lora.py", tmp_path, updates=200, planes=3, steps=9)
    every, adapters = (ls.load(tmp_path / "out" / f"{n}.h5") for n in ("everything", "adapters"))
    assert every.center == adapters.center
    radii = [ls.summarize(one, rise=0.5)["radius_mean_rise"] for one in (every, adapters)]
    assert radii[0].high < min(radii[1].per_plane)  # or more, where rays leave the grid
