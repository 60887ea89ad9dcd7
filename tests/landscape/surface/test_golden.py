"""A file of schema 2 that is read for ever with the numbers that were once written."""

from pathlib import Path

import numpy as np

from landscape.surface import Status, load
from landscape.surface.create import Blueprint, create
from landscape.surface.writer import SurfaceWriter

GOLDEN = Path(__file__).with_name("golden_v2.h5")


def write_golden(path):
    """Write the golden file. It is never written again: a new schema gets a file of its own."""
    blueprint = Blueprint(
        alpha=np.array([-1.0, 0.0, 1.0]),
        beta=np.zeros(1),
        gram=np.array([[[2.0]], [[3.0]]]),
        center={"loss": 0.25},
        witness={"loss": 0.3},
        identity={
            "planes": 2,
            "steps": 3,
            "radius": 1.0,
            "line": True,
            "normalize": "filter",
            "seed": 7,
            "tolerance": 0.5,
            "clip": 10.0,
            "tolerance_metrics": ["loss"],
        },
        provenance={"title": "Loss surface", "torch": "2.13.0", "samples": 5},
        estimates=True,
    )
    create(path, blueprint)
    with SurfaceWriter(path) as writer:
        numbers = {
            "loss": [1.5, 0.25, float("inf")],
            "loss_se": [0.1, float("nan"), 0.3],
            "loss_delta_se": [0.2, 0.0, 1e-300],
        }
        writer.write([(0, 0, 0), (0, 0, 1), (1, 0, 2)], numbers)
        writer.fail([(1, 0, 0)])
        estimates = {
            "loss_estimate": np.array([[1.5, 0.25, 0.75]]),
            "loss_estimate_error": np.array([[0.0, 0.0, 0.125]]),
        }
        writer.estimate(0, estimates, error=0.5, done=True)


def test_the_golden_file_is_read_as_it_was_written():
    surface = load(GOLDEN)
    nan, inf = np.nan, np.inf
    expected = {
        "loss": [[[1.5, 0.25, nan]], [[nan, nan, inf]]],
        "loss_se": [[[0.1, nan, nan]], [[nan, nan, 0.3]]],
        "loss_delta_se": [[[0.2, 0.0, nan]], [[nan, nan, 1e-300]]],
        "loss_estimate": [[[1.5, 0.25, 0.75]], [[nan, nan, nan]]],
        "loss_estimate_error": [[[0.0, 0.0, 0.125]], [[nan, nan, nan]]],
    }
    assert set(surface.values) == set(expected)
    for name, values in expected.items():
        np.testing.assert_array_equal(surface.values[name], values)
    missing, measured, failed = (int(s) for s in Status)
    np.testing.assert_array_equal(
        surface.status, [[[measured, measured, missing]], [[failed, missing, measured]]]
    )
    np.testing.assert_array_equal(surface.alpha, [-1, 0, 1])
    np.testing.assert_array_equal(surface.gram, [[[2]], [[3]]])
    np.testing.assert_array_equal(surface.refined.done, [True, False])
    np.testing.assert_array_equal(surface.refined.error, [0.5, nan])
    assert surface.center == {"loss": 0.25}
    assert (surface.seed, surface.tolerance, surface.clip) == (7, 0.5, 10.0)
    assert surface.metadata["witness_loss"] == 0.3
    assert surface.metadata["torch"] == "2.13.0"


def test_today_the_same_surface_would_be_written(tmp_path):
    write_golden(tmp_path / "now.h5")
    now, golden = load(tmp_path / "now.h5"), load(GOLDEN)
    for name, values in golden.values.items():
        np.testing.assert_array_equal(now.values[name], values)
    assert {**now.metadata, "path": ""} == {**golden.metadata, "path": ""}
