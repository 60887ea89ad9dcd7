"""Many trials over processes, and what is refused before the first is trained."""

import json
from dataclasses import replace

import pytest
import torch
from PIL import Image

import lamp.experiments.run as run_room
from lamp.checkpoint import read_tensors
from lamp.experiments import TaskSettings, check_trials, load_task, run_trial, run_trials
from lamp.experiments.judge import Judge
from lamp.experiments.table import tabulate
from lamp.experiments.trial import Files
from lamp.models.settings import ModelSettings
from tests.lamp.stamps import stamped


def without_seconds(trials):
    return [replace(trial, seconds=0.0) for trial in trials]


@pytest.fixture
def one_thread():
    """Compute as worker processes do: the number of threads decides about last bits."""
    found = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(found)


@pytest.mark.slow
@pytest.mark.usefixtures("one_thread")
def test_two_processes_come_to_what_one_does(small, tmp_path):
    trials = [small(training={"seed": seed, "samples": 256}) for seed in (2, 0, 1)]
    trials += [small(training={"learning_rate": 1e30}), trials[0]]  # the last is there twice
    one_by_one = [run_trial(trial, tmp_path / "single") for trial in trials]
    run_trial(trials[1], tmp_path / "two")  # is read
    told = []
    found = run_trials(trials, tmp_path / "two", workers=2, progress=lambda *now: told.append(now))
    assert without_seconds(found) == without_seconds(one_by_one)
    assert found[0] is found[4]
    assert [(done, total) for done, total, _ in told] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert told[0][2] == {"expected": pytest.approx(told[0][2]["expected"]), "workers": 2}
    assert 0 < told[0][2]["expected"] < 60
    names = {info["trial"]: info["AUROC"] for _, _, info in told[1:]}
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


@pytest.mark.usefixtures("one_thread")
def test_a_trial_that_stops_goes_on_to_the_same_bits(small, tmp_path):
    settings = small(training={"samples": 1536}, marks=3)
    whole = run_trial(settings, tmp_path / "whole")
    (first,) = run_trials([settings], tmp_path / "parts", workers=1, until=1)
    assert not first.finished
    assert first.marks == whole.marks[:1]
    parts = Files(tmp_path / "parts", settings)
    assert parts.checkpoint.with_suffix(".partial.safetensors").is_file()
    assert not parts.checkpoint.exists()
    assert parts.read() is None
    assert list(tabulate([first])["end"]) == [False]
    assert run_trial(settings, tmp_path / "parts", until=2).marks == whole.marks[:2]
    end = run_trial(settings, tmp_path / "parts")
    assert end.finished
    assert end.marks == whole.marks
    tensors = [
        read_tensors(Files(tmp_path / n, settings).checkpoint)[0] for n in ("whole", "parts")
    ]
    assert all(torch.equal(tensors[1][key], value) for key, value in tensors[0].items())
    for until in (1, 2, 3):  # a search that is repeated decides by what it knew then
        assert parts.read(until).marks == whole.marks[:until]


def test_what_diverges_later_counts_at_a_mark_as_it_did_before(small, tmp_path, monkeypatch):
    settings = small(training={"samples": 1024, "batch_size": 512})
    early = run_trial(settings, tmp_path, until=1)
    judgement = Judge._judgement
    monkeypatch.setattr(Judge, "_judgement", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run_trial(settings, tmp_path)

    def diverge(*_, **__):
        raise FloatingPointError("scores are NaN")

    monkeypatch.setattr(Judge, "_judgement", diverge)
    late = run_trial(settings, tmp_path)
    monkeypatch.setattr(Judge, "_judgement", judgement)
    assert (late.failure, late.marks, late.finished) == ("scores are NaN", (), True)
    assert run_trial(settings, tmp_path) == late
    assert run_trial(settings, tmp_path, until=1) == early


def test_marks_that_were_removed_are_found_anew(small, tmp_path):
    settings = small(training={"batch_size": 512})
    expected = run_trial(settings, tmp_path)
    files = Files(tmp_path, settings)
    files.result.unlink()
    assert run_trial(settings, tmp_path).marks == expected.marks
    files.result.unlink()
    files.checkpoint.unlink()
    run_trial(settings, tmp_path, until=1)
    files.marks.unlink()
    assert run_trial(settings, tmp_path).marks == expected.marks


def edited(change, *, stamp=False):
    def edit(text):
        found = json.loads(text)
        change(found)
        return json.dumps(stamped(found) if stamp else found)

    return edit


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda _: "null", "expected a JSON object, got NoneType"),
        (lambda _: "[1]", "expected a JSON object, got list"),
        (lambda _: "{}", "not those that were written"),
        (lambda text: text[:-9], "JSONDecodeError"),
        (edited(lambda found: found.pop("settings")), "not those that were written"),
        (edited(lambda found: found.update(more=1)), "not those that were written"),
        (edited(lambda found: found.pop("sha256")), "not those that were written"),
        (edited(lambda found: found.update(marks=[])), "not those that were written"),
        (edited(lambda found: found["marks"].pop(0)), "not those that were written"),
        (
            edited(lambda found: found["marks"][1]["judged"].update(held_out=1e-9)),
            "not those that were written",
        ),
        (
            edited(lambda found: found.update(marks=[]), stamp=True),
            r"it has marks at \[\] images, not at \[512, 1024\]",
        ),
        (
            edited(lambda found: found["marks"][1]["judged"].update(held_out="small"), stamp=True),
            "ValidationError.*held_out.*valid number",
        ),
    ],
)
def test_results_that_were_damaged_or_edited_are_named(start, fake, tmp_path, edit, message):
    settings = start.model_copy(
        update={"training": start.training.model_copy(update={"samples": 1024})}
    )
    (trial,) = fake()([settings])
    files = Files(tmp_path, settings)
    files.write(trial)
    assert files.read() == trial
    files.result.write_text(edit(files.result.read_text()))
    with pytest.raises(ValueError, match=rf"{files.result.name} is damaged \(.*({message})"):
        run_trials([settings], tmp_path, workers=1)
