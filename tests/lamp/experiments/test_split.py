"""Images that are trained on, chosen by and calibrated on, and the threshold that comes of it."""

import pytest
import torch

from lamp.checkpoint import load_checkpoint
from lamp.detection import anomaly_scores
from lamp.experiments import load_task, run_trial, split_indices
from lamp.experiments.detector import write_detector
from lamp.experiments.trial import Files


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("count", [10, 128, 1001])
def test_the_parts_are_disjoint_and_whole(small, count, seed):
    settings = small(held_out=0.2, training={"seed": seed})
    whole = split_indices(settings, count)
    assert len(whole.calibrate) == 0
    parts = split_indices(settings.model_copy(update={"calibrate": True}), count)
    assert torch.equal(parts.train, whole.train)
    assert sorted([*parts.choose.tolist(), *parts.calibrate.tolist()]) == whole.choose.tolist()
    assert sorted([*parts.train.tolist(), *whole.choose.tolist()]) == list(range(count))
    assert abs(len(parts.choose) - len(parts.calibrate)) <= 1


def test_one_held_out_image_cannot_do_both(small):
    with pytest.raises(ValueError, match=r"at least 2 held-out images, half .* 1 of 10"):
        split_indices(small(held_out=0.1, calibrate=True), 10)


def test_the_threshold_comes_from_images_that_nothing_was_chosen_by(small, tmp_path):
    settings = small(held_out=0.2, calibrate=True, marks=1, training={"batch_size": 64})
    trial = run_trial(settings, tmp_path / "trials")
    detector = write_detector(trial, tmp_path / "trials", tmp_path / "chosen.safetensors")
    normal = load_task(settings.task, None).normal
    split = split_indices(settings, len(normal))
    _, info = load_checkpoint(tmp_path / "chosen.safetensors")
    assert info["detection"]["split"] == {
        "train": split.train.tolist(),
        "choose": split.choose.tolist(),
        "calibrate": split.calibrate.tolist(),
    }
    scores = anomaly_scores(detector.model, normal)
    assert detector.held_out == pytest.approx(scores[split.calibrate], rel=1e-4)
    assert trial.last.held_out == pytest.approx(scores[split.choose].mean(), rel=1e-4)
    trained_on, calibrated_on = detector.split(normal)
    assert torch.equal(trained_on, normal[split.train])
    assert torch.equal(calibrated_on, normal[split.calibrate])
    checkpoint = Files(tmp_path / "trials", settings).checkpoint
    checkpoint.write_bytes(checkpoint.read_bytes()[:-9])
    with pytest.raises(ValueError, match=f"{checkpoint.name} is damaged"):
        write_detector(trial, tmp_path / "trials", tmp_path / "chosen.safetensors")
    checkpoint.unlink()
    with pytest.raises(FileNotFoundError, match=f"no checkpoint .*{checkpoint.name}"):
        write_detector(trial, tmp_path / "trials", tmp_path / "chosen.safetensors")
    assert (tmp_path / "chosen.safetensors").is_file()  # the detector that was there
