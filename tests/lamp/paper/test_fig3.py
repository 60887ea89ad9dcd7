"""Fig. 3: told from surfaces without models, and made once on little images."""

import numpy as np
import pytest
from matplotlib.text import Text

from lamp.experiments import TaskSettings, TrialSettings
from lamp.experiments.classify import ClassifierSettings
from lamp.models.settings import ModelSettings
from lamp.paper import fig3
from lamp.paper.mnist import L2
from lamp.paper.work import Work
from lamp.training import TrainingSettings
from landscape.settings import GridSettings

GRID = GridSettings(planes=2, steps=9)
SIZES = (64, 16)
FACTOR = fig3.CONTROL.factor


@pytest.fixture(scope="module")
def found(make_models):
    classifiers = make_models(("L2", "L2-LAMP", "L2-LAMP, an author's code"), (128, 16), (0, 1))
    return {
        "classifier": classifiers,
        "control": make_models((fig3.CONTROL.title,), (128, 16)),
        "encoder": make_models(("L2", "L2-LAMP"), (128, 16), worst_pixel=0.1),
    }


@pytest.fixture(scope="module")
def made(found):
    return fig3.tell(fig3.plan("minutes"), found)


def test_figures_have_the_rows_and_columns_of_the_paper(made):
    assert set(made.figures) == {
        "fig3_common", "fig3_common_absolute", "fig3_own", "fig3_encoder",
    }  # fmt: skip
    texts = {text.get_text().replace("\n", " ") for text in made.figures["fig3_own"].findobj(Text)}
    assert {"L2", "L2-LAMP", fig3.CONTROL.title, "batch size 128", "batch size 16"} <= texts


def test_the_bold_contour_is_drawn_alike_in_all_rows(made):
    bold = [
        (tuple(artist.get_edgecolor()[0]), artist.get_linewidth()[0])
        for ax in made.figures["fig3_own"].axes
        for artist in ax.collections
        if len(np.atleast_1d(artist.get_linewidth())) == 1 and artist.get_linewidth()[0] > 1.5
    ]
    assert len(bold) == 8
    assert len(set(bold)) == 1


def test_all_numbers_are_in_tables(made):
    models, ratios = made.tables["fig3"], made.tables["fig3_ratios"]
    assert models["kind"].value_counts().to_dict() == {"classifier": 12, "control": 2, "encoder": 4}
    assert list(dict.fromkeys(ratios["loss"])) == ["L2-LAMP", "L2-LAMP, an author's code"]
    assert ratios["batch_size"].tolist()[:3] == ["128", "16", "all"]
    first = ratios.iloc[0]
    assert (first["center_ratio"], first["pairs"]) == (pytest.approx(2), 2)
    assert f"L2-LAMP has {first['center_ratio']:.2f} times" in made.lede


def test_one_seed_of_encoders_claims_nothing(made):
    said = made.lede[made.lede.index("Encoders of autoencoders") :]
    assert "without an interval over seeds nothing can be claimed" in said


@pytest.mark.parametrize(
    ("budget", "seeds", "sizes"),
    [("minutes", 1, [128, 16]), ("hours", 3, [128, 16, 4]), ("days", 5, [128, 16, 4])],
)
def test_budgets(budget, seeds, sizes):
    plan = fig3.plan(budget)
    assert len(plan.classifiers) == 3 * seeds * len(sizes)
    assert len({one.key for one in plan.classifiers}) == len(plan.classifiers)
    assert list(dict.fromkeys(one.training.batch_size for one in plan.classifiers)) == sizes


def test_missing_images(tmp_path):
    with pytest.raises(FileNotFoundError, match="no MNIST files"):
        fig3.reproduce(Work(folder=tmp_path / "out", root=tmp_path, workers=1))
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_scale_free_statistics_do_not_see_a_constant(tmp_path):
    common = {"data": "digits", "size": 16}
    budgets = [
        (loss, TrainingSettings(batch_size=size, samples=4096))
        for size in SIZES
        for loss in fig3.LOSSES
    ]
    plan = fig3.Plan(
        classifiers=[
            ClassifierSettings(depth=3, width=4, loss=loss, training=training, **common)
            for loss, training in budgets
        ],
        autoencoders=[
            TrialSettings(
                task=TaskSettings(normal=3, **common),
                loss=loss,
                model=ModelSettings(size=16, depth=3, width=4),
                training=training.model_copy(update={"samples": 512}),
            )
            for loss, training in budgets
        ],
        grid=GRID,
        encoder_grid=GRID,
    )
    found = fig3.measure(Work(folder=tmp_path / "fig3", workers=1), plan)
    controls = found["control"].models
    assert [one.batch_size for one in controls] == list(SIZES)
    for control in controls:
        plain = found["classifier"].find(L2.title, control.batch_size, 0)
        for one, other in zip(plain.own.statistics, control.own.statistics, strict=True):
            if one.scale_free:
                np.testing.assert_allclose(other.per_plane, one.per_plane, rtol=2e-3, atol=1e-6)
        expected = FACTOR * plain.own["mean_excess"].value
        assert control.own["mean_excess"].value == pytest.approx(expected, rel=1e-3)
    assert len(found["encoder"].models) == len(plan.autoencoders)
    assert fig3.tell(plan, found).tables["fig3"]["auroc"].notna().sum() == len(plan.autoencoders)
