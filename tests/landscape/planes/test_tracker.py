"""Checkpoints of a training: whole files, one path, whatever happens in between."""

import math

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from landscape import Tracker
from landscape.errors import LandscapeError
from landscape.planes.runs import read_run


def network(width=3):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, width), nn.BatchNorm1d(width), nn.Linear(width, 1))


def filled(folder, steps):
    tracker = Tracker(folder)
    for step in steps:
        tracker.record(
            network(), step=step, loss=torch.tensor(1.0 / (1 + step), requires_grad=True)
        )
    return tracker


def test_a_file_a_checkpoint_with_buffers_step_and_loss(tmp_path):
    model = network()
    model(torch.randn(8, 2))
    tracker = Tracker(tmp_path / "new" / "run")
    assert tracker.steps == ()
    tracker.record(nn.DataParallel(model), step=3, loss=0.25)
    tracker.record(model, step=10)
    first, second = tracker.records
    assert (first.step, first.loss, second.step) == (3, 0.25, 10)
    assert math.isnan(second.loss)
    held = load_file(first.path)
    assert held.keys() == model.state_dict().keys()
    assert all(torch.equal(held[n], v.cpu()) for n, v in model.state_dict().items())
    assert sorted(tracker.folder.iterdir()) == [first.path, second.path]


def test_tied_parameters_and_parts_of_one_buffer_are_written_once_each(tmp_path):
    flat = torch.arange(8.0)
    model = nn.Module()
    model.a, model.b = nn.Parameter(flat[:4].view(2, 2)), nn.Parameter(flat[4:])
    model.same = model.a
    Tracker(tmp_path).record(model, step=0)
    held = load_file(read_run(tmp_path)[0].path)
    assert {n: v.tolist() for n, v in held.items()} == {
        "a": [[0, 1], [2, 3]],
        "b": [4, 5, 6, 7],
    }


def test_tensors_that_are_spread_over_processes_are_refused(tmp_path):
    class Spread(torch.Tensor):
        def full_tensor(self):
            raise AssertionError("all processes would have to ask")

    model = nn.Linear(2, 1)
    model.register_buffer("table", torch.ones(2).as_subclass(Spread))
    with pytest.raises(LandscapeError, match="cannot record 'table': its values are spread over s"):
        Tracker(tmp_path).record(model, step=0)


def test_a_training_taken_up_again_replaces_what_it_repeats(tmp_path):
    filled(tmp_path, [0, 10, 20, 30])
    (tmp_path / "best_25.pt").write_bytes(b"of somebody else")
    (tmp_path / ".step-000000040.7.tmp").write_bytes(b"half")  # left by a kill
    again = Tracker(tmp_path)
    again.record(network(), step=20)
    assert again.steps == (0, 10, 20)
    again.record(network(), step=25)
    assert again.steps == (0, 10, 20, 25)
    assert not list(tmp_path.glob(".*"))
    assert (tmp_path / "best_25.pt").exists()
    with pytest.raises(LandscapeError, match="expected a step after 25, got 25"):
        again.record(network(), step=25)


def test_a_kill_while_writing_leaves_what_was_there(tmp_path, monkeypatch):
    tracker = filled(tmp_path, [0, 1])

    def killed(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("landscape.files.os.fsync", killed)
    with pytest.raises(KeyboardInterrupt):
        tracker.record(network(), step=2)
    assert Tracker(tmp_path).steps == (0, 1)


def test_another_training_or_model_is_refused_and_overwritten_if_asked(tmp_path):
    filled(tmp_path, [5, 6])
    with pytest.raises(LandscapeError, match="holds a training from step 5 on: this one would"):
        Tracker(tmp_path).record(network(), step=0)
    wider = network(4)
    text = r"another architecture: '0.weight' is \(3, 2\) there and \(4, 2\) here"
    with pytest.raises(LandscapeError, match=text):
        Tracker(tmp_path).record(wider, step=7)
    assert Tracker(tmp_path).steps == (5, 6)
    anew = Tracker(tmp_path, overwrite=True)
    anew.record(wider, step=0)
    anew.record(wider, step=1)
    assert anew.steps == (0, 1)


@pytest.mark.parametrize("step", [-1, 0.5, True, "1"])
def test_steps_are_whole_numbers(tmp_path, step):
    with pytest.raises(LandscapeError, match="expected step to be a number from 0"):
        Tracker(tmp_path).record(network(), step=step)


def test_folders_of_others_are_ordered_by_their_numbers(tmp_path):
    for name in ("epoch_10.pt", "epoch_9.pt", "epoch_100.pt"):
        torch.save(network().state_dict(), tmp_path / name)
    assert [r.step for r in read_run(tmp_path)] == [9, 10, 100]
    torch.save({}, tmp_path / "best.pt")
    with pytest.raises(LandscapeError, match=r"cannot tell when best\.pt was: its name has no"):
        read_run(tmp_path)
    torch.save({}, tmp_path / "best.pt.tmp")
    (tmp_path / "best.pt").rename(tmp_path / "other_9.pt")
    with pytest.raises(LandscapeError, match=r"first: epoch_9\.pt and other_9\.pt in "):
        read_run(tmp_path)


def test_folders_of_trainers_hold_a_folder_a_checkpoint(tmp_path):
    for step in (500, 1000):
        Tracker(tmp_path / "x").record(network(), step=step)
        (tmp_path / f"checkpoint-{step}").mkdir()
        (file,) = (tmp_path / "x").glob("*")
        file.rename(tmp_path / f"checkpoint-{step}" / "model.safetensors")
    assert [r.step for r in read_run(tmp_path)] == [500, 1000]


def test_what_is_no_run_is_said(tmp_path):
    (tmp_path / "step_1.safetensors").write_bytes(b"damaged")
    for folder, text in {
        tmp_path: "cannot read ",
        tmp_path / "none": "expected a folder of checkpoints, got nothing there: ",
        tmp_path / "step_1.safetensors": "expected a folder of checkpoints, got a file: ",
    }.items():
        with pytest.raises(LandscapeError, match=text) as error:
            read_run(folder)
        assert "\n" not in str(error.value)
    (tmp_path / "empty").mkdir()
    with pytest.raises(LandscapeError, match=r"expected checkpoints in .*, found none"):
        read_run(tmp_path / "empty")
