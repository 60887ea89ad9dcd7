"""Many trials over processes, and what is refused before the first is trained."""

from dataclasses import replace

import pytest
import torch
from PIL import Image

import lamp.experiments.run as run_room
from lamp.experiments import TaskSettings, check_trials, load_task, run_trial, run_trials
from lamp.experiments.trial import Files
from lamp.models.settings import ModelSettings


def without_seconds(trials):
    return [replace(trial, seconds=0.0) for trial in trials]


@pytest.fixture
def one_thread():
    """Compute as worker processes do: the number of threads decides about last bits."""
    found = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(found)


@pytest.mark.usefixtures("one_thread")
def test_two_processes_come_to_what_one_does(small, tmp_path):
    trials = [small(training={"seed": seed}) for seed in (2, 0, 1)]
    trials += [small(training={"learning_rate": 1e30}), trials[0]]  # the last is there twice
    one_by_one = [run_trial(trial, tmp_path / "single") for trial in trials]
    run_trial(trials[1], tmp_path / "two")  # is read
    told = []
    found = run_trials(trials, tmp_path / "two", workers=2, progress=lambda *now: told.append(now))
    assert without_seconds(found) == without_seconds(one_by_one)
    assert found[0] is found[4]
    assert [(done, total) for done, total, _ in told] == [(2, 4), (3, 4), (4, 4)]
    names = {info["trial"]: info["AUROC"] for _, _, info in told}
    assert names[trials[3].key] == "diverged"
    assert names[trials[0].key] == f"{found[0].last.auroc:.3f}"


def test_what_is_done_needs_neither_processes_nor_data(small, tmp_path, monkeypatch):
    expected = run_trial(small(), tmp_path)
    monkeypatch.setattr(run_room, "load_task", None)
    monkeypatch.setattr("landscape.running.pool.Pool._start", None)
    assert run_trials([small()], tmp_path, workers=2) == [expected]


def test_trials_are_not_added_to_those_of_other_images(small, category, tmp_path):
    task = TaskSettings(data="folder", category="tiles", size=16)
    first, second = (
        small(task=task, training={"samples": 64, "batch_size": 8, "seed": seed}) for seed in (0, 1)
    )
    run_trial(first, tmp_path / "out", category.parent)
    Image.new("L", (16, 16), 130).save(category / "train" / "good" / "001.png")
    load_task.__globals__["_folder"].cache_clear()  # as in another process
    with pytest.raises(ValueError, match="expected the images of tiles that the stored trials saw"):
        run_trials([first, second], tmp_path / "out", root=category.parent, workers=1)
    assert not Files(tmp_path / "out", second).result.exists()


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"training": {"batch_size": 116}}, r"at most 115, .* \(128 less 13 held out\), got 116"),
        ({"model": ModelSettings(size=16, kernel_size=4)}, "expected an odd kernel_size"),
        ({"model": ModelSettings(size=24, depth=4)}, "expected images of 1 channel, 24 x 24"),
        ({"model": ModelSettings(size=16, channels=3)}, "of 3 channels, 16 x 16 pixels for the"),
        (
            {"model": ModelSettings(size=16, depth=4), "training": {"batch_size": 1}},
            "a batch of 1 cannot be trained on with a 1x1 bottleneck",
        ),
    ],
)
def test_trials_that_cannot_be_run(small, parts, message):
    task = load_task(small().task, None)
    with pytest.raises(ValueError, match=message):
        check_trials([small(), small(**parts)], task)


def test_trials_that_can(small):
    task = load_task(small().task, None)
    bottleneck = ModelSettings(size=16, depth=4, width=2)
    patched = bottleneck.model_copy(update={"patches": 2})
    check_trials(
        [
            small(training={"batch_size": 115}),
            small(training={"batch_size": 1}),
            small(model=bottleneck, training={"batch_size": 2}),
            small(model=patched, training={"batch_size": 1}),  # whose BatchNorm sees four patches
        ],
        task,
    )
