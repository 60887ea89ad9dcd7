import json

import numpy as np
import pytest
import torch

from lamp.checkpoint import load_checkpoint
from lamp.data import load_folder
from lamp.detection import auroc
from lamp.experiments import TaskSettings
from lamp.experiments.trial import Files
from lamp.models.settings import ModelSettings
from lamp.reproduce.fig4 import reproduce
from lamp.reproduce.fig4.models import TILE, fig4_plan, pair_of
from lamp.reproduce.work import Work
from lamp.training import TrainingSettings

PLAN = [
    pair_of(
        TaskSettings(data="folder", category="tiles", size=16, channels=1),
        ModelSettings(size=16, depth=2, width=4),
        TrainingSettings(batch_size=8, samples=512),
    )
]


@pytest.fixture(scope="module")
def work(tmp_path_factory, shared_category):
    folder = tmp_path_factory.mktemp("fig4") / "fig4"
    return Work(folder=folder, root=shared_category.parent, workers=1)


@pytest.fixture(scope="module")
def made(work):
    return reproduce(work, PLAN)


def test_numbers_agree_with_the_checkpoints(made, work, shared_category):
    results = json.loads(json.dumps(made.results, allow_nan=False))
    (category,) = results["categories"]
    test = load_folder(shared_category, size=16, channels=1).test
    labels, masks = test.labels.numpy(), test.masks.numpy()
    scores = []
    for trial, written in zip(PLAN[0], category["models"], strict=True):
        model, _ = load_checkpoint(Files(work.trials, trial).checkpoint)
        with torch.no_grad():
            maps = (model(test.images) - test.images).square().mean(1).numpy()
        scores.append(maps.mean((1, 2)))
        assert written["normal"] == pytest.approx(scores[-1][labels == 0].mean(), rel=1e-4)
        assert written["auroc"]["value"] == pytest.approx(auroc(scores[-1], labels))
        inside = [maps[i][masks[i]].mean() for i in np.flatnonzero(labels)]
        assert written["in_defects"] == pytest.approx(np.mean(inside), rel=1e-4)
        around = [maps[i][~masks[i]].mean() for i in np.flatnonzero(labels)]
        assert written["around_defects"] == pytest.approx(np.mean(around), rel=1e-4)
    normal = np.log(scores[1] / scores[0])[labels == 0].mean()
    assert category["log_ratio_of_normal_error"]["value"] == pytest.approx(normal, rel=1e-3)
    assert f"{np.exp(normal):.2f} times" in made.lede


def test_the_first_image_of_each_kind_is_shown_with_all_models(made, shared_category):
    figure = made.figures["fig4_tiles"]
    titles = [ax.get_title(loc="center") for ax in figure.axes if ax.get_title(loc="center")]
    assert titles == ["normal", "hole", "spot"]
    panels = {ax.get_label(): ax for ax in figure.axes}
    assert len(panels) == 5 * 3 + 1  # input, two reconstructions, two residuals, colorbar
    test = load_folder(shared_category, size=16, channels=1).test
    for column, kind in enumerate(["good", "hole", "spot"]):
        first = test.images[test.kinds.index(kind)][0].numpy()
        np.testing.assert_allclose(panels[f"input {column}"].images[0].get_array(), first)
    residuals = [ax.images[0].get_clim() for name, ax in panels.items() if "−" in name]
    assert len(residuals) == 6
    assert len(set(residuals)) == 1
    assert residuals[0][0] == -residuals[0][1]


def test_a_second_call_trains_nothing(work, made):
    files = list(work.folder.parent.rglob("*.safetensors"))
    assert len(files) == 2
    before = {path: path.stat().st_mtime_ns for path in files}
    again = reproduce(work, PLAN)
    assert before == {path: path.stat().st_mtime_ns for path in files}
    assert json.dumps(again.results) == json.dumps(made.results)


def test_without_masks_there_is_no_word_on_defects(tmp_path, shared_category, work, made):
    root = tmp_path / "tiles"
    for part in ("train", "test"):
        (root / part).mkdir(parents=True)
        for folder in (shared_category / part).iterdir():
            (root / part / folder.name).symlink_to(folder)
    bare = Work(folder=tmp_path / "out", root=tmp_path, workers=1)
    found = reproduce(bare, PLAN)
    (category,) = found.results["categories"]
    assert category["log_ratio_of_standing_out"] is None
    assert category["models"][0]["in_defects"] is None
    assert "stand out" not in found.lede
    assert "stand out" in made.lede


@pytest.mark.parametrize("root", [None, "here"])
def test_a_missing_category_is_said_before_any_work(tmp_path, root):
    work = Work(folder=tmp_path / "out", root=root and tmp_path / root, workers=1)
    with pytest.raises(FileNotFoundError, match=r"expected images in .*mvtec/screw, got no"):
        reproduce(work)
    assert not (tmp_path / "out").exists()


def test_a_category_without_test_images(tmp_path, shared_category):
    (tmp_path / "tiles").mkdir()
    (tmp_path / "tiles" / "train").symlink_to(shared_category / "train")
    with pytest.raises(FileNotFoundError, match="expected test images in"):
        reproduce(Work(folder=tmp_path / "out", root=tmp_path, workers=1), PLAN)
    assert not (tmp_path / "out").exists()


def test_tiles_are_shown_if_they_are_there(tmp_path):
    assert [pair[0].task.category for pair in fig4_plan("hours", tmp_path)] == ["mvtec/screw"]
    (tmp_path / TILE).mkdir()
    assert [pair[0].task.category for pair in fig4_plan("hours", tmp_path)][1:] == [TILE]
