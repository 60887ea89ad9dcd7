"""From a detector and images to decisions, metrics and pictures."""

import contextlib
import csv
import io
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from lamp.cli.commands import app
from lamp.data import load_folder
from lamp.detection import aupro, auroc, evaluate, load_detector, p_values, score_images, smooth
from landscape.cli.run import run
from landscape.running.resources import resolve_device


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
    detector.model.to(resolve_device("auto"))
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


def test_images_trained_on_are_told(trained, shared_category, tmp_path, capsys):
    good = shared_category / "train" / "good"
    parts = load_detector(trained).info["detection"]["split"]
    table = tmp_path / "scores.csv"
    assert run(app, ["score", str(trained), str(good), "--csv", str(table), "--json"]) == 0
    captured = capsys.readouterr()
    expected = (
        "19 of these 24 images were trained on: their scores are too low and their p-values mean "
        "nothing"
    )
    assert f"note: {expected}" in captured.err
    assert expected in json.loads(captured.out)["notes"]
    statuses = [row["status"] for row in rows(table)]
    assert [i for i, each in enumerate(statuses) if each == "trained on"] == parts["train"]
    assert statuses.count("scored") == len(parts["calibrate"])


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
        wide = np.asarray(image).astype(np.uint16) * 257  # 16 bits
    Image.fromarray(wide).save(tmp_path / "wide.png")
    files = [str(original), *(str(tmp_path / name) for name in ("a.bmp", "a.tif", "wide.png"))]
    words = ["score", str(trained), *files, "--csv", str(tmp_path / "scores.csv")]
    assert run(app, [*words, "--heatmaps", str(tmp_path / "pictures")]) == 0
    scores = [float(row["score"]) for row in rows(tmp_path / "scores.csv")]
    assert scores == pytest.approx([scores[0]] * 4, rel=1e-4)
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
