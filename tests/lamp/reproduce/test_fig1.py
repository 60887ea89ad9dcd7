import json

import numpy as np
import pytest

from lamp.experiments import TaskSettings, TrialSettings
from lamp.experiments.lens import COMMON, OWN
from lamp.models.settings import ModelSettings
from lamp.reproduce.fig1 import reproduce
from lamp.reproduce.fig1.surfaces import LOSSES, Plan, measure
from lamp.reproduce.work import Work
from lamp.training import TrainingSettings
from landscape.settings import GridSettings

PLAN = Plan(
    trials=tuple(
        TrialSettings(
            task=TaskSettings(data="digits", normal=3, size=16),
            loss=loss,
            model=ModelSettings(size=16, depth=3, width=4),
            training=TrainingSettings(batch_size=16, samples=1024),
        )
        for loss in LOSSES
    ),
    grid=GridSettings(planes=2, steps=9),
    images=16,
)


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    return Work(folder=tmp_path_factory.mktemp("fig1") / "fig1", workers=1)


@pytest.fixture(scope="module")
def found(work):
    return measure(work, PLAN)


@pytest.fixture(scope="module")
def made(work, found):
    return reproduce(work, PLAN)


def test_the_control_is_the_same_model_in_other_units(found):
    plain, _, control = found.own
    assert found.factor != 1
    for one, other in zip(plain.statistics, control.statistics, strict=True):
        factor = 1 if one.scale_free else found.factor
        if one.unit != "%" and "rise" not in one.settings:  # these are not multiplied
            expected = factor * np.array(one.per_plane)
            np.testing.assert_allclose(other.per_plane, expected, rtol=2e-3, atol=1e-7)


def test_raw_statistics_of_the_control_are_not_those_of_the_model(found):
    plain, _, control = found.own
    assert control["mean_excess"].value == pytest.approx(
        found.factor * plain["mean_excess"].value, rel=1e-3
    )
    assert control.center == pytest.approx(found.factor * plain.center)


def test_the_control_begins_where_the_amplified_loss_does(found):
    _, amplified, control = found.own
    assert control.center == pytest.approx(amplified.center, rel=0.06)  # two digits of a factor


def test_lenses(found):
    plain, amplified, control = found.surfaces
    np.testing.assert_array_equal(plain.values[COMMON], plain.values[OWN])
    np.testing.assert_allclose(control.values[COMMON], plain.values[COMMON], rtol=1e-4)
    assert not np.allclose(amplified.values[COMMON], amplified.values[OWN])
    configs = [surface.metadata["config"] for surface in found.surfaces]
    assert len({config["data"] for config in configs}) == 1
    assert len({config["seed"] for config in configs}) == 1
    assert configs[0]["center"] == configs[2]["center"] != configs[1]["center"]


def test_figures_share_heights_and_views(made):
    assert set(made.figures) == {"fig1_common", "fig1_own"}
    for name, count in (("fig1_common", 2), ("fig1_own", 3)):
        boxes = [ax for ax in made.figures[name].axes if ax.name == "3d"]
        assert len(boxes) == count
        assert len({ax.get_zlim() for ax in boxes}) == 1


def test_results_are_json_and_agree_with_the_surfaces(made, found):
    results = json.loads(json.dumps(made.results, allow_nan=False))
    assert [model["loss"] for model in results["models"]] == ["L2", "L2-LAMP"]
    for model, surface in zip(results["models"], found.surfaces, strict=False):
        assert model["common_lens"]["center"] == surface.center[COMMON]
        assert model["own_loss"]["center"] == surface.center[OWN]
    ratio = found.surfaces[1].center[COMMON] / found.surfaces[0].center[COMMON]
    log = results["contrast"]["log_ratio_of_center_loss"]["value"]
    assert np.exp(log) == pytest.approx(ratio)
    assert f"{ratio:.2f} times the loss" in made.lede
    assert results["control"]["factor"] == found.factor


def test_a_second_call_trains_and_computes_nothing(work, made):
    files = [
        path for path in work.folder.parent.rglob("*") if path.suffix in {".h5", ".safetensors"}
    ]
    assert len(files) == 5
    before = {path: path.stat().st_mtime_ns for path in files}
    again = reproduce(work, PLAN)
    assert before == {path: path.stat().st_mtime_ns for path in files}
    assert json.dumps(again.results) == json.dumps(made.results)


def test_missing_images(tmp_path):
    with pytest.raises(FileNotFoundError, match="no MNIST files"):
        reproduce(Work(folder=tmp_path / "out", root=tmp_path, workers=1))
    assert not list((tmp_path / "out").rglob("*.safetensors"))
