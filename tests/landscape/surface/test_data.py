"""A surface as data: what is known, how well, and what its numbers mean."""

import math

import numpy as np
import pytest

from landscape.surface import Surface

MEASURED = np.array([[[1, 0, 2]]], np.int8)


def surface(**fields):
    values = {
        "loss": np.array([[[1.0, np.nan, np.nan]]]),
        "loss_estimate": np.array([[[1.0, 2.0, np.nan]]]),
        "loss_estimate_error": np.array([[[0.0, 0.25, np.nan]]]),
        "accuracy": np.array([[[np.nan, np.nan, np.nan]]]),
    }
    return Surface(
        **{
            "alpha": np.array([-1.0, 0.0, 1.0]),
            "beta": np.zeros(1),
            "values": values,
            "status": MEASURED,
            "gram": np.ones((1, 1, 1)),
            "center": {"loss": 2.0, "accuracy": 0.5},
            **fields,
        }
    )


def test_measured_values_come_before_estimates_and_the_rest_is_nan():
    found = surface()
    np.testing.assert_array_equal(found.known(), [[[1.0, 2.0, np.nan]]])
    np.testing.assert_array_equal(found.error(), [[[0.0, 0.25, np.nan]]])
    np.testing.assert_array_equal(found.known("accuracy"), np.full((1, 1, 3), np.nan))
    np.testing.assert_array_equal(found.error("accuracy"), [[[0.0, np.nan, np.nan]]])
    with pytest.raises(ValueError, match="one of the metrics loss, accuracy, got 'loss_estimate'"):
        found.known("loss_estimate")
    with pytest.raises(ValueError, match="got 'mae'"):
        found.error("mae")


def test_settings_are_typed_and_absent_where_nothing_is_recorded():
    config = {"tolerance": 0.01, "clip": 10, "normalize": "layer", "seed": 3}
    found = surface(metadata={"config": config})
    assert (found.config, found.tolerance, found.clip) == (config, 0.01, 10.0)
    assert (found.normalize, found.seed) == ("layer", 3)
    full = surface(metadata={"config": {**config, "tolerance": None}})
    assert (full.tolerance, full.clip) == (None, None)
    bare = surface()
    assert (bare.config, bare.tolerance, bare.clip, bare.normalize, bare.seed) == (
        {},
        None,
        None,
        "",
        None,
    )


@pytest.mark.parametrize(
    ("name", "higher", "bounds"),
    [
        ("loss", False, (-math.inf, math.inf)),
        ("accuracy", True, (0, 1)),
        ("val_accuracy", True, (0, 1)),
        ("AUROC", True, (0, 1)),
        ("accuracy_loss", False, (-math.inf, math.inf)),
        ("r2", True, (-math.inf, 1)),
        ("ssim", True, (-1, 1)),
        ("psnr", True, (-math.inf, math.inf)),
        ("size", False, (-math.inf, math.inf)),
    ],
)
def test_well_known_metrics_have_a_direction_and_bounds(name, higher, bounds):
    assert surface().higher_is_better(name) is higher
    assert surface().bounds(name) == bounds


def test_declared_kinds_come_before_names():
    kinds = {
        "accuracy": {"higher_is_better": True, "low": 0, "high": 100},
        "ssim": {"higher_is_better": False},
    }
    found = surface(metadata={"metric_kinds": kinds})
    assert found.bounds("accuracy") == (0.0, 100.0)
    assert found.higher_is_better("ssim") is False
    assert found.bounds("ssim") == (-math.inf, math.inf)


def test_estimates_are_kept_within_the_range_of_their_metric():
    """Interpolated accuracies of 1.01 and -0.02; that in per cent has no such range."""
    measured = np.array([[[0.5, np.nan, np.nan]]])
    values = {"loss": measured, "accuracy": measured, "percent_accuracy": 100 * measured}
    estimate = np.array([[[0.5, 1.01, -0.02]]])
    values |= {f"{name}_estimate": estimate for name in ("loss", "accuracy", "percent_accuracy")}
    found = surface(
        values=values,
        status=np.array([[[1, 0, 0]]], np.int8),
        center=dict.fromkeys(("loss", "accuracy", "percent_accuracy"), 0.5),
    )
    np.testing.assert_array_equal(found.known("accuracy"), [[[0.5, 1.0, 0.0]]])
    np.testing.assert_array_equal(found.known("loss"), estimate)
    np.testing.assert_array_equal(found.known("percent_accuracy"), [[[50.0, 1.01, -0.02]]])
    np.testing.assert_array_equal(found.values["accuracy_estimate"], estimate)  # as in the file


def test_nothing_is_not_a_complete_surface():
    with pytest.raises(ValueError, match="expected at least one point"):
        surface(status=np.zeros((0, 1, 3), np.int8), values={"loss": np.zeros((0, 1, 3))})
