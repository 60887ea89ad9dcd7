"""From a folder to chosen hyper-parameters, and what is said to bad input."""

import contextlib
import json
import re
import shutil
import sys

import pytest
import torch

from lamp.checkpoint import read_tensors
from lamp.cli.commands import app
from lamp.cli.search import _plan
from lamp.cli.settings import SearchSettings
from lamp.data import load_folder
from lamp.detection import anomaly_scores, auroc, load_detector
from landscape.cli.run import run

TINY = [
    *("--size", "16", "--depth", "2", "--width", "4", "--batch-sizes", "16", "--samples", "1536"),
    *("--held-out", "0.3", "--workers", "1"),
]
VALUES = ["--learning-rates", "1e-3,1e-30,1e30", "--kernel-sizes", "3,5"]


@pytest.fixture(scope="module")
def searched(shared_category, tmp_path_factory):
    """A search of six combinations, two of which diverge, and the words of its command."""
    out = tmp_path_factory.mktemp("search") / "out"
    words = ["search", str(shared_category), "--out", str(out), *TINY, *VALUES]
    assert run(app, words) == 0
    return out, words


def cells(line):
    return re.split(r"\s{2,}", line.strip())


def test_the_document_agrees_with_models_and_images(searched, shared_category):
    out, _ = searched
    document = json.loads((out / "search.json").read_text())
    trials = document["trials"]
    seen = [trial["marks"][-1]["samples"] if trial["marks"] else 0 for trial in trials]
    assert seen == [1536] * 2 + [512] * 2 + [0] * 2
    assert [len(trial["marks"]) for trial in trials] == [3] * 2 + [1] * 2 + [0] * 2
    assert {trial["settings"]["training"]["samples"] for trial in trials} == {1536}
    assert [trial["finished"] for trial in trials] == [True] * 2 + [False] * 2 + [True] * 2
    assert [bool(trial["failure"]) for trial in trials] == [False] * 4 + [True] * 2
    errors = [trial["marks"][-1]["judged"]["held_out"] for trial in trials if trial["marks"]]
    assert errors[:2] == sorted(errors[:2])
    assert errors[2:] == sorted(errors[2:])
    choice = document["choice"]
    assert choice["held_out"]["judged"]["held_out"] == errors[0]
    areas = [mark["judged"]["auroc"] for trial in trials for mark in trial["marks"]]
    assert choice["oracle"]["judged"]["auroc"] == max(areas)
    default = next(t for t in trials if t["trial"] == choice["default"]["trial"])["settings"]
    assert default["training"]["learning_rate"] == 1e-3
    assert default["model"]["kernel_size"] == 3
    folder = load_folder(shared_category, size=16)
    scores = anomaly_scores(load_detector(out / "chosen.safetensors").model, folder.test.images)
    assert choice["held_out"]["judged"]["auroc"] == pytest.approx(auroc(scores, folder.test.labels))
    assert document["provenance"]["lamp-landscape"]
    assert len(document["provenance"]["data"]) == 64


def test_the_detector_is_the_chosen_trial(searched, shared_category, tmp_path, capsys):
    out, _ = searched
    chosen = json.loads((out / "search.json").read_text())["choice"]["held_out"]
    detector = load_detector(out / "chosen.safetensors")
    tensors, _ = read_tensors(out / "trials" / f"{chosen['trial']}.safetensors")
    for key, value in detector.model.state_dict().items():
        assert torch.equal(value, tensors[key])
    normal = load_folder(shared_category, size=16).train.images
    parts = detector.info["detection"]["split"]
    assert sorted(parts["train"] + parts["choose"] + parts["calibrate"]) == list(range(24))
    assert [len(parts[name]) for name in ("train", "choose", "calibrate")] == [17, 3, 4]
    scores = anomaly_scores(detector.model, normal)
    assert scores[parts["choose"]].mean() == pytest.approx(chosen["judged"]["held_out"])
    assert detector.held_out == pytest.approx(scores[parts["calibrate"]])
    words = ["score", str(out / "chosen.safetensors"), str(shared_category)]
    assert run(app, [*words, "--csv", str(tmp_path / "scores.csv"), "--json"]) == 0
    area = json.loads(capsys.readouterr().out)["metrics"]["autoencoder, L2"]["image_AUROC"]
    assert area["value"] == pytest.approx(chosen["judged"]["auroc"])


def test_the_table_and_a_command_given_again(searched, shared_category, monkeypatch, capsys):
    out, words = searched
    before = {path: path.read_bytes() for path in (out / "trials").iterdir()}
    monkeypatch.setattr("landscape.running.pool.Pool._start", None)  # nothing is trained
    capsys.readouterr()
    assert run(app, words) == 0
    captured = capsys.readouterr()
    assert before == {path: path.read_bytes() for path in (out / "trials").iterdir()}
    first, head, *lines = captured.out.splitlines()
    expected = "tiles: train 17, choose 3, calibrate 4 (seed 0); test: 6 normal, 8 anomalous"
    assert first == expected
    columns = [*("learning rate", "patches", "kernel size", "batch size", "optimizer")]
    assert cells(head) == [*columns, "images seen", "held-out error", "image_AUROC"]
    trials = json.loads((out / "search.json").read_text())["trials"]
    for line, trial in zip(lines[:6], trials, strict=True):
        training, model = trial["settings"]["training"], trial["settings"]["model"]
        end = ["-", "diverged", "-"]
        if trial["marks"]:
            mark = trial["marks"][-1]["judged"]
            seen = str(trial["marks"][-1]["samples"])
            end = [seen, f"{mark['held_out']:.4g}", f"{mark['auroc']:.3f}"]
        assert cells(line) == [
            *(f"{training['learning_rate']:g}", "1", str(model["kernel_size"]), "16", "adam"),
            *end,
        ]
    assert lines[6] == ""
    names = ["default, nothing chosen", "lowest held-out error", "oracle, highest AUROC"]
    assert [cells(line)[0] for line in lines[7:10]] == names
    assert cells(lines[8])[1:] == cells(lines[0])
    assert "cannot be had in practice" in lines[10]
    assert lines[11].startswith(f"lowest held-out error: {out / 'chosen.safetensors'}")
    assert lines[12] == f"score with it: lamp score {out / 'chosen.safetensors'} {shared_category}"
    assert "note: 2 of 6 trainings diverged: the training loss became" in captured.err


def test_json_is_the_document(searched, monkeypatch, capsys):
    out, words = searched
    capsys.readouterr()
    assert run(app, [*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads((out / "search.json").read_text())


@pytest.mark.slow
def test_interrupted_it_goes_on(searched, tmp_path, monkeypatch, capsys):
    _, words = searched
    words = [*words[:2], "--out", str(tmp_path / "out"), *words[4:]]

    @contextlib.contextmanager
    def interrupting(label):
        def report(done, total, info):
            if (label, done) == ("round 1 of 2", 3):
                raise KeyboardInterrupt

        yield report

    with monkeypatch.context() as patch:
        patch.setattr(sys.modules["lamp.cli.search"], "progress_reporter", interrupting)
        assert run(app, words) == 130
    assert "hint: what was stored is kept: give the same command again" in capsys.readouterr().err
    assert len(list((tmp_path / "out" / "trials").glob("*.json"))) >= 3
    assert run(app, words) == 0
    documents = [path / "search.json" for path in (searched[0], tmp_path / "out")]
    whole, cut = (json.loads(path.read_text()) for path in documents)
    assert cut["choice"] == whole["choice"]


def test_an_edited_result_is_named(searched, tmp_path, capsys):
    shutil.copytree(searched[0], tmp_path / "out")
    path = next((tmp_path / "out" / "trials").glob("*.result.json"))
    path.write_text(json.dumps(json.loads(path.read_text()) | {"marks": [], "failure": ""}))
    words = [*searched[1][:2], "--out", str(tmp_path / "out"), *searched[1][4:]]
    assert run(app, words) == 1
    error = next(line for line in capsys.readouterr().err.splitlines() if "error: " in line)
    assert (
        f"{path.name} is damaged (its numbers are not those that were written): remove it" in error
    )


def test_other_images_in_the_same_folder(searched, category, capsys):
    _, words = searched
    shutil.copy(category / "train" / "good" / "000.png", category / "train" / "good" / "001.png")
    assert run(app, ["search", str(category), *words[2:]]) == 1
    assert "expected the images of tiles that the stored trials saw" in capsys.readouterr().err


def test_without_test_images_the_rest_works(category, tmp_path, capsys):
    shutil.rmtree(category / "test")
    shutil.rmtree(category / "ground_truth")
    brief = ["64" if word == "1536" else word for word in TINY]
    words = ["search", str(category), "--out", str(tmp_path / "out"), *brief, "--rounds", "1"]
    assert run(app, [*words, "--kernel-sizes", "3,5"]) == 0
    captured = capsys.readouterr()
    assert "note: no normal and anomalous test images: no AUROC, no oracle" in captured.err
    assert "test: none" in captured.out
    assert "AUROC" not in captured.out
    assert "oracle" not in captured.out
    document = json.loads((tmp_path / "out" / "search.json").read_text())
    assert document["choice"]["oracle"] is None
    best = min(document["trials"], key=lambda trial: trial["marks"][-1]["judged"]["held_out"])
    assert document["choice"]["held_out"]["trial"] == best["trial"]
    assert load_detector(tmp_path / "out" / "chosen.safetensors").loss == "L2"


def test_few_images_are_one_batch_by_default_and_promise_little(category, capsys):
    for path in sorted((category / "train" / "good").iterdir())[12:]:
        path.unlink()
    small = {"size": 16, "depth": 2, "width": 4, "patches": (1, 2)}
    plan = _plan(str(category), SearchSettings(**small), None)
    sizes = [each.training.batch_size for each in plan.space.candidates(plan.start)]
    assert sizes == [10, 10]
    assert "note: --batch-sizes is 10, the number of images to train on" in capsys.readouterr().err
    assert "1 held-out image cannot promise a rate of false alarms of 0.05" in plan.notes[-1]
    expected = r"at most 10, .* got 16: take smaller batches \(`--batch-sizes`\)"
    with pytest.raises(ValueError, match=expected):
        _plan(str(category), SearchSettings(**small, batch_sizes=(16,)), None)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["digits"], 1, "several values of at least one hyper-parameter, got one of each"),
        (["digits", "--patches", "1,3"], 1, "a power of two below 2^depth = 16 that divides"),
        (["digits", "--kernel-sizes", "3,4"], 2, "expected an odd kernel_size"),
        (["digits", "--batch-sizes", "16,200"], 1, "at most 102, the number of images to train"),
        (["digits", "--batch-sizes", "16,1"], 1, "a batch of 1 cannot be trained on with a 1x1"),
        (["digits", "--optimizers", "adam,lion"], 2, "--optimizers: input should be 'adam'"),
        (["digits", "--learning-rates", ""], 2, "--learning-rates: input should be a valid number"),
        (["digits", "--learning-rates", "0.1,0"], 2, "--learning-rates: input should be greater"),
        (["digits", "--batch-sizes", "4,4"], 2, "expected at least one value, each once"),
        (["digits", "--patches", "1,²"], 2, "--patches: input should be a valid integer"),
        (["digits", "--channels", "²"], 2, "channels: input should be 1 or 3"),
        (["digits", "--rounds", "0"], 2, "rounds: input should be greater than or equal to 1"),
        (["digits", "--batch-size", "8"], 2, "Unknown option: --batch-size"),
        (
            ["digits", "--held-out", "0.001", "--patches", "1,2"],
            1,
            "at least 2 held-out images, half",
        ),
        (["digits", "--patches", "1,2", "--channels", "3"], 1, "images of 3 channels, 16 x 16"),
        (["digits", "--patches", "1,2", "--normal", "12"], 1, "expected a class of digits"),
        (["digits", "--patches", "1,2", "--data-root", "."], 1, "--data-root for mnist only"),
        (["mnist", "--patches", "1,2"], 1, "mnist needs --data-root"),
        (["here", "--patches", "1,2"], 1, "no such file or folder: here"),
        (["\udcff", "--patches", "1,2"], 1, r"expected data whose name is UTF-8, got \xff"),
        (["digits", "--out", "\udcff"], 1, r"expected --out whose name is UTF-8, got \xff"),
        ([".", "--patches", "1,2", "--normal", "3"], 1, "--normal for digits and mnist only"),
    ],
)
def test_bad_input_is_one_line_before_anything_is_trained(
    words, code, message, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert run(app, ["search", *words]) == code
    lines = capsys.readouterr().err.splitlines()
    (error,) = [line for line in lines if line.startswith("error: ")]
    assert message in error
    assert len(lines) <= 2  # with a hint
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_if_all_diverge_there_is_no_choice(tmp_path, capsys):
    out = tmp_path / "out"
    words = ["search", "digits", "--out", str(out), "--width", "4", "--samples", "64"]
    rates = ["--learning-rates", "1e30,1e31", "--rounds", "1", "--workers", "1"]
    assert run(app, [*words, *rates]) == 1
    error = capsys.readouterr().err
    assert "error: every training diverged: try lower learning rates" in error
    document = json.loads((out / "search.json").read_text())
    assert document["choice"] == {"default": None, "held_out": None, "oracle": None}
    assert not (out / "chosen.safetensors").exists()
