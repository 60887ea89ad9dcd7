"""From a folder of images to a detector, and what is said to bad input."""

import shutil

import pytest
from PIL import Image

from lamp.cli.commands import app
from lamp.detection import load_detector
from landscape.cli.run import run


def test_training_prints_the_split(tiny, shared_category, tmp_path, capsys):
    path = tmp_path / "a.safetensors"
    words = ["train", str(shared_category), "--out", str(path), *tiny]
    assert run(app, [*words, "--loss", "l1-lamp", "--epsilon", "0.2", "--epochs", "1"]) == 2
    assert "--samples or --epochs, got both" in capsys.readouterr().err
    words = [*words[: words.index("--samples")], "--epochs", "2"]
    assert run(app, [*words, "--loss", "l1-lamp", "--epsilon", "0.2", "--seed", "3"]) == 0
    out = capsys.readouterr().out
    assert "tiles: 24 normal images" in out
    assert "test: 6 normal, 8 anomalous (hole 4, spot 4)" in out
    assert "train 22, held out 2 (seed 3)" in out
    assert "probability at most 0.333" in out
    detector = load_detector(path)
    assert detector.loss == "L1-LAMP, maximum detached"
    assert "epsilon=0.2" in detector.info["loss"]
    assert detector.info["settings"]["samples"] == 44  # two passes over 22 images
    config = detector.info["model"]["config"]
    asked = {"size": 16, "channels": 1, "depth": 2, "width": 4, "kernel_size": 3}
    assert asked.items() <= config.items()


def few_images(category, count):
    """Leave so many normal images; return the words that train on them in batches by default."""
    for path in sorted((category / "train" / "good").iterdir())[count:]:
        path.unlink()
    return ["train", str(category), "--size", "16", "--depth", "2", "--width", "4", "--samples"]


def test_few_images_are_one_batch_by_default_and_promise_little(category, tmp_path, capsys):
    path = tmp_path / "a.safetensors"
    words = [*few_images(category, 12), "22", "--out", str(path)]
    assert run(app, [*words, "--batch-size", "16"]) == 1
    refused = capsys.readouterr().err
    assert "at most 11, the number of images to train on (12 less 1 held out), got 16" in refused
    assert "`lamp train --batch-size`" in refused
    assert not path.exists()
    assert run(app, words) == 0
    notes = capsys.readouterr().err
    assert "note: --batch-size is 11, the number of images to train on, not 16" in notes
    assert load_detector(path).info["settings"]["batch_size"] == 11


def test_what_the_split_promises_is_said_before_the_training(
    category, tmp_path, monkeypatch, capsys
):
    def stop(*_, **__):
        raise RuntimeError("the training begins")

    monkeypatch.setattr("lamp.detection.fit_detector", stop)
    words = [*few_images(category, 23), "22", "--out", str(tmp_path / "a.safetensors")]
    assert run(app, [*words, "--held-out", "0.04"]) == 1
    before, _, _ = capsys.readouterr().err.partition("the training begins")
    expected = (
        "note: 1 held-out image cannot promise a rate of false alarms of 0.05, which takes 19: the "
        "threshold is the largest score of them, which normal images exceed with probability up "
        "to 0.5; train with a larger `--held-out` or more normal images"
    )
    assert expected in before
    assert "--batch-size" not in before
    assert run(app, [*words, "--held-out", "0.83"]) == 1  # 19 of 23
    assert "cannot promise" not in capsys.readouterr().err


def test_the_same_command_again_trains_nothing(tiny, trained, shared_category, capsys):
    before = trained.with_suffix(".json").read_text()
    words = ["train", str(shared_category), "--out", str(trained), *tiny[:-1], "2048"]
    words += ["--held-out", "0.2"]
    assert run(app, words) == 0
    assert trained.with_suffix(".json").read_text() == before
    assert run(app, [*words, "--loss", "l2-lamp"]) == 1
    assert "belongs to another training: loss was" in capsys.readouterr().err


def test_training_without_test_images(tiny, category, tmp_path, capsys):
    shutil.rmtree(category / "test")
    shutil.rmtree(category / "ground_truth")
    out = tmp_path / "a.safetensors"
    assert run(app, ["train", str(category), "--out", str(out), *tiny]) == 0
    assert "test: none" in capsys.readouterr().out


def test_training_on_transparent_colour_images_says_what_was_done(tiny, category, tmp_path, capsys):
    for path in category.glob("t*/*/*.png"):
        with Image.open(path) as image:
            changed = image.convert("RGBA")
        changed.putpixel((0, 0), (0, 0, 0, 0))
        changed.save(path)
    out = tmp_path / "a.safetensors"
    assert run(app, ["train", str(category), "--out", str(out), *tiny]) == 0
    assert "note: train: 24 images are transparent (such as 000.png)" in capsys.readouterr().err
    assert load_detector(out).channels == 3


def test_channels_can_be_asked_for(tiny, shared_category, tmp_path):
    out = tmp_path / "a.safetensors"
    words = ["train", str(shared_category), "--out", str(out), *tiny, "--channels", "3"]
    assert run(app, words) == 0
    assert load_detector(out).channels == 3


def test_a_damaged_image_to_train_on_is_found_before_training(tiny, category, tmp_path, capsys):
    path = category / "train" / "good" / "002.png"
    path.write_bytes(path.read_bytes()[:60])
    out = tmp_path / "a.safetensors"
    assert run(app, ["train", str(category), "--out", str(out), *tiny]) == 1
    error = capsys.readouterr().err
    assert f"error: expected one whole image in {path}, which cannot be read" in error
    assert not out.exists()


def test_a_damaged_test_image_is_said_and_does_not_stop_a_training(
    tiny, category, tmp_path, capsys
):
    path = category / "test" / "spot" / "002.png"
    path.write_bytes(path.read_bytes()[:60])
    words = ["train", str(category), "--out", str(tmp_path / "a.safetensors"), *tiny]
    assert run(app, words) == 0
    captured = capsys.readouterr()
    assert "note: test: 1 of 14 files cannot be read; expected one whole image" in captured.err
    assert "6 normal, 7 anomalous (hole 4, spot 3)" in captured.out


def test_a_mask_without_image_is_found_before_training(tiny, category, tmp_path, capsys):
    (category / "test" / "spot" / "002.png").unlink()
    out = tmp_path / "a.safetensors"
    assert run(app, ["train", str(category), "--out", str(out), *tiny]) == 1
    assert "spot/002_mask.png has no image: expected" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--batch-size", "23"], 1, "got 23: take a smaller batch (`lamp train --batch-size`)"),
        (["--size", "18"], 2, "size to be a multiple of 2^depth = 4, got 18"),
        (["--out", "model.pt"], 1, "a file name ending in .safetensors, got 'model.pt'"),
        (["--out", "\udcff.safetensors"], 1, r"a checkpoint whose name is UTF-8, got \xff.safet"),
        (["--loss", "l3"], 2, "loss: input should be 'l2', 'l1'"),
        (["--held-out", "1"], 2, "--held-out: input should be less than 1"),
        (["--channels", "2"], 2, "channels: input should be 1 or 3"),
        (["--patches", "3"], 2, "patches per side to be a power of two below 2^depth = 4"),
        (["--learning-rate", "1e30"], 1, "lower the learning rate (1e+30)"),
    ],
)
def test_settings_that_cannot_be(
    tiny, shared_category, tmp_path, monkeypatch, capsys, words, code, message
):
    monkeypatch.chdir(tmp_path)
    kept = [word for pair in zip(tiny[::2], tiny[1::2], strict=True) if pair[0] != words[0]
            for word in pair]  # fmt: skip
    assert run(app, ["train", str(shared_category), *kept, *words]) == code
    errors = capsys.readouterr().err
    (line,) = [line for line in errors.splitlines() if line.startswith("error: ")]
    assert message in line
    assert "Traceback" not in errors
    assert not list(tmp_path.glob("*.safetensors"))


def test_a_patchwise_detector_counts_the_codes_of_all_patches(tiny, shared_category, tmp_path):
    whole, patches = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    assert run(app, ["train", str(shared_category), "--out", str(whole), *tiny]) == 0
    words = [*tiny, "--patches", "2", "--loss", "ssim-lamp", "--no-detach"]
    assert run(app, ["train", str(shared_category), "--out", str(patches), *words]) == 0
    # One block less for each patch: half the channels, four patches of the same latent size.
    assert load_detector(patches).latent == 2 * load_detector(whole).latent
    assert load_detector(patches).loss == "SSIM-LAMP"
