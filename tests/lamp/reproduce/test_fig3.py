import json

import numpy as np
import pytest
import torch
from matplotlib.text import Text

from lamp.experiments import TaskSettings, TrialSettings
from lamp.experiments.lens import COMMON, OWN
from lamp.losses import BaseLoss, LampLoss
from lamp.models import Autoencoder, Classifier
from lamp.models.settings import ModelSettings
from lamp.reproduce.fig3 import reproduce
from lamp.reproduce.fig3.classifiers import ClassifierLenses, ClassifierSettings, one_hot
from lamp.reproduce.fig3.encoders import encoder_problem
from lamp.reproduce.fig3.surfaces import FACTOR, LAMP, PLAIN, UNSCALED, Plan, fig3_plan, measure
from lamp.reproduce.work import Work
from lamp.training import TrainingSettings
from landscape.settings import GridSettings

# Classifiers are trained; fig. 1 takes the same way with fewer models.
pytestmark = pytest.mark.slow

SIZES = (64, 16)
GRID = GridSettings(planes=2, steps=9)
PLAN = Plan(
    classifiers=tuple(
        ClassifierSettings(
            data="digits",
            size=16,
            depth=3,
            width=4,
            loss=loss,
            training=TrainingSettings(batch_size=size, samples=4096),
        )
        for size in SIZES
        for loss in (PLAIN, UNSCALED)
    ),
    autoencoders=tuple(
        TrialSettings(
            task=TaskSettings(data="digits", normal=3, size=16),
            loss=loss,
            model=ModelSettings(size=16, depth=3, width=4),
            training=TrainingSettings(batch_size=size, samples=512),
        )
        for size in SIZES
        for loss in (PLAIN, LAMP)
    ),
    grid=GRID,
    encoder_grid=GRID,
    images=24,
)


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    return Work(folder=tmp_path_factory.mktemp("fig3") / "fig3", workers=1)


@pytest.fixture(scope="module")
def found(work):
    return measure(work, PLAN)


@pytest.fixture(scope="module")
def made(work, found):
    return reproduce(work, PLAN)


def test_scale_free_statistics_do_not_see_a_constant(found):
    assert len(found.controls) == len(SIZES)
    for control in found.controls:
        plain = found.classifiers.find(PLAIN, control.batch_size, control.seed)
        for one, other in zip(plain.own.statistics, control.own.statistics, strict=True):
            if one.scale_free:
                np.testing.assert_allclose(other.per_plane, one.per_plane, rtol=2e-3, atol=1e-6)
        assert control.own["mean_excess"].value == pytest.approx(
            FACTOR * plain.own["mean_excess"].value, rel=1e-3
        )


def test_at_equal_levels_the_control_has_more_contours_than_its_model(made, found):
    shown = {ax.get_label(): ax for ax in made.figures["fig3_own"].axes}
    assert len(shown) >= 1
    control = found.controls[0]
    plain = found.classifiers.find(PLAIN, control.batch_size, control.seed)
    level = 2 * plain.surface.center[OWN]
    inside = [(one.surface.values[OWN] <= level).sum() for one in (plain, control)]
    assert inside[1] < inside[0]


def test_classifiers_learn_and_their_accuracy_is_theirs(found):
    for model in found.classifiers.models:
        assert model.quality > 0.3  # of ten classes, after a few passes over little images
    assert {m.loss.scale for m in found.classifiers.models if m.loss.amplified} == {"none"}


def test_lenses_of_a_classifier():
    model = Classifier(16, depth=3, width=4).eval()
    images, labels = torch.rand(5, 1, 16, 16), torch.arange(5)
    targets = one_hot(labels)
    own = LampLoss(scale="none")
    with torch.no_grad():
        values = ClassifierLenses(own)(model, (images, targets))
        logits = model.head(model.encoder(images).flatten(1))
        softmax = logits.softmax(1)
    cross_entropy = torch.nn.functional.cross_entropy(logits, labels, reduction="none")
    torch.testing.assert_close(values["cross_entropy"], cross_entropy)
    torch.testing.assert_close(values[COMMON], (softmax - targets).square().mean(1))
    torch.testing.assert_close(values[OWN], own.per_sample(softmax, targets))
    assert values["accuracy"].tolist() == (softmax.argmax(1) == labels).float().tolist()


def test_of_an_autoencoder_the_encoder_alone_moves():
    model = Autoencoder(16, depth=3, width=4).eval()
    images = torch.rand(4, 1, 16, 16)
    problem = encoder_problem(model, BaseLoss("l2"), images)
    names = {name for name, _ in problem.model.named_parameters()}
    assert names == {name for name, _ in model.encoder.named_parameters()}
    with torch.no_grad():
        expected = (model(images) - images).square().flatten(1).mean(1)
        torch.testing.assert_close(problem.loss(problem.model, images)[COMMON], expected)


def test_figures_have_the_rows_and_columns_of_the_paper(made):
    assert set(made.figures) == {
        "fig3_common", "fig3_common_absolute", "fig3_own", "fig3_encoder",
    }  # fmt: skip
    texts = {text.get_text() for text in made.figures["fig3_own"].findobj(match=Text)}
    assert {"L2", "L2-LAMP, no scale", "L2 times 2.30", "batch size 64", "batch size 16"} <= texts


def test_results_are_json_and_agree_with_the_models(made, found):
    results = json.loads(json.dumps(made.results, allow_nan=False))
    assert len(results["classifiers"]["models"]) == len(PLAN.classifiers)
    for written, model in zip(
        results["classifiers"]["models"], found.classifiers.models, strict=True
    ):
        assert written["accuracy"] == model.quality
        assert written["common_lens"]["center"] == model.surface.center[COMMON]
    contrasts = results["classifiers"]["contrasts"]
    assert [one["batch_sizes"] for one in contrasts] == [[64], [16], [64, 16]]
    single = [one["log_ratio_of_doubling_radius"]["value"] for one in contrasts]
    assert single[2] == pytest.approx(np.mean(single[:2]))
    assert contrasts[2]["log_ratio_of_doubling_radius"]["low"] is None  # one seed, no interval
    assert "nothing can be claimed" in made.lede or "have no ratio" in made.lede


def test_a_second_call_trains_and_computes_nothing(work, made):
    files = [
        path for path in work.folder.parent.rglob("*") if path.suffix in {".h5", ".safetensors"}
    ]
    assert len(files) == 2 * 8 + len(SIZES)
    before = {path: path.stat().st_mtime_ns for path in files}
    again = reproduce(work, PLAN)
    assert before == {path: path.stat().st_mtime_ns for path in files}
    assert json.dumps(again.results) == json.dumps(made.results)


def test_stored_classifiers_of_other_images_are_refused(work, made):
    result = next((work.folder / "classifiers").glob("*.result.json"))
    before = result.read_text()
    result.write_text(json.dumps({**json.loads(before), "data": "other"}))
    with pytest.raises(ValueError, match="expected the images of digits that the stored"):
        measure(work, PLAN)
    result.write_text(before)


def test_missing_images(tmp_path):
    with pytest.raises(FileNotFoundError, match="no MNIST files"):
        reproduce(Work(folder=tmp_path / "out", root=tmp_path, workers=1))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("budget", "seeds", "sizes"),
    [("minutes", 1, [128, 16]), ("hours", 3, [128, 16, 4]), ("paper", 5, [128, 16, 4])],
)
def test_budgets(budget, seeds, sizes):
    plan = fig3_plan(budget)
    assert len(plan.classifiers) == 2 * seeds * len(sizes)
    assert len({cell.key for cell in plan.classifiers}) == len(plan.classifiers)
    assert list(dict.fromkeys(cell.training.batch_size for cell in plan.classifiers)) == sizes
    assert plan.grid.planes >= 5
