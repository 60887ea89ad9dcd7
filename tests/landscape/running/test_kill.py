"""SIGKILL at random moments: files open, nothing acknowledged is lost, resuming changes no bit."""

import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from landscape import load, load_problem
from landscape.sampling import compute

EXAMPLE = Path(__file__).parents[3] / "examples" / "digits_classifier.py"
GRID = {"planes": 2, "steps": 31, "max_samples": 512}
SCRIPT = """
import sys
from landscape import load_problem
from landscape.sampling import compute
problem, path, workers = sys.argv[1:]
def report(done, total, info):
    print(done, total, flush=True)
task = load_problem(problem)
print("ready", flush=True)
compute(task, path=path, workers=int(workers), progress=report, **%r)
print("complete", flush=True)
"""


def run_and_kill(path: Path, workers: int, delay: float) -> tuple[int, bool]:
    """Compute, kill after a delay; return points acknowledged by this run, and if it was done."""
    command = [sys.executable, "-c", SCRIPT % (GRID,), f"{EXAMPLE}:build", str(path), str(workers)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(delay)
    process.kill()
    lines = process.stdout.read().split("\n")
    process.wait()
    process.stdout.close()
    done = [int(line.split()[0]) for line in lines if line.count(" ") == 1]
    return max(done, default=0), "complete" in lines


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "kills"), [(1, 35), (2, 15)])
def test_fifty_kills(tmp_path, workers, kills):
    generator = random.Random(workers)
    whole = compute(load_problem(f"{EXAMPLE}:build"), path=tmp_path / "whole.h5", workers=1, **GRID)
    path = tmp_path / "killed.h5"
    before, completed = 0, 0
    for _ in range(kills):
        acknowledged, done = run_and_kill(path, workers, generator.uniform(0.1, 3.0))
        if not path.exists():  # killed before the file was born
            continue
        surface = load(path)
        measured = int(surface.measured.sum())
        assert measured >= before + acknowledged
        here = surface.measured
        for name, values in whole.values.items():
            np.testing.assert_array_equal(surface.values[name][here], values[here])
        before = measured
        if done:
            completed += 1
            path.unlink()
            before = 0
    compute(load_problem(f"{EXAMPLE}:build"), path=path, workers=workers, **GRID)
    surface = load(path)
    assert surface.measured.all()
    for name, values in whole.values.items():
        np.testing.assert_array_equal(surface.values[name], values)
