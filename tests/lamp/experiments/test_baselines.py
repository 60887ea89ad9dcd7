"""Trivial detectors on a task: as they are, kept, and of no other images."""

import pandas as pd
import pytest
from PIL import Image

from lamp.data import hold_out
from lamp.detection import auroc
from lamp.detection.baselines import fit_baselines
from lamp.experiments import TaskSettings, load_task
from lamp.experiments.baselines import run_baselines

DIGIT = TaskSettings(data="digits", normal=3, size=16)


def test_they_are_fitted_to_what_models_are_trained_on(tmp_path):
    found = run_baselines([DIGIT], tmp_path)
    task = load_task(DIGIT, None)
    train_on, _ = hold_out(len(task.normal))
    own = found[~found["oracle"]]
    for (_, row), detector in zip(
        own.iterrows(), fit_baselines(task.normal[train_on]), strict=True
    ):
        assert (row["task"], row["detector"]) == ("digits 3", detector.name)
        assert row["detail"] == detector.detail
        expected = auroc(detector.detect(task.test)[0], task.labels)
        assert row["auroc"] == pytest.approx(expected, rel=1e-4)
    (oracle,) = found[found["oracle"]].to_dict("records")
    assert oracle["detail"].endswith(" components")
    assert oracle["auroc"] >= own.loc[own["detector"] == "PCA", "auroc"].item()


def test_a_second_call_has_the_same_numbers_and_words_from_a_file(tmp_path, monkeypatch):
    first = run_baselines([DIGIT], tmp_path)
    assert (first["detail"] == "").any()
    monkeypatch.setattr("lamp.experiments.baselines.fit_baselines", None)
    pd.testing.assert_frame_equal(run_baselines([DIGIT], tmp_path), first)


def test_other_images_are_judged_anew(category, tmp_path):
    task = TaskSettings(data="folder", category=category.name, size=16)
    first = run_baselines([task], tmp_path / "out", root=category.parent)
    for path in (category / "test" / "spot").iterdir():
        Image.new("L", (16, 16), 130).save(path)
    load_task.__globals__["_folder"].cache_clear()  # as in another process
    other = run_baselines([task], tmp_path / "out", root=category.parent)
    assert not first["auroc"].equals(other["auroc"])
    assert len(list((tmp_path / "out").iterdir())) == 2
