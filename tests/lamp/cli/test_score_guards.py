"""What `lamp score` refuses, and what costs no scores: masks, names, files that are not its own."""

import csv
import json
import os
import shutil
from pathlib import Path

import pytest
import torch
from PIL import Image

from lamp.cli.commands import app
from lamp.cli.found import Found
from lamp.cli.pictures import name_pictures
from lamp.data import ImageSet
from landscape.cli.run import run


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


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


def test_a_limit_of_no_pictures(trained, shared_category, capsys):
    assert run(app, ["score", str(trained), str(shared_category), "--limit", "3"]) == 1
    captured = capsys.readouterr()
    assert "error: --limit has no effect without --heatmaps" in captured.err
    assert not captured.out


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


def test_heatmaps_go_to_a_folder(trained, shared_category, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scores.csv").write_bytes(b"")
    image = str(shared_category / "test" / "spot" / "000.png")
    for name in ("scores.csv", "scores.csv/pictures"):
        assert run(app, ["score", str(trained), image, "--heatmaps", name]) == 1
        assert f"to be a folder, got {name}: scores.csv is a file" in capsys.readouterr().err
    assert (tmp_path / "scores.csv").read_bytes() == b""


def test_every_image_has_a_picture_of_its_own():
    paths = tuple(map(Path, ("a.png", "../a.png", "a.bmp", "a.bmp.png", "b/A.PNG", "/b/A.PNG")))
    found = Found(ImageSet(paths=paths, images=torch.zeros(6, 1, 2, 2)), Path())
    assert name_pictures(found, Path()) == [
        Path("images") / name
        for name in ("a.png", "a-2.png", "a.bmp.png", "a.bmp-2.png", "b/A.PNG", "b/A-2.PNG")
    ]


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


def test_scores_that_cannot_be_written_are_printed(trained, shared_category, capsys):
    assert run(app, ["score", str(trained), str(shared_category), "--csv", "/proc/scores.csv"]) == 1
    captured = capsys.readouterr()
    assert "image_AUROC" in captured.out
    assert captured.out.count(",scored\n") == 14
    assert "error: cannot write /proc/scores.csv" in captured.err


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


def test_a_photograph_alone_that_cannot_be_read_has_a_row_too(trained, tmp_path, capsys):
    broken, table = tmp_path / "kaputt.jpg", tmp_path / "scores.csv"
    broken.write_bytes(b"no image")
    assert run(app, ["score", str(trained), str(broken), "--csv", str(table)]) == 3
    assert "error: none of 1 images can be read; expected one whole" in capsys.readouterr().err
    (row,) = rows(table)
    assert (row["path"], row["score"], row["status"]) == (str(broken), "", "unreadable")
    assert run(app, ["score", str(trained), str(broken), "--csv", str(table), "--json"]) == 3
    (entry,) = json.loads(capsys.readouterr().out)["images"]
    assert (entry["score"], entry["status"]) == (None, "unreadable")


def test_what_must_be_known_of_metrics_is_said_after_them(
    trained, shared_category, tmp_path, monkeypatch
):
    order = []
    monkeypatch.setattr("lamp.cli.score.say", lambda text: order.append(text))
    monkeypatch.setattr("lamp.cli.score.note", lambda lines: order.append(["note", *lines]))
    monkeypatch.setattr("lamp.detection.report._about_better", lambda *_: ["PCA is better"])
    monkeypatch.setattr(
        "lamp.cli.pictures.draw_all", lambda *_, **__: order.append(["pictures are drawn"])
    )
    words = ["score", str(trained), str(shared_category), "--csv", str(tmp_path / "scores.csv")]
    assert run(app, [*words, "--heatmaps", str(tmp_path / "maps")]) == 0
    (table,) = (index for index, one in enumerate(order) if "image_AUROC" in one)
    assert order[table + 2] == ["note", "PCA is better"]
    assert order[table + 3] == ["pictures are drawn"]


def test_any_file_name_is_found_again_in_the_table(trained, shared_category, tmp_path, capsys):
    folder = tmp_path / "images"
    folder.mkdir()
    names = [b"=1+1.png", b"-2.png", b"@a.png", b"+a.png", b"\ta.png", b"'a.png", b"a'b.png"]
    names += [b"\xff\xfe.png", b"a\x1b[31m.png", b"a,b\n.png", b" =1.png", b"a;=1.png", b'"a".png']
    names += ["＝1＋1.png".encode()]
    for name in names:
        shutil.copy(shared_category / "test" / "spot" / "000.png", folder / os.fsdecode(name))
    table = tmp_path / "scores.csv"
    words = ["score", str(trained), str(folder), "--csv", str(table)]
    assert run(app, [*words, "--heatmaps", str(tmp_path / "pictures"), "--limit", "99"]) == 0
    assert len(list((tmp_path / "pictures" / "images").iterdir())) == len(names)
    with table.open(newline="", errors="surrogateescape") as file:
        written = [row["path"] for row in csv.DictReader(file)]
    assert not [path for path in written if path.strip().startswith(("=", "+", "-", "@", "＝"))]
    lines = table.read_text(errors="surrogateescape").splitlines()
    assert [line for line in lines if line.startswith('"a;=1.png",')]
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
