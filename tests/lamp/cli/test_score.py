"""From a detector and images to decisions, metrics and pictures."""

import contextlib
import csv
import io
import json
import os
import shutil

import numpy as np
import pytest
from PIL import Image

from lamp.cli.commands import app
from lamp.data import load_folder
from lamp.detection import aupro, auroc, evaluate, load_detector, p_values, score_images, smooth
from landscape.cli.run import run


@pytest.fixture(scope="module")
def scored(trained, shared_category, tmp_path_factory):
    """The test images scored with everything that there is."""
    out = tmp_path_factory.mktemp("score")
    words = ["score", str(trained), str(shared_category), "--csv", str(out / "scores.csv")]
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        assert run(app, [*words, "--heatmaps", str(out / "pictures")]) == 0
    (out / "printed.txt").write_text(printed.getvalue())
    return out


NAMES = [
    *("autoencoder, L2", "PCA, 2 components", "nearest image", "nearest in PCA, 2 components"),
    *("mean image", "brightness"),
]


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_one_row_an_image(scored, trained, shared_category):
    detector = load_detector(trained)
    test = load_folder(shared_category, size=16).test
    expected = score_images(detector.model, test.images).scores
    table = rows(scored / "scores.csv")
    assert list(table[0]) == [
        *("path", "score", "threshold", "anomalous", "p_value", "label", "kind", "status")
    ]
    assert [row["path"] for row in table] == [
        str(path.relative_to(shared_category)) for path in test.paths
    ]
    np.testing.assert_array_equal([float(row["score"]) for row in table], expected)
    np.testing.assert_array_equal(
        [float(row["p_value"]) for row in table], p_values(expected, detector.held_out)
    )
    threshold = max(detector.held_out)  # of five, the largest
    assert {float(row["threshold"]) for row in table} == {threshold}
    assert [row["anomalous"] for row in table] == [str(int(s > threshold)) for s in expected]
    assert [row["label"] for row in table] == ["0"] * 6 + ["1"] * 8
    assert [row["kind"] for row in table] == list(test.kinds)


def test_numbers_as_json(trained, shared_category, tmp_path, capsys):
    words = ["score", str(trained), str(shared_category), "--csv", str(tmp_path / "scores.csv")]
    capsys.readouterr()
    assert run(app, [*words, "--json", "--smoothing", "1.5"]) == 0
    captured = capsys.readouterr()
    result = json.loads(captured.out)
    detector = load_detector(trained)
    test = load_folder(shared_category, size=16).test
    found = score_images(detector.model, test.images)
    metrics = result["metrics"]
    assert list(metrics) == NAMES
    own = metrics["autoencoder, L2"]
    assert own["image_AUROC"]["value"] == auroc(found.scores, test.labels)
    maps = smooth(found.maps, 1.5)
    assert own["pixel_AUPRO"]["value"] == aupro(maps, test.masks)
    assert own["image_F1Score"] == vars(
        evaluate(found.scores, test.labels, threshold=max(detector.held_out))["image_F1Score"]
    )
    assert set(metrics["brightness"]) == {"image_AUROC", "image_AUPR", "image_F1Score"}
    assert result["held_out_scores"] == detector.held_out.tolist()
    assert len(result["images"]) == 14
    assert result["images"][0]["label"] == 0
    assert result["threshold"]["held_out"] == 5
    (note,) = result["notes"]
    assert note.startswith("5 held-out images cannot promise a rate of false alarms of 0.05")
    assert f"note: {note}" in captured.err


def test_a_rate_that_the_held_out_images_can_promise(trained, shared_category, tmp_path, capsys):
    words = ["score", str(trained), str(shared_category), "--csv", str(tmp_path / "scores.csv")]
    capsys.readouterr()
    assert run(app, [*words, "--json", "--no-baselines", "--false-alarms", "0.4"]) == 0
    result = json.loads(capsys.readouterr().out)
    held_out = sorted(load_detector(trained).held_out)
    assert result["threshold"] == {
        "value": held_out[3],
        "false_alarms": pytest.approx(2 / 6),
        "held_out": 5,
    }
    assert result["notes"] == []


def test_the_table_puts_baselines_beside_the_model(scored):
    lines = (scored / "printed.txt").read_text().splitlines()
    header = next(index for index, line in enumerate(lines) if "image_AUROC" in line)
    assert [name.split("  ")[0] for name in lines[header + 1 : header + 7]] == NAMES
    assert lines[header + 6].split()[-2:] == ["-", "-"]


def test_pictures_of_every_image_and_of_all(scored, shared_category):
    pictures = scored / "pictures"
    names = {str(path.relative_to(pictures)) for path in pictures.rglob("*.png")}
    test = load_folder(shared_category, size=16).test
    images = {str(path.relative_to(shared_category)) for path in test.paths}
    assert names == {f"images/{name}" for name in images} | {"overview.png", "scores.png"}
    with Image.open(pictures / "overview.png") as overview:
        assert overview.width == 2148  # a page at 300 dpi
        assert overview.height > overview.width / 2
    with Image.open(pictures / "images" / "test" / "spot" / "000.png") as picture:
        assert picture.info["Title"] == "test/spot/000.png"


def test_a_folder_of_images_of_which_nothing_is_known(trained, shared_category, tmp_path, capsys):
    folder = shared_category / "test" / "spot"
    words = ["score", str(trained), str(folder), "--csv", str(tmp_path / "scores.csv")]
    pictures = ["--heatmaps", str(tmp_path / "pictures"), "--limit", "1"]
    assert run(app, [*words, *pictures]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "4 images"
    table = rows(tmp_path / "scores.csv")
    for line, row in zip(lines[2:6], table, strict=True):  # few enough to be told one by one
        decision = ["normal", "anomalous"][int(row["anomalous"])]
        assert line.split() == [
            *(row["path"], "score", f"{float(row['score']):.4g}"),
            *("p", "=", f"{float(row['p_value']):.2g}", decision),
        ]
    assert [row["path"] for row in table] == [f"{number:03}.png" for number in range(4)]
    assert {(row["label"], row["kind"]) for row in table} == {("", "")}
    assert (tmp_path / "pictures" / "overview.png").exists()


def test_files_in_other_formats_and_colours(trained, shared_category, tmp_path):
    original = shared_category / "test" / "spot" / "000.png"
    with Image.open(original) as image:
        image.convert("RGB").save(tmp_path / "a.bmp")
        image.save(tmp_path / "a.tif")
    files = [str(original), str(tmp_path / "a.bmp"), str(tmp_path / "a.tif")]
    words = ["score", str(trained), *files, "--csv", str(tmp_path / "scores.csv")]
    assert run(app, [*words, "--heatmaps", str(tmp_path / "pictures")]) == 0
    scores = [float(row["score"]) for row in rows(tmp_path / "scores.csv")]
    assert scores == pytest.approx([scores[0]] * 3, rel=1e-4)
    pictures = {path.name for path in (tmp_path / "pictures").rglob("*.png")}
    assert {"a.bmp.png", "a.tif.png", "000.png"} <= pictures


def test_a_category_whose_images_to_train_on_are_elsewhere(trained, category, tmp_path, capsys):
    words = ["score", str(trained), str(category), "--csv", str(tmp_path / "scores.csv")]
    capsys.readouterr()
    assert run(app, [*words, "--no-baselines"]) == 0
    whole = capsys.readouterr()
    shutil.rmtree(category / "train")
    assert run(app, [*words, "--no-baselines"]) == 0
    assert capsys.readouterr().out == whole.out
    assert "AUPRO" in whole.out
    assert "no baselines" not in whole.err
    assert run(app, words) == 0
    assert "note: no baselines: the images that" in capsys.readouterr().err


def test_without_the_images_trained_on_there_are_no_baselines(trained, category, tmp_path, capsys):
    (category / "train" / "good" / "000.png").unlink()
    words = ["score", str(trained), str(category), "--csv", str(tmp_path / "scores.csv")]
    assert run(app, words) == 0
    captured = capsys.readouterr()
    assert "note: no baselines: the images that the detector was trained on" in captured.err
    assert "mean image" not in captured.out
    assert "autoencoder, L2" in captured.out


def test_normal_images_from_elsewhere_are_noticed(trained, category, tmp_path, capsys):
    words = ["score", str(trained), str(category), "--csv", str(tmp_path / "scores.csv")]
    assert run(app, [*words, "--no-baselines"]) == 0
    assert "do not score like" not in capsys.readouterr().err
    for path in (category / "test" / "good").iterdir():
        pixels = np.asarray(Image.open(path))
        Image.fromarray(pixels // 2).save(path)  # in half the light
    assert run(app, [*words, "--no-baselines"]) == 0
    error = capsys.readouterr().err
    assert "note: normal test images do not score like the held-out ones (median " in error


@pytest.mark.parametrize(
    ("kinds", "message"),
    [(["hole", "spot"], "all test images are normal"), (["good"], "all test images are anomalous")],
)
def test_a_class_is_absent(trained, category, tmp_path, capsys, kinds, message):
    for kind in kinds:
        shutil.rmtree(category / "test" / kind)
        shutil.rmtree(category / "ground_truth" / kind, ignore_errors=True)
    words = ["score", str(trained), str(category), "--csv", str(tmp_path / "scores.csv")]
    assert run(app, words) == 0
    captured = capsys.readouterr()
    assert f"note: {message}: without both kinds there are no metrics" in captured.err
    assert "AUROC" not in captured.out
    assert rows(tmp_path / "scores.csv")


def test_sixteen_bits_score_as_eight(trained, shared_category, tmp_path):
    original = shared_category / "test" / "spot" / "000.png"
    wide = np.asarray(Image.open(original)).astype(np.uint16) * 257
    Image.fromarray(wide).save(tmp_path / "wide.png")
    words = ["score", str(trained), str(original), str(tmp_path / "wide.png")]
    assert run(app, [*words, "--csv", str(tmp_path / "scores.csv")]) == 0
    first, second = (float(row["score"]) for row in rows(tmp_path / "scores.csv"))
    assert first == pytest.approx(second, rel=1e-5)


def test_scoring_a_category_without_test(trained, category, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    shutil.rmtree(category / "test")
    shutil.rmtree(category / "ground_truth")
    assert run(app, ["score", str(trained), str(category)]) == 1
    error = capsys.readouterr().err
    assert f"error: expected test images in {category}/test/<kind>, got no folder there" in error
    (category / "test").mkdir()
    assert run(app, ["score", str(trained), str(category)]) == 1
    assert "got no folder there" in capsys.readouterr().err
    assert not (tmp_path / "scores.csv").exists()


def test_scoring_nothing(trained, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    assert run(app, ["score", str(trained), "empty"]) == 1
    assert "in empty, got none: give files, a folder with images in it" in capsys.readouterr().err
    assert run(app, ["score", str(trained), "none.png"]) == 1
    assert "none.png" in capsys.readouterr().err


def test_scoring_with_a_checkpoint_of_another_kind(shared_category, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run.h5").write_bytes(b"no checkpoint")
    assert run(app, ["score", "run.h5", str(shared_category)]) == 1
    assert "error: run.h5 is damaged or no safetensors file" in capsys.readouterr().err


@pytest.mark.parametrize("picture", ["images/000.png", "overview.png", "scores.png"])
def test_pictures_never_replace_images(
    trained, shared_category, tmp_path, monkeypatch, capsys, picture
):
    monkeypatch.chdir(tmp_path)
    image = tmp_path / picture
    image.parent.mkdir(exist_ok=True)
    shutil.copy(shared_category / "test" / "spot" / "000.png", image)
    before = image.read_bytes()
    # Given by its folder, an image is named relative to it: that of images/000.png is 000.png.
    assert run(app, ["score", str(trained), str(image.parent), "--heatmaps", "."]) == 1
    errors = capsys.readouterr().err
    assert f"the picture {picture} would replace a file that is no picture of an earlier" in errors
    assert "hint: choose another folder for --heatmaps" in errors
    assert image.read_bytes() == before
    assert not (tmp_path / "scores.csv").exists()


def test_a_table_replaces_tables_of_its_kind_only(
    trained, shared_category, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    image = shutil.copy(shared_category / "test" / "spot" / "000.png", tmp_path / "a.png")
    shutil.copy(trained, tmp_path / "model.safetensors")
    others = {
        "notes.txt": b"what I must not forget",
        "prices.csv": b"path,price\na.png,3\n",
        "image.txt": image.read_bytes(),
        "model.safetensors": trained.read_bytes(),
        "a.png": image.read_bytes(),
    }
    for name, content in others.items():
        (tmp_path / name).write_bytes(content)
        assert run(app, ["score", str(trained), str(image), "--csv", name]) == 1
        error = capsys.readouterr().err
        assert f"{name} is no table of scores" in error or "ending in .csv or .txt" in error
        assert (tmp_path / name).read_bytes() == content
    (tmp_path / "scores.csv").write_bytes(b"")
    for _ in range(2):  # an empty file, and then a table
        assert run(app, ["score", str(trained), str(image)]) == 0
    (row,) = rows(tmp_path / "scores.csv")
    assert row["path"].endswith("a.png")


def test_black_masks_cost_no_scores_and_no_metrics_of_images(trained, category, tmp_path, capsys):
    for path in category.glob("ground_truth/*/*.png"):
        Image.new("L", (16, 16)).save(path)
    words = ["score", str(trained), str(category), "--csv", str(tmp_path / "scores.csv")]
    assert run(app, [*words, "--no-baselines"]) == 0
    captured = capsys.readouterr()
    assert "image_AUROC" in captured.out
    assert "pixel" not in captured.out
    assert "note: no metrics of pixels: no mask marks a pixel" in captured.err
    assert len(rows(tmp_path / "scores.csv")) == 14


def test_scores_are_written_before_anything_else_is_tried(
    trained, shared_category, tmp_path, monkeypatch, capsys
):
    def fail(*_, **__):
        raise RuntimeError("something unforeseen")

    monkeypatch.setattr("lamp.detection.measure", fail)
    words = ["score", str(trained), str(shared_category), "--csv", str(tmp_path / "scores.csv")]
    assert run(app, words) == 1
    assert "something unforeseen" in capsys.readouterr().err
    assert len(rows(tmp_path / "scores.csv")) == 14


def test_files_that_cannot_be_read_have_a_row(trained, category, tmp_path, capsys):
    damaged = category / "test" / "spot" / "002.png"
    damaged.write_bytes(damaged.read_bytes()[:60])
    words = ["score", str(trained), str(category), "--csv", str(tmp_path / "scores.csv")]
    assert run(app, [*words, "--no-baselines"]) == 3
    captured = capsys.readouterr()
    assert captured.out.startswith(
        "13 images: 6 normal, 7 anomalous (hole 4, spot 3); 1 more could"
    )
    assert "1 of 14 files cannot be read" in captured.err
    *_, last = rows(tmp_path / "scores.csv")
    assert last == {
        **dict.fromkeys(["score", "threshold", "anomalous", "p_value"], ""),
        "path": "test/spot/002.png",
        "label": "1",
        "kind": "spot",
        "status": "unreadable",
    }


def test_any_file_name_is_found_again_in_the_table(trained, shared_category, tmp_path, capsys):
    folder = tmp_path / "images"
    folder.mkdir()
    names = [b"=1+1.png", b"-2.png", b"@a.png", b"+a.png", b"\ta.png", b"'a.png", b"a'b.png"]
    names += [b"\xff\xfe.png", b"a\x1b[31m.png", b"a,b\n.png"]
    for name in names:
        shutil.copy(shared_category / "test" / "spot" / "000.png", folder / os.fsdecode(name))
    table = tmp_path / "scores.csv"
    assert run(app, ["score", str(trained), str(folder), "--csv", str(table)]) == 0
    with table.open(newline="", errors="surrogateescape") as file:
        written = [row["path"] for row in csv.DictReader(file)]
    assert not [path for path in written if path.startswith(("=", "+", "-", "@", "\t"))]
    assert {os.fsencode(path.removeprefix("'")) for path in written} == set(names)
    assert "\x1b" not in "".join(capsys.readouterr())


def test_no_more_pictures_than_wanted(trained, shared_category, tmp_path):
    words = ["score", str(trained), str(shared_category), "--csv", str(tmp_path / "scores.csv")]
    pictures = tmp_path / "pictures"
    assert run(app, [*words, "--no-baselines", "--heatmaps", str(pictures), "--limit", "2"]) == 0
    table = sorted(rows(tmp_path / "scores.csv"), key=lambda row: -float(row["score"]))
    drawn = {str(path.relative_to(pictures)) for path in pictures.rglob("*.png")}
    highest = {f"images/{row['path']}" for row in table[:2]}
    assert drawn == highest | {"overview.png", "scores.png"}
