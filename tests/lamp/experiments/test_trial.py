"""One trial: what it measures, that it goes on where it was, and what it says to bad input."""

import json
import shutil
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from lamp.checkpoint import read_tensors
from lamp.data import hold_out, load_digits, one_vs_rest
from lamp.experiments import LensSettings, TaskSettings, load_task, run_trial
from lamp.experiments.judge import Judge
from lamp.experiments.lens import measure_sharpness
from lamp.experiments.trial import Files
from lamp.losses import LampLoss
from lamp.models import Autoencoder
from lamp.training import TrainingSettings, train
from lamp.training.resume import PartialSaver


def scores_of(model, images):
    model.eval()
    with torch.no_grad():
        return torch.stack([(model(x[None]) - x[None]).square().mean() for x in images])


def area(scores, labels):
    normal, anomalous = scores[labels == 0][:, None], scores[labels == 1][None]
    return float(((anomalous > normal) + 0.5 * (anomalous == normal)).double().mean())


def by_hand(samples):
    task = one_vs_rest(load_digits(16), 3)
    train_on, held_out = hold_out(len(task.train), 0.1, seed=0)
    model = Autoencoder(16, depth=3, width=4)
    train(model, LampLoss("l2"), task.train[train_on], TrainingSettings(samples=samples))
    error = float(scores_of(model, task.train[held_out]).mean())
    return model, error, area(scores_of(model, task.test), task.labels)


@pytest.mark.slow
def test_marks_are_what_trainings_of_that_length_come_to(small, tmp_path):
    settings = small()
    trial = run_trial(settings, tmp_path)
    assert [mark.samples for mark in trial.marks] == [512, 1024]
    for mark in trial.marks:
        model, error, auroc = by_hand(mark.samples)
        assert mark.judged.held_out == pytest.approx(error, rel=1e-5)
        assert mark.judged.auroc == pytest.approx(auroc, abs=1e-4)
    tensors, _ = read_tensors(Files(tmp_path, settings).checkpoint)
    for key, value in model.state_dict().items():
        assert torch.equal(tensors[key], value)
    assert trial.last == trial.marks[1].judged
    assert trial.last.sharpness is None
    assert trial.failure == ""
    assert trial.seconds > 0


@pytest.mark.parametrize(
    ("marks", "batch_size", "samples", "expected"),
    [
        pytest.param(1, 16, 1024, [1024], marks=pytest.mark.slow),
        # looked at every 512: the first look after 683 and 1365
        pytest.param(3, 16, 2048, [1024, 1536, 2048], marks=pytest.mark.slow),
        pytest.param(8, 16, 1024, [512, 1024], marks=pytest.mark.slow),  # more marks than looks
        (2, 64, 1000, [512, 1024]),
        (2, 100, 250, [300]),
    ],
)
def test_marks_are_at_the_first_look_after_equal_parts(
    small, tmp_path, marks, batch_size, samples, expected
):
    training = {"batch_size": batch_size, "samples": samples}
    trial = run_trial(small(training=training, marks=marks), tmp_path)
    assert [mark.samples for mark in trial.marks] == expected


@pytest.mark.parametrize(
    "samples", [512, *(pytest.param(s, marks=pytest.mark.slow) for s in (1024, 1536, 2048))]
)
def test_interrupted_at_any_look_it_comes_to_the_same_bits(small, tmp_path, monkeypatch, samples):
    settings = small(training={"samples": 2048}, lens=LensSettings(planes=2, steps=11, samples=8))
    whole = run_trial(settings, tmp_path / "whole")
    judge, interrupted = Judge.__call__, []

    def interrupt_once(self, model, seen):
        if seen == samples and not interrupted:
            interrupted.append(seen)
            raise KeyboardInterrupt
        judge(self, model, seen)

    monkeypatch.setattr(Judge, "__call__", interrupt_once)
    monkeypatch.setattr(  # the state is written at every look, not twice a minute
        sys.modules["lamp.training.train"],
        "PartialSaver",
        lambda run, path, identity, _: PartialSaver(run, path, identity, 0),
    )
    with pytest.raises(KeyboardInterrupt):
        run_trial(settings, tmp_path / "cut")
    assert interrupted == [samples]
    assert not Files(tmp_path / "cut", settings).result.exists()
    cut = run_trial(settings, tmp_path / "cut")
    assert cut.marks == whole.marks
    assert cut.last.sharpness is not None
    tensors = [read_tensors(Files(tmp_path / n, settings).checkpoint)[0] for n in ("whole", "cut")]
    for key, value in tensors[0].items():
        assert torch.equal(tensors[1][key], value)
    assert not Files(tmp_path / "cut", settings).marks.exists()


def test_a_finished_trial_is_read(small, tmp_path, monkeypatch):
    settings = small(lens=LensSettings(planes=2, steps=11, samples=8))
    trial = run_trial(settings, tmp_path)
    model = Autoencoder(16, depth=3, width=4)
    tensors, _ = read_tensors(Files(tmp_path, settings).checkpoint)
    model.load_state_dict(tensors)
    task = load_task(settings.task, None)
    train_on, _ = hold_out(len(task.normal), 0.1, seed=0)
    assert trial.last.sharpness == measure_sharpness(model, task.normal[train_on], settings.lens)
    monkeypatch.setattr("lamp.experiments.run.train", None)
    assert run_trial(settings, tmp_path) == trial


def test_a_result_under_a_wrong_name_is_refused(small, tmp_path):
    settings, other = small(), small(training={"seed": 1})
    run_trial(settings, tmp_path)
    shutil.copy(Files(tmp_path, settings).result, Files(tmp_path, other).result)
    with pytest.raises(ValueError, match="is of other settings than its name says: remove it"):
        run_trial(other, tmp_path)


def test_a_training_that_diverges_is_a_result(small, tmp_path, monkeypatch):
    settings = small(training={"learning_rate": 1e30}, lens=LensSettings())
    trial = run_trial(settings, tmp_path)
    assert trial.failure.startswith("the training loss became ")
    assert "lower the learning rate (1e+30)" in trial.failure
    assert trial.marks == ()
    monkeypatch.setattr("lamp.experiments.run.train", None)
    assert run_trial(settings, tmp_path) == trial


def test_scores_that_are_not_finite_are_a_failure_too(small, tmp_path, monkeypatch):
    monkeypatch.setattr("lamp.experiments.judge.anomaly_scores", lambda *_: np.array([0.1, np.inf]))
    trial = run_trial(small(), tmp_path)
    assert trial.failure == "scores are NaN or infinite: lower the learning rate"
    assert trial.marks == ()


@pytest.fixture
def of_folder(small, category):
    """A trial on a small category, and the folder that it is in."""
    task = TaskSettings(data="folder", category=category.name, size=16)
    return small(task=task, training={"samples": 512, "batch_size": 8}), category.parent


def test_a_folder_is_a_task(of_folder, tmp_path):
    settings, root = of_folder
    trial = run_trial(settings, tmp_path / "out", root)
    assert settings.key.startswith("tiles_l2-lamp_batch8_seed0_")
    task = load_task(settings.task, root)
    assert task.name == "tiles"
    assert task.labels.tolist() == [0] * 6 + [1] * 8
    assert trial.data == task.digest
    model = Autoencoder(16, depth=3, width=4)
    model.load_state_dict(read_tensors(Files(tmp_path / "out", settings).checkpoint)[0])
    assert trial.last.auroc == pytest.approx(area(scores_of(model, task.test), task.labels))
    stored = json.loads(Files(tmp_path / "out", settings).result.read_text())
    assert stored["marks"][-1]["judged"]["auroc"] == trial.last.auroc


@pytest.mark.parametrize("removed", [("spot", "hole"), ("good",), ("good", "spot", "hole")])
def test_without_both_kinds_of_test_images_there_is_no_auroc(of_folder, tmp_path, removed):
    settings, root = of_folder
    with_test = run_trial(settings, tmp_path / "with", root)
    load_task.__globals__["_folder"].cache_clear()
    shutil.rmtree(root / "tiles" / "ground_truth")
    for kind in removed:
        shutil.rmtree(root / "tiles" / "test" / kind)
    without = run_trial(settings, tmp_path / "without", root)
    assert [mark.judged.auroc for mark in without.marks] == [None]
    assert [m.judged.held_out for m in without.marks] == [
        m.judged.held_out for m in with_test.marks
    ]
    assert run_trial(settings, tmp_path / "without", root) == without
    assert without.data != with_test.data


def test_other_images_are_refused(of_folder, tmp_path):
    settings, root = of_folder
    run_trial(settings, tmp_path / "out", root)
    Image.new("L", (16, 16), 130).save(root / "tiles" / "test" / "spot" / "001.png")
    load_task.__globals__["_folder"].cache_clear()  # as in another process
    expected = "expected the images of tiles that the stored trials saw, got others: give another"
    with pytest.raises(ValueError, match=expected):
        run_trial(settings, tmp_path / "out", root)


def test_data_that_are_missing(small, tmp_path):
    with pytest.raises(ValueError, match="mnist needs --data-root, the folder that holds it"):
        run_trial(small(task=TaskSettings(normal=3)), tmp_path)
    with pytest.raises(FileNotFoundError, match=f"no folder {tmp_path / 'here'}"):
        run_trial(small(task=TaskSettings(normal=3)), tmp_path, tmp_path / "here")
    task = TaskSettings(data="folder", category="screw", size=16)
    with pytest.raises(FileNotFoundError, match=f"{tmp_path / 'screw'}"):
        run_trial(small(task=task), tmp_path, tmp_path)
    with pytest.raises(ValueError, match=r"a class of digits, one of 0, 1, .*, got 10"):
        run_trial(small(task=TaskSettings(data="digits", normal=10, size=16)), tmp_path)
    assert not list(tmp_path.iterdir())
