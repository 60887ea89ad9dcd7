import json
import re

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from lamp.checkpoint import read_tensors, save_checkpoint, write_tensors
from lamp.data import ImageSet, hold_out
from lamp.detection import anomaly_scores, fit_detector, load_detector
from lamp.losses import BaseLoss, LampLoss
from lamp.models import Autoencoder
from lamp.training import TrainingSettings, train

SETTINGS = TrainingSettings(batch_size=8, samples=64, seed=5)


def normal_images(count=20):
    return torch.rand(count, 1, 16, 16, generator=torch.Generator().manual_seed(0))


def fit(path, images, loss=None, settings=SETTINGS, **how):
    model = Autoencoder(16, width=2, depth=2)
    return fit_detector(model, loss or BaseLoss(), images, settings, path=path, **how)


def test_a_detector_is_a_training_and_the_scores_of_what_was_held_out(tmp_path):
    images, path = normal_images(), tmp_path / "a.safetensors"
    detector = fit(path, images, LampLoss("l1"), fraction=0.25)
    chosen, held_out = hold_out(20, 0.25, seed=5)
    reference = Autoencoder(16, width=2, depth=2)
    train(reference, LampLoss("l1"), images[chosen], SETTINGS)
    for name, value in reference.state_dict().items():
        torch.testing.assert_close(detector.model.state_dict()[name], value)
    expected = anomaly_scores(reference, images[held_out])
    np.testing.assert_allclose(detector.held_out, expected, rtol=1e-6)
    assert (detector.size, detector.channels, detector.seed) == (16, 1, 5)
    assert detector.latent == 4 * 4 * 4  # channels x height x width after two halvings
    assert detector.loss == "L1-LAMP"
    assert detector.info["finished"]


def test_images_to_choose_by_and_to_calibrate_on_are_named(tmp_path):
    images, path = normal_images(), tmp_path / "a.safetensors"
    detector = fit(path, images, choose=torch.tensor([1, 5]), calibrate=[0, 7, 9])
    train_on = [i for i in range(20) if i not in (0, 1, 5, 7, 9)]
    assert detector.info["detection"]["split"] == {
        "train": train_on,
        "choose": [1, 5],
        "calibrate": [0, 7, 9],
    }
    expected = anomaly_scores(detector.model, images[[0, 7, 9]])
    np.testing.assert_array_equal(detector.held_out, expected)
    found, held_out = detector.split(images)
    assert torch.equal(found, images[train_on])
    assert torch.equal(held_out, images[[0, 7, 9]])


def test_images_to_choose_by_are_not_drawn_to_calibrate_on(tmp_path):
    _, drawn = hold_out(20, 0.1, seed=SETTINGS.seed)
    detector = fit(tmp_path / "a.safetensors", normal_images(), choose=drawn)
    parts = detector.info["detection"]["split"]
    assert [len(parts[name]) for name in ("train", "choose", "calibrate")] == [16, 2, 2]
    assert parts["choose"] == drawn.tolist()
    assert "fraction" not in detector.info["detection"]


@pytest.mark.parametrize(
    ("calibrate", "choose", "message"),
    [
        ([], [], "at least one image to calibrate on, got none"),
        ([3, 4], [4], r"indices from 0 to 19, each once, .*got \[4, 3, 4\]"),
        ([20], [], r"got \[20\]"),
        ([-1], [], r"got \[-1\]"),
        (range(10), range(10, 20), "images to train on, got all 20 held out"),
    ],
)
def test_a_split_that_cannot_be(tmp_path, calibrate, choose, message):
    with pytest.raises(ValueError, match=message):
        fit(tmp_path / "a.safetensors", normal_images(), calibrate=calibrate, choose=choose)
    assert not list(tmp_path.iterdir())


class DeadPixel(Autoencoder):
    """Reconstructs one pixel always white."""

    def forward(self, images):
        white = torch.zeros(16, 16)
        white[3, 5] = 1.0
        return torch.maximum(super().forward(images), white)


@pytest.mark.parametrize(
    ("loss", "remedy"),
    [
        (LampLoss(), "train with LAMP's maximum detached"),
        (LampLoss(detach=True), "look at that place in the images"),
    ],
)
def test_a_pixel_that_is_given_away_is_noted(tmp_path, loss, remedy):
    images, path = 0.05 * normal_images(), tmp_path / "a.safetensors"
    model = DeadPixel(16, width=2, depth=2)
    fit_detector(model, loss, images, SETTINGS, path=path, fraction=0.25)
    detector = load_detector(path, DeadPixel(16, width=2, depth=2))
    (note,) = detector.notes
    assert "one pixel, row 3, column 5, is the worst of 5 of 5 held-out images and has " in note
    assert remedy in note
    assert detector.score(images[0]).notes[0] == note
    assert detector.score(images[0]).scored.reconstructions[0, 0, 3, 5] == 1.0


def test_copies_of_images_trained_on_are_noted(tmp_path):
    images = normal_images()
    images[7] = images[8]
    copied = fit(tmp_path / "a.safetensors", images, calibrate=[7, 9])
    assert "1 of 2 held-out images are copies of images trained on" in copied.notes[0]
    assert fit(tmp_path / "b.safetensors", images, calibrate=[9, 10]).notes == ()


def test_a_held_out_image_never_lies_above_the_threshold_that_it_gave(tmp_path):
    images = normal_images()
    detector = fit(tmp_path / "a.safetensors", images, fraction=0.25)
    _, held_out = hold_out(20, 0.25, seed=5)
    assert not any(detector.score(images[index]).anomalous for index in held_out)
    together = detector.score(images).scores[held_out]
    np.testing.assert_array_equal(together, detector.held_out)


def test_black_and_white_of_the_images_trained_on_are_kept(tmp_path):
    images = ImageSet(paths=(), images=normal_images(), intensity=(0.0, 4095.0))
    path = tmp_path / "a.safetensors"
    assert fit(path, images).intensity == load_detector(path).intensity == (0.0, 4095.0)
    twelve = (normal_images()[0].numpy() * 4095).round().astype(np.uint16)
    scores = load_detector(path).score(twelve).scores
    assert scores == pytest.approx(load_detector(path).score(normal_images()[:1]).scores, rel=1e-3)
    Image.fromarray(twelve[0]).save(tmp_path / "a.png")
    np.testing.assert_array_equal(load_detector(path).score(tmp_path / "a.png").scores, scores)
    assert not load_detector(path).score(tmp_path / "a.png").notes[:-1]
    eight = fit(tmp_path / "b.safetensors", normal_images())
    assert eight.intensity is None
    note = eight.score(tmp_path / "a.png").notes[0]
    assert "of which the detector saw none: 0 was taken as black and 4095 as white" in note


def test_a_detector_of_another_version_is_refused(tmp_path):
    images, path = normal_images(), tmp_path / "a.safetensors"
    detector = fit(path, images)
    for change, message in (
        ({"held_out_scores": []}, "without held-out scores"),
        ({"held_out_scores": "none"}, "without held-out scores"),
        ({"split": ...}, "without split"),
    ):
        record = {**detector.info["detection"], **change}
        record = {key: value for key, value in record.items() if value is not ...}
        save_checkpoint(path, detector.model, {**detector.info, "detection": record})
        with pytest.raises(ValueError, match=f"a detector of another version, {message}"):
            load_detector(path)


@pytest.mark.filterwarnings("ignore:The given buffer is not writable")  # torch 2.11 of its own
def test_a_model_goes_where_there_is_torch_alone(tmp_path):
    images = normal_images()
    detector = fit(tmp_path / "a.safetensors", images)
    image = images[:1]
    torch.export.save(torch.export.export(detector.model, (image,)), tmp_path / "a.pt2")
    model = torch.export.load(tmp_path / "a.pt2").module()
    score = (model(image) - image).square().mean().item()
    assert score == pytest.approx(detector.score(image).scores.item(), rel=1e-4)


def test_what_was_written_is_what_is_read(tmp_path):
    images, path = normal_images(), tmp_path / "a.safetensors"
    written, read = fit(path, images), load_detector(path)
    np.testing.assert_array_equal(read.held_out, written.held_out)
    assert read.info == written.info == json.loads(path.with_suffix(".json").read_text())
    assert read.loss == "L2"
    assert not read.model.training


def test_the_same_call_again_trains_nothing(tmp_path):
    images, path = normal_images(), tmp_path / "a.safetensors"
    first, again = fit(path, images), fit(path, images)
    assert first.info == again.info  # the time it took, too


def test_an_interrupted_training_goes_on(tmp_path):
    class StopError(Exception):
        pass

    def stop(done, total, info):
        raise StopError

    images = normal_images()
    settings = TrainingSettings(batch_size=8, samples=1536)
    model = Autoencoder(16, width=2, depth=2)
    whole = fit(tmp_path / "whole.safetensors", images, settings=settings)
    chosen, _ = hold_out(20, 0.1)
    path = tmp_path / "parts.safetensors"
    with pytest.raises(StopError):
        train(model, BaseLoss(), images[chosen], settings, path=path, progress=stop, save_every=0)
    partial = path.with_suffix(".partial.safetensors")
    with pytest.raises(ValueError, match="is of a training that is not finished"):
        load_detector(partial)
    parts = fit(path, images, settings=settings)
    assert not partial.exists()
    np.testing.assert_array_equal(parts.held_out, whole.held_out)


def test_a_training_that_ended_before_its_scores_were_written(tmp_path):
    images, path = normal_images(), tmp_path / "a.safetensors"
    chosen, _ = hold_out(20, 0.1, seed=5)
    train(Autoencoder(16, width=2, depth=2), BaseLoss(), images[chosen], SETTINGS, path=path)
    with pytest.raises(ValueError, match="without held-out scores, one of Autoencoder"):
        load_detector(path)
    assert len(fit(path, images).held_out) == 2


def test_the_split_is_found_again_in_the_same_images_only(tmp_path):
    images = normal_images()
    detector = fit(tmp_path / "a.safetensors", images)
    chosen, held_out = hold_out(20, 0.1, seed=5)
    train_images, rest = detector.split(images)
    assert torch.equal(train_images, images[chosen])
    assert torch.equal(rest, images[held_out])
    assert detector.split(images.flip(0)) is None
    assert detector.split(images[:-1]) is None


def test_batches_larger_than_the_set(tmp_path):
    settings = TrainingSettings(batch_size=19, samples=64)
    message = r"at most 18, the number of images to train on \(20 less 2 held out\), got 19: "
    message += r"take a smaller batch \(`lamp train --batch-size`\)"
    with pytest.raises(ValueError, match=message):
        fit(tmp_path / "a.safetensors", normal_images(), settings=settings)
    assert not list(tmp_path.iterdir())


def test_images_trained_on_are_told_from_others(tmp_path):
    images, path = normal_images(), tmp_path / "a.safetensors"
    new = torch.rand(3, 1, 16, 16, generator=torch.Generator().manual_seed(1))
    detector = fit(path, images, calibrate=[0, 7], choose=[4])
    decided = detector.score(torch.cat([new, images]))
    assert np.flatnonzero(~decided.trained_on).tolist() == [0, 1, 2, 3 + 0, 3 + 4, 3 + 7]
    note = "17 of these 23 images were trained on: their scores are too low and their p-values mean"
    assert decided.notes[0] == f"{note} nothing"
    statuses = [row["status"] for row in decided.rows()]
    assert statuses[2:5] == ["scored", "scored", "trained on"]
    one = "this image was trained on: its score is too low and its p-value means nothing"
    assert detector.score(images[1]).notes[0] == one
    two = one.replace("this image", "1 of these 2 images")
    assert detector.score(images[:2]).notes[0] == two


def test_a_detector_without_digests_of_images_says_nothing_of_them(tmp_path):
    images, path = normal_images(), tmp_path / "a.safetensors"
    fit(path, images)
    tensors, info = read_tensors(path)
    assert len(info["detection"].pop("trained_on")) == 18
    write_tensors(path, tensors, info)
    decided = load_detector(path).score(images)
    assert not decided.trained_on.any()
    assert "trained on" not in " ".join(decided.notes)
    assert {row["status"] for row in decided.rows()} == {"scored"}
    assert len(fit(path, images).trained_on) == 18  # the same training, which is not repeated


def test_another_training_is_not_overwritten(tmp_path):
    images, path = normal_images(), tmp_path / "a.safetensors"
    fit(path, images)
    with pytest.raises(ValueError, match="belongs to another training: loss was"):
        fit(path, images, LampLoss())


def test_checkpoints_of_another_kind(tmp_path):
    plain = save_checkpoint(tmp_path / "plain.safetensors", torch.nn.Linear(2, 2))
    with pytest.raises(ValueError, match=r"without held-out scores, one of Linear: .*plain"):
        load_detector(plain)
    foreign = tmp_path / "foreign.safetensors"
    save_file({"weight": torch.zeros(2)}, foreign)
    with pytest.raises(ValueError, match="without held-out scores, one of another program"):
        load_detector(foreign)
    (tmp_path / "run.h5").write_bytes(b"\x89HDF\r\n" + bytes(100))
    with pytest.raises(ValueError, match=r"run.h5 is damaged or no safetensors file"):
        load_detector(tmp_path / "run.h5")
    with pytest.raises(FileNotFoundError, match=r"no checkpoint .*none"):
        load_detector(tmp_path / "none.safetensors")


@pytest.mark.parametrize(
    "damage",
    [
        lambda info: info.update(detection={}),
        lambda info: info.update(detection=[]),
        lambda info: info.update(detection=3),
        lambda info: info.update(detection=None),
        lambda info: info.pop("settings"),
        lambda info: info.update(settings={"seed": "x"}),
        lambda info: info["detection"].pop("size"),
        lambda info: info["detection"].update(size=10**9),
        lambda info: info["detection"].update(size=None),
        lambda info: info["detection"].update(channels=3),
        lambda info: info["detection"].update(intensity=[1]),
        lambda info: info["detection"].update(notes=7),
        lambda info: info["detection"].update(trained_on=7),
        lambda info: info["detection"].update(held_out_scores=[1.0, float("nan")]),
        lambda info: info["detection"].update(held_out_scores={}),
        lambda info: (info.pop("detection"), info.update(model=[])),
    ],
)
def test_a_damaged_record_is_named(tmp_path, damage):
    path = tmp_path / "a.safetensors"
    fit(path, normal_images())
    tensors, info = read_tensors(path)
    damage(info)
    write_tensors(path, tensors, info)
    with pytest.raises(ValueError, match=re.escape(str(path))):
        load_detector(path)
