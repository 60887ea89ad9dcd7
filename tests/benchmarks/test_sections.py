"""What the sections print, from contestants whose cost is known: a straight line."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import plan as plans
from benchmarks import rounds, scaling, side_by_side, tolerance
from benchmarks import trained as networks

PER_POINT = {"limit": 0.020, "ours": 0.021, "plain_loop": 0.042, "landscaper": 0.0252}
WHOLE = {"adaptive": 3.0, "two_workers": 40.0}


def run_one(name, file, steps):
    if name == "loss_landscapes":
        return {"absent": "No module named 'loss_landscapes'"}
    if name == "two_dask":
        raise rounds.ContestantError("two_dask: OSError: no scheduler")
    factor = int(file.stem.split("-")[1]) if file.stem.startswith("classifier-") else 1  # samples
    seconds = [
        WHOLE.get(name, 0.1 + factor * PER_POINT.get(name, 0) * number**2) for number in steps
    ]
    notes = {"share of points": 0.06, "layout": "contiguous", "gain": 1.5}
    values = np.ones((steps[-1], steps[-1])).tolist()
    return {"seconds": seconds, "cpu": seconds, "values": values, "notes": notes}


@pytest.fixture
def plan(monkeypatch, tmp_path):
    monkeypatch.setattr(rounds, "_run_one", run_one)
    small = networks.train("autoencoder", root=None, samples=8, width=2, steps=0)
    for name in networks.SAMPLES:
        networks.write(small, tmp_path / f"{name}.pt")
    return plans.Plan(tmp_path, None, 2, (5, 11), False, None, 60.0, 1)


def test_the_main_table_has_ratios_and_verdicts(plan, capsys):
    side_by_side.compare(plan)
    text = capsys.readouterr().out
    row = next(line for line in text.splitlines() if line.startswith("plain_loop  "))
    assert row.split()[:2] == ["plain_loop", "42.0"]
    assert "2.10 (2.10 - 2.10)" in row  # 42 ms / 20 ms
    assert "121 points: 0e+00" in row
    assert "aim: 1.05 x the limit on 51x51, at most 1.10: met" in text
    assert "aim: 2.00 x faster than plain_loop on 51x51, at least 1.40: met" in text
    assert "aim: 1.20 x faster than landscaper on 51x51, at least 1.40: NOT MET" in text
    assert "loss_landscapes not installed: No module named 'loss_landscapes'; to install:" in text
    assert "faster than loss_landscapes" not in text


def test_an_adaptive_grid_is_compared_with_the_whole_loop(plan, capsys):
    tolerance.compare_adaptive(plan)
    text = capsys.readouterr().out
    assert "3.0 (3.0 - 3.0) s with 6.0% of the points measured" in text
    assert "aim: 36.4 x faster than the plain loop, at least 30: met" in text  # 109.342 / 3


def test_scaling_fits_exponents_and_tells_efficiency(plan, capsys, monkeypatch):
    monkeypatch.setattr(scaling, "_SAMPLES", (4, 8, 16))
    monkeypatch.setattr(scaling, "_WIDTHS", (2, 4))
    monkeypatch.setattr(scaling, "_WIDTH_SAMPLES", 4)
    scaling.scale(plan)
    lines = capsys.readouterr().out.splitlines()
    samples = next(line for line in lines if line.startswith("samples"))
    assert samples.endswith("1.00 +- 0.00")
    assert "84.00 ms" in samples  # 4 samples at 21 ms
    points = next(line for line in lines if line.startswith("points"))
    assert points.split()[:5] == ["points", "a", "grid", "25", "1,089"]
    workers = next(line for line in lines if line.startswith("workers"))
    one = 0.1 + 0.021 * 55**2  # the least odd side with a minute of points, for 60 s / 21 ms
    assert f"{one:.2f} s" in workers
    assert f"{np.log2(40 / one):.2f} (two runs)" in workers
    efficiency = f"aim: efficiency of two workers {one / 80:.2f}, at least 0.9: NOT MET"
    assert efficiency in lines
    assert "failed: two_dask: OSError: no scheduler" in lines[-1]


def test_a_network_is_trained_once_and_too_many_samples_are_refused(tmp_path):
    plan = plans.Plan(Path(tmp_path), None, 1, (3, 7), False, 100_000, 60.0, 1)
    with pytest.raises(ValueError, match="expected at most 1797 samples of this data, got 100000"):
        plan.file("classifier")
    (tmp_path / "classifier.pt").write_bytes(b"kept")
    assert plan.file("classifier").read_bytes() == b"kept"
