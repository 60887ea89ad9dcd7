"""Fig. 4 on little images: errors against the stored models by hand, and the positive control."""

import math
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from matplotlib.text import Text
from PIL import Image

from lamp.checkpoint import load_checkpoint
from lamp.data import load_folder
from lamp.detection import auroc
from lamp.experiments import TaskSettings, load_task
from lamp.experiments.trial import Files
from lamp.models.settings import ModelSettings
from lamp.paper import fig4
from lamp.paper.categories import Brightness
from lamp.paper.defects import Category, Errors, compare_errors, images_to_test
from lamp.paper.work import Work
from lamp.training import TrainingSettings
from landscape.measures import Interval

SMALL = ModelSettings(size=16, depth=2, width=4)
PRINTED = TaskSettings(data="digits", normal=3, size=16, printed=True)
PLAN = [
    fig4.trials_of(task, SMALL, TrainingSettings(batch_size=8, samples=128))
    for task in (TaskSettings(data="folder", category="tiles", size=16, channels=1), PRINTED)
]
NONE = np.empty(0)


def errors(scores, *, inside=NONE, around=NONE):
    labels = np.repeat([0, 1], len(scores) // 2)
    return Errors(
        scores=np.array(scores),
        in_defects=np.array(inside),
        around=np.array(around),
        labels=labels,
        auroc=Interval(auroc(scores, labels), 0.4, 0.6, len(labels)),
        reconstructions=np.zeros((len(labels), 1, 2, 2), np.float32),
    )


@pytest.fixture(scope="module")
def work(tmp_path_factory, shared_category):
    folder = tmp_path_factory.mktemp("fig4") / "fig4"
    return Work(folder=folder, root=shared_category.parent, workers=1)


@pytest.fixture(scope="module")
def made(work):
    return fig4.reproduce(work, PLAN)


def test_numbers_agree_with_the_checkpoints(made, work, shared_category):
    table = made.tables["fig4"].query("category == 'tiles'")
    test = load_folder(shared_category, size=16, channels=1).test
    labels, masks = test.labels.numpy(), test.masks.numpy()
    scores = []
    for trial, (_, row) in zip(PLAN[0], table.iterrows(), strict=True):
        model, _ = load_checkpoint(Files(work.trials, trial).checkpoint)
        with torch.no_grad():
            maps = (model(test.images) - test.images).square().mean(1).numpy()
        scores.append(maps.mean((1, 2)))
        assert row["normal"] == pytest.approx(scores[-1][labels == 0].mean(), rel=1e-4)
        assert row["auroc"] == pytest.approx(auroc(scores[-1], labels))
        assert row["auroc_low"] < row["auroc"] <= row["auroc_high"]
        inside = [maps[i][masks[i]].mean() for i in np.flatnonzero(labels)]
        assert row["in_defects"] == pytest.approx(np.mean(inside), rel=1e-4)
        around = [maps[i][~masks[i]].mean() for i in np.flatnonzero(labels)]
        assert row["around_defects"] == pytest.approx(np.mean(around), rel=1e-4)
        assert row["brightness_test_normal"] == pytest.approx(
            float(test.images[labels == 0].mean()), rel=1e-5
        )
    normal = np.log(scores[1] / scores[0])[labels == 0].mean()
    assert made.tables["fig4_differences"]["log_normal"][0] == pytest.approx(normal, rel=1e-3)
    assert f"{np.exp(normal):.2f} times" in made.lede


def test_the_first_image_of_each_kind_is_shown_with_all_models(made, shared_category):
    figure = made.figures["fig4_tiles"]
    titles = [ax.get_title(loc="center") for ax in figure.axes if ax.get_title(loc="center")]
    assert titles == ["normal", "hole", "spot"]
    panels = {ax.get_label(): ax for ax in figure.axes}
    assert len(panels) == 7 * 3 + 1  # input, three reconstructions and residuals, colorbar
    test = load_folder(shared_category, size=16, channels=1).test
    for column, kind in enumerate(["good", "hole", "spot"]):
        first = test.images[test.kinds.index(kind)][0].numpy()
        np.testing.assert_allclose(panels[f"input {column}"].images[0].get_array(), first)
    residuals = {ax.images[0].get_clim() for name, ax in panels.items() if "−" in name}
    assert len(residuals) == 1
    assert math.isclose(*map(abs, residuals.pop()))


def test_names_of_rows_are_whole_and_end_before_the_panels(made):
    figure = made.figures["fig4_tiles"]
    figure.draw_without_rendering()
    left = min(ax.bbox.x0 for ax in figure.axes)
    names = [text for text in figure.findobj(Text) if text.get_window_extent().x0 < left / 2]
    assert {name.get_text().replace("\n", " ") for name in names if name.get_text()} >= {
        "input", "L2-LAMP, author's code", "input − L2-LAMP, author's code",
    }  # fmt: skip
    assert all(name.get_window_extent().x1 < left for name in names)


def test_masks_of_printed_defects_are_the_pixels_that_were_printed():
    test = images_to_test(PRINTED, None)
    before = load_task(PRINTED.model_copy(update={"printed": False}), None)
    clean = before.test[before.labels == 0]
    assert test.kinds[:2] == ("good", "printed")
    for image, was, mask, label in zip(test.images, clean, test.masks, test.labels, strict=True):
        assert bool(mask.any()) == bool(label)
        torch.testing.assert_close(image[:, ~mask], was[:, ~mask])
        torch.testing.assert_close(image[:, mask], 1 - was[:, mask])


def test_a_second_call_trains_nothing(work, made):
    files = {p: p.stat().st_mtime_ns for p in work.folder.parent.rglob("*.safetensors")}
    assert len(files) == 6
    again = fig4.reproduce(work, PLAN)
    assert files == {path: path.stat().st_mtime_ns for path in files}
    for name, table in made.tables.items():
        assert again.tables[name].equals(table)


def test_models_of_other_images_are_refused(work, made, shared_category, tmp_path):
    root = tmp_path / "data"
    shutil.copytree(shared_category, root / "tiles")
    first = next((root / "tiles" / "test" / "good").iterdir())
    Image.new("L", (16, 16), 130).save(first)
    with pytest.raises(ValueError, match="expected the images of tiles that the stored trials saw"):
        fig4.reproduce(replace(work, root=root), PLAN[:1])


def test_differences_are_over_images():
    found = compare_errors(
        errors([2, 4, 8, 8], inside=[4, 9], around=[1, 1]),
        errors([1, 1, 8, 8], inside=[2, 3], around=[1, 1]),
    )
    assert math.exp(found["log_normal"].value) == pytest.approx(8**0.5)
    assert math.exp(found["log_standing_out"].value) == pytest.approx(6**0.5)
    assert (found["auroc"].value, found["log_standing_out"].n) == (0, 2)


@pytest.mark.parametrize(
    ("brightness", "p", "outlying"),
    [
        ((0.722, 0.668, 0.732), 1e-9, True),
        ((0.5, 0.51, 0.4), 1e-9, False),
        ((0.432, 0.426, 0.437), 0.58, False),
        ((0.432, 0.426, 0.437), 1e-9, True),
    ],
)
def test_without_masks_there_is_no_word_on_defects_and_outliers_are_said(brightness, p, outlying):
    train, normal, anomalous = brightness
    one = Category(
        task=TaskSettings(data="folder", category="a/small_screw"),
        data="0",
        test=None,
        errors={"L2": errors([1, 1, 2, 2]), "L2-LAMP": errors([2, 2, 1, 4])},
        brightness=Brightness(train=train, normal=normal, anomalous=anomalous, p=p),
    )
    said = fig4._sentence(one)
    assert said.startswith("Small screw: L2-LAMP reconstructs normal test images with 2.00 times")
    assert "stand out" not in said
    assert "(L2, no better than chance)" in said
    assert ("Its normal test images are outliers" in said) == outlying
    assert fig4._difference_table([one]).rows[0][3] is None


@pytest.mark.parametrize(
    ("low", "high", "words"), [(0.51, 0.6, "better"), (0.3, 0.49, "worse"), (0.5, 0.6, "no better")]
)
def test_chance(low, high, words):
    assert fig4._beside_chance(Interval(0.5, low, high, 9)) == f"{words} than chance"


@pytest.mark.parametrize("root", [None, "here"])
def test_a_missing_category_is_said_before_any_work(tmp_path, root):
    work = Work(folder=tmp_path / "out", root=root and tmp_path / root, workers=1)
    with pytest.raises(FileNotFoundError, match=r"expected images in .*mvtec/screw, got no"):
        fig4.reproduce(work)
    assert not (tmp_path / "out").exists()


def test_a_category_without_test_images(tmp_path, shared_category):
    (tmp_path / "tiles").mkdir()
    (tmp_path / "tiles" / "train").symlink_to(shared_category / "train")
    with pytest.raises(FileNotFoundError, match="expected normal and defective images in"):
        fig4.reproduce(Work(folder=tmp_path / "out", root=tmp_path, workers=1), PLAN)
    assert not (tmp_path / "out").exists()


def test_tiles_are_shown_if_they_are_there(tmp_path):
    def names(root):
        return [trials[0].task.name for trials in fig4.plan("hours", root)]

    assert names(tmp_path) == ["mvtec/screw", "mnist 3 printed"]
    (tmp_path / fig4.TILE).mkdir()
    assert names(tmp_path) == ["mvtec/screw", fig4.TILE, "mnist 3 printed"]
