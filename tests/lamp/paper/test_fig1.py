"""Fig. 1 on little images: the control is the same model in other units."""

import numpy as np
import pytest

from lamp.experiments import TaskSettings, TrialSettings
from lamp.experiments.lens import COMMON, OWN
from lamp.models.settings import ModelSettings
from lamp.paper import fig1
from lamp.paper.landscapes import autoencoders
from lamp.paper.mnist import AUTHOR, L2, LITERAL
from lamp.paper.work import Work
from lamp.training import TrainingSettings
from landscape.settings import GridSettings

PLAN = fig1.Plan(
    trials=tuple(
        TrialSettings(
            task=TaskSettings(data="digits", normal=3, size=16),
            loss=loss,
            model=ModelSettings(size=16, depth=3, width=4),
            training=TrainingSettings(batch_size=16, samples=512),
        )
        for loss in (L2, LITERAL, AUTHOR)
    ),
    grid=GridSettings(planes=2, steps=5),
)


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    return Work(folder=tmp_path_factory.mktemp("fig1") / "fig1", workers=1)


@pytest.fixture(scope="module")
def made(work):
    return fig1.reproduce(work, PLAN)


@pytest.fixture(scope="module")
def found(work, made):
    """All models, read from files: nothing is trained or computed a second time."""
    files = {p: p.stat().st_mtime_ns for p in work.folder.parent.rglob("*.*") if p.is_file()}
    models = autoencoders(work, PLAN.trials, PLAN.grid)
    control = fig1._control(work, PLAN, models)
    assert {p: p.stat().st_mtime_ns for p in files} == files
    assert sum(path.suffix in {".h5", ".safetensors"} for path in files) == 7
    return [*models.models, control]


def test_the_control_is_the_same_model_in_other_units(found):
    plain, amplified, _, control = found
    factor = float(control.loss.removeprefix("L2 times "))
    assert factor != 1
    assert control.own.center == pytest.approx(factor * plain.own.center)
    assert control.own.center == pytest.approx(amplified.own.center, rel=0.06)  # two digits
    for one, other in zip(plain.own.statistics, control.own.statistics, strict=True):
        if one.unit != "%" and "rise" not in one.settings:  # these are not multiplied
            expected = (1 if one.scale_free else factor) * np.array(one.per_plane)
            np.testing.assert_allclose(other.per_plane, expected, rtol=2e-3, atol=1e-7)


def test_lenses(found):
    plain, amplified, _, control = (model.surface for model in found)
    np.testing.assert_array_equal(plain.values[COMMON], plain.values[OWN])
    np.testing.assert_allclose(control.values[COMMON], plain.values[COMMON], rtol=1e-4)
    assert not np.allclose(amplified.values[COMMON], amplified.values[OWN])
    configs = [model.surface.metadata["config"] for model in found]
    assert len({(config["data"], config["seed"]) for config in configs}) == 1
    assert configs[0]["center"] == configs[3]["center"] != configs[1]["center"]


def test_figures_share_heights_and_views(made):
    assert set(made.figures) == {"fig1_common", "fig1_own"}
    for figure in made.figures.values():
        boxes = [ax for ax in figure.axes if ax.name == "3d"]
        assert len(boxes) == 3
        assert len({ax.get_zlim() for ax in boxes}) == 1


def test_tables_agree_with_the_surfaces(made, found):
    models, ratios = made.tables["fig1"], made.tables["fig1_ratios"]
    assert models["loss"].tolist()[:2] == ["L2", "L2-LAMP"]
    assert models["loss"].tolist()[3].startswith("L2 times ")
    assert models["l2_center"].tolist() == [model.surface.center[COMMON] for model in found]
    assert models["own_center"].tolist() == [model.surface.center[OWN] for model in found]
    ratio = found[1].surface.center[COMMON] / found[0].surface.center[COMMON]
    first = ratios[(ratios["lens"] == "l2") & (ratios["loss"] == "L2-LAMP")].iloc[0]
    assert first["center_ratio"] == pytest.approx(ratio)
    assert f"{ratio:.2f} times the loss" in made.lede


def test_missing_images(tmp_path):
    with pytest.raises(FileNotFoundError, match="no MNIST files"):
        fig1.reproduce(Work(folder=tmp_path / "out", root=tmp_path, workers=1))
    assert not list((tmp_path / "out").rglob("*.safetensors"))


@pytest.mark.parametrize(("budget", "planes"), [("minutes", 5), ("hours", 5), ("days", 10)])
def test_budgets(budget, planes):
    plan = fig1.plan(budget)
    assert [trial.loss for trial in plan.trials] == [L2, LITERAL, AUTHOR]
    assert len({trial.training for trial in plan.trials}) == 1
    assert (plan.grid.planes, plan.grid.radius) == (planes, 1.5)
